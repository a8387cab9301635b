// Reading and writing of cursors and of the words that may stand in their place.
#include "wire/cursor.h"

#include <optional>

#include "wire/json.h"
#include "wire/quoted.h"

namespace freshet::wire {
namespace {

constexpr std::string_view last_prefix = "last:";

bool is_epoch(std::string_view text) {
  if (text.empty() || text.size() > epoch_bytes_max) return false;
  for (const char c : text) {
    const bool allowed = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                         (c >= '0' && c <= '9') || c == '_' || c == '-';
    if (!allowed) return false;
  }
  return true;
}

Error invalid(std::string_view text, std::string_view expected) {
  std::string message = quoted(text);
  message += " is not ";
  message += expected;
  return {ErrorCode::invalid_cursor, std::move(message)};
}

}  // namespace

Result<Cursor> parse_cursor(std::string_view text) {
  Result<Cursor> cursor{std::in_place};
  if (read_cursor(text, *cursor)) return cursor;
  return invalid(text, "a cursor: it must look like k3f9:1027");
}

bool read_cursor(std::string_view text, Cursor& cursor) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || text.starts_with(last_prefix)) return false;
  const std::string_view epoch = text.substr(0, colon);
  const auto id = json_number(text.substr(colon + 1));
  if (!is_epoch(epoch) || !id) return false;
  cursor.epoch = epoch;
  cursor.id = *id;
  return true;
}

Result<Start> parse_start(std::string_view text) {
  if (text.empty() || text == "latest") return Start{Latest{}};
  if (text == "earliest") return Start{Earliest{}};
  if (text.starts_with(last_prefix)) {
    const auto count = json_number(text.substr(last_prefix.size()));
    if (count && *count >= 1 && *count <= last_count_max) {
      return Start{LastOf{static_cast<std::uint32_t>(*count)}};
    }
    return invalid(text, "a start: last:N takes a number from 1 to 1000");
  }
  Result<Start> start{std::in_place, Cursor{}};
  if (read_cursor(text, *std::get_if<Cursor>(&*start))) return start;
  return invalid(text, "a start: give latest, earliest, last:N or a cursor such as k3f9:1027");
}

std::string to_string(const Cursor& cursor) {
  std::string out = cursor.epoch;
  out += ':';
  append_number(out, cursor.id);
  return out;
}

std::string to_string(const Start& start) {
  if (const auto* cursor = std::get_if<Cursor>(&start)) return to_string(*cursor);
  if (std::holds_alternative<Earliest>(start)) return "earliest";
  if (const auto* last = std::get_if<LastOf>(&start)) {
    std::string out{last_prefix};
    append_number(out, last->count);
    return out;
  }
  return "latest";
}

}  // namespace freshet::wire
