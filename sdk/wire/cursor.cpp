// Reading and writing of cursors and of the words that may stand in their place.
#include "wire/cursor.h"

#include <algorithm>
#include <optional>

#include "wire/json.h"
#include "wire/quoted.h"
#include "wire/topic.h"

namespace freshet::wire {
namespace {

constexpr std::string_view last_prefix = "last:";

bool is_epoch(std::string_view text) {
  return !text.empty() && text.size() <= epoch_bytes_max &&
         std::all_of(text.begin(), text.end(), is_name_byte);
}

Text fault_of(std::string_view text, std::string_view expected) {
  Text message = quoted(text);
  message += " is not ";
  message += expected;
  return message;
}

}  // namespace

void Epoch::assign(std::string_view name) {
  size_ = static_cast<std::uint8_t>(std::min(name.size(), epoch_bytes_max));
  std::copy_n(name.data(), size_, name_.data());
}

Result<Cursor> parse_cursor(std::string_view text) {
  Result<Cursor> cursor{std::in_place};
  if (read_cursor(text, *cursor)) return cursor;
  return Error{ErrorCode::invalid_cursor, fault_of(text, "a cursor: it must look like k3f9:1027")};
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
  Start start;
  Text fault = read_start(text, start);
  if (fault.empty()) return start;
  return Error{ErrorCode::invalid_cursor, std::move(fault)};
}

Text read_start(std::string_view text, Start& start) {
  Cursor cursor;
  if (text.empty() || text == "latest") return {};
  if (text == "earliest") {
    start = Earliest{};
  } else if (text.starts_with(last_prefix)) {
    const auto count = json_number(text.substr(last_prefix.size()));
    if (!count || *count < 1 || *count > last_count_max) {
      return fault_of(text, "a start: last:N takes a number from 1 to 1000");
    }
    start = LastOf{static_cast<std::uint32_t>(*count)};
  } else if (read_cursor(text, cursor)) {
    start = cursor;
  } else {
    return fault_of(text, "a start: give latest, earliest, last:N or a cursor such as k3f9:1027");
  }
  return {};
}

Text to_string(const Cursor& cursor) {
  Text out{std::string_view{cursor.epoch}};
  out += ':';
  append_number(out, cursor.id);
  return out;
}

Text to_string(const Start& start) {
  if (const Cursor* const cursor = start.cursor()) return to_string(*cursor);
  if (start.last_count() == 0) return start.is_earliest() ? "earliest" : "latest";
  Text out{last_prefix};
  append_number(out, start.last_count());
  return out;
}

}  // namespace freshet::wire
