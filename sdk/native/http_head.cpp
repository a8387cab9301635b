#include "native/http_head.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "wire/endpoints.h"
#include "wire/json.h"

namespace freshet::native {

namespace {

char lower(char letter) {
  return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter + ('a' - 'A')) : letter;
}

bool equal_letters(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// A server's word is not to park a client for ever.
Duration clamped(std::uint64_t milliseconds) {
  constexpr std::uint64_t day = 24 * 60 * 60 * 1000;
  return Duration{static_cast<Duration::rep>(std::min(milliseconds, day))};
}

// The sentence of an RFC 9457 problem document; empty if it is none.
std::string problem_detail(std::string_view body) {
  wire::JsonReader reader{body};
  std::string title;
  while (const auto member = reader.next()) {
    if (member->name == "detail") return wire::json_string(member->value).value_or("");
    if (member->name == "title") title = wire::json_string(member->value).value_or("");
  }
  return title;
}

}  // namespace

std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool has_word(const HttpHead& head, std::string_view name, std::string_view word) {
  for (const auto& [key, value] : head.headers) {
    if (!equal_letters(key, name)) continue;
    std::string_view rest = value;
    for (;;) {
      const auto comma = rest.find(',');
      if (equal_letters(trim(rest.substr(0, comma)), word)) return true;
      if (comma == std::string_view::npos) break;
      rest.remove_prefix(comma + 1);
    }
  }
  return false;
}

const std::string* find_header(const HttpHead& head, std::string_view name) {
  for (const auto& [key, value] : head.headers) {
    if (equal_letters(key, name)) return &value;
  }
  return nullptr;
}

ConnectionEnd refused_end(const HttpHead& head, std::string_view body) {
  ConnectionEnd end{.kind = EndKind::refused,
                    .http_status = static_cast<std::uint16_t>(head.status)};
  if (const auto* exact = find_header(head, wire::retry_after_ms_header)) {
    if (const auto value = number(trim(*exact))) end.retry_after = clamped(*value);
  }
  if (const auto* seconds = find_header(head, "Retry-After");
      seconds != nullptr && !end.retry_after) {
    constexpr std::uint64_t seconds_max = std::numeric_limits<std::uint64_t>::max() / 1000;
    if (const auto value = number(trim(*seconds)))
      end.retry_after = clamped(std::min(*value, seconds_max) * 1000);
  }
  if (const auto* ticket = find_header(head, wire::ticket_header)) end.ticket = *ticket;
  end.reason = problem_detail(body);
  if (end.reason.empty())
    end.reason = "the server answered with status " + std::to_string(head.status);
  if (const auto* location = find_header(head, "Location");
      location != nullptr && head.status / 100 == 3) {
    end.reason += " and refers to " + *location;
  }
  return end;
}

}  // namespace freshet::native
