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

bool is_last(std::string_view text) { return text.substr(0, last_prefix.size()) == last_prefix; }

bool refuse_text(Error& error, std::string_view text, std::string_view expected) {
  error.code = ErrorCode::invalid_cursor;
  error.message.clear();
  append_quoted(error.message, text);
  error.message += " is not ";
  error.message += expected;
  return false;
}

}  // namespace

Epoch::Epoch(std::string_view name)
    : size_(static_cast<std::uint8_t>(std::min(name.size(), epoch_bytes_max))) {
  std::copy_n(name.data(), size_, name_.data());
}

Result<Cursor> parse_cursor(std::string_view text) {
  Result<Cursor> cursor{std::in_place};
  if (read_cursor(text, *cursor)) return cursor;
  Error error;
  refuse_text(error, text, "a cursor: it must look like k3f9:1027");
  return error;
}

bool read_cursor(std::string_view text, Cursor& cursor) {
  const std::string_view epoch = text.substr(0, text.find(':'));
  if (epoch.size() == text.size() || !is_epoch(epoch) || is_last(text)) return false;
  text.remove_prefix(epoch.size() + 1);
  const OptionalNumber id = json_number(text);
  if (!id) return false;
  cursor.epoch = epoch;
  cursor.id = *id;
  return true;
}

Result<Start> parse_start(std::string_view text) {
  Start start;
  Error error;
  if (!read_start(text, start, error)) return error;
  return start;
}

bool read_start(std::string_view text, Start& start, Error& error) {
  Cursor cursor;
  if (text.empty() || text == "latest") return true;
  if (text == "earliest") {
    start = Earliest{};
  } else if (read_cursor(text, cursor)) {
    start = cursor;
  } else {
    std::uint64_t count = 0;
    if (is_last(text)) {
      std::string_view digits = text;
      digits.remove_prefix(last_prefix.size());
      count = json_number(digits).value_or(0);
    }
    if (count < 1 || count > last_count_max) {
      return refuse_text(
          error, text,
          "a start: give latest, earliest, last:N with N from 1 to 1000, or a cursor "
          "such as k3f9:1027");
    }
    start = LastOf{static_cast<std::uint32_t>(count)};
  }
  return true;
}

Text to_string(const Cursor& cursor) {
  Text out;
  append_cursor(out, cursor);
  return out;
}

Text to_string(const Start& start) {
  if (const Cursor* const cursor = start.cursor()) return to_string(*cursor);
  if (start.last_count() == 0) return start.is_earliest() ? "earliest" : "latest";
  Text out{last_prefix};
  append_number(out, start.last_count());
  return out;
}

void append_cursor(Text& out, const Cursor& cursor) {
  out += cursor.epoch;
  out += ':';
  append_number(out, cursor.id);
}

}  // namespace freshet::wire
