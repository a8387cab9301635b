#include "http/subscribe_request.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>

#include "wire/topic.h"

namespace freshet::server {
namespace {

constexpr std::size_t name_bytes_max = 128;  // client, sdk
constexpr std::size_t ticket_bytes_max = 512;

// The request as it came, before it means anything.
struct RawRequest {
  std::vector<std::string> patterns;
  std::vector<std::string> cursors;
  std::string wait, limit, client, ticket, sdk, last_event_id;
};

// What docs/protocol.md lets a client ask for; flags may allow more.
constexpr Duration wait_of_protocol_max{55'000};

Error invalid(std::string message) { return {ErrorCode::invalid_argument, std::move(message)}; }

// A whole number from `low` to `high`, or `otherwise` when there is no text.
Result<std::uint64_t> parse_number(std::string_view name, std::string_view text,
                                   std::uint64_t otherwise, std::uint64_t low, std::uint64_t high) {
  if (text.empty()) return otherwise;
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || value < low || value > high) {
    return invalid("'" + std::string(name) + "' must be a whole number from " +
                   std::to_string(low) + " to " + std::to_string(high));
  }
  return value;
}

// Names go into answers and logs, so they are plain.
Result<std::string> parse_name(std::string_view name, std::string text, std::size_t bytes_max) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < '\x7f' && c != '"' && c != '\\';
  });
  if (text.size() > bytes_max || !plain) {
    return invalid("'" + std::string(name) + "' must be at most " + std::to_string(bytes_max) +
                   " printable ASCII characters");
  }
  return text;
}

// The browser's own memory of a stream is newer than what its address says, which never changes.
void apply_last_event_id(wire::Start& start, const wire::Cursor& last) {
  const wire::Cursor* const cursor = start.cursor();
  if (!cursor || cursor->epoch != last.epoch || cursor->id < last.id) start = last;
}

Result<SubscribeRequest> parse(RawRequest raw, const Limits& limits) {
  SubscribeRequest request;
  if (raw.patterns.size() > limits.patterns_max) {
    return Error{ErrorCode::too_many,
                 "at most " + std::to_string(limits.patterns_max) + " patterns are allowed"};
  }
  if (raw.cursors.size() > 1 && raw.cursors.size() != raw.patterns.size()) {
    return Error{ErrorCode::invalid_cursor,
                 "give one cursor for all patterns, or one for each pattern in the same order"};
  }
  std::optional<wire::Cursor> last;
  if (!raw.last_event_id.empty()) {
    auto cursor = wire::parse_cursor(raw.last_event_id);
    if (!cursor) return cursor.error();
    last = *std::move(cursor);
  }
  for (std::size_t i = 0; i < raw.patterns.size(); ++i) {
    if (const auto valid = wire::check_pattern(raw.patterns[i]); !valid) return valid.error();
    const std::string_view text = raw.cursors.empty()       ? std::string_view{}
                                  : raw.cursors.size() == 1 ? raw.cursors[0]
                                                            : raw.cursors[i];
    auto start = wire::parse_start(text);
    if (!start) return start.error();
    if (last) apply_last_event_id(*start, *last);
    request.starts.push_back({std::move(raw.patterns[i]), *std::move(start)});
  }
  const Duration longest = std::max(limits.wait_max, wait_of_protocol_max);
  const auto wait =
      parse_number("wait", raw.wait, 0, 0, static_cast<std::uint64_t>(longest.count()));
  if (!wait) return wait.error();
  request.wait = Duration{static_cast<Duration::rep>(*wait)};
  request.wait_cut = request.wait > limits.wait_max;
  if (request.wait_cut) request.wait = limits.wait_max;
  const auto limit =
      parse_number("limit", raw.limit, limits.poll_messages_max, 1, limits.poll_messages_max);
  if (!limit) return limit.error();
  request.limit = *limit;
  auto client = parse_name("client", std::move(raw.client), name_bytes_max);
  if (!client) return client.error();
  request.client = *std::move(client);
  auto ticket = parse_name("ticket", std::move(raw.ticket), ticket_bytes_max);
  if (!ticket) return ticket.error();
  request.ticket = *std::move(ticket);
  auto sdk = parse_name("sdk", std::move(raw.sdk), name_bytes_max);
  if (!sdk) return sdk.error();
  request.sdk = *std::move(sdk);
  return request;
}

// A member as text, whether it came as a string or a number; false when it is anything else.
bool take_text(const nlohmann::json& body, const char* name, std::string& out) {
  const auto member = body.find(name);
  if (member == body.end() || member->is_null()) return true;
  if (member->is_number_integer()) {
    out = member->dump();
    return true;
  }
  if (!member->is_string()) return false;
  out = member->get<std::string>();
  return true;
}

// A list of strings, or one string in the place of a list of one.
bool take_list(const nlohmann::json& body, const char* one, const char* many,
               std::vector<std::string>& out) {
  for (const char* name : {one, many}) {
    const auto member = body.find(name);
    if (member == body.end() || member->is_null()) continue;
    if (member->is_string()) {
      out.push_back(member->get<std::string>());
      continue;
    }
    if (!member->is_array()) return false;
    for (const auto& element : *member) {
      if (!element.is_string()) return false;
      out.push_back(element.get<std::string>());
    }
  }
  return true;
}

}  // namespace

Result<SubscribeRequest> parse_subscribe_query(const Request& request, const Limits& limits) {
  RawRequest raw;
  for (const QueryParameter& parameter : request.query()) {
    if (parameter.name == "pattern") raw.patterns.push_back(parameter.value);
    if (parameter.name == "cursor") raw.cursors.push_back(parameter.value);
  }
  const auto take = [&](std::string_view name, std::string& out) {
    if (const auto value = request.query(name)) out = *value;
  };
  take("wait", raw.wait);
  take("limit", raw.limit);
  take("client", raw.client);
  take("ticket", raw.ticket);
  take("sdk", raw.sdk);
  raw.last_event_id = request.header("Last-Event-ID");
  return parse(std::move(raw), limits);
}

Result<SubscribeRequest> parse_subscribe_body(std::string_view body, const Limits& limits) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) {
    return Error{ErrorCode::invalid_json, "the body must be one JSON object"};
  }
  RawRequest raw;
  if (!take_list(json, "pattern", "patterns", raw.patterns)) {
    return invalid("'patterns' must be a list of strings");
  }
  if (!take_list(json, "cursor", "cursors", raw.cursors)) {
    return invalid("'cursors' must be a list of strings");
  }
  for (const auto& [name, out] : {std::pair{"wait", &raw.wait}, std::pair{"limit", &raw.limit},
                                  std::pair{"client", &raw.client},
                                  std::pair{"ticket", &raw.ticket}, std::pair{"sdk", &raw.sdk}}) {
    if (!take_text(json, name, *out)) {
      return invalid("'" + std::string(name) + "' has the wrong type");
    }
  }
  return parse(std::move(raw), limits);
}

bool names_sdk(const Request& request) {
  const auto sdk = request.query("sdk");
  return sdk && !sdk->empty();
}

}  // namespace freshet::server
