// The event stream format. The reader is a state machine over pieces of lines, so that a value of
// any length is copied once, straight to where it is wanted.
#include "wire/sse.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "wire/json.h"

namespace freshet::wire {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
// One more than what can begin a known field.
constexpr std::size_t name_bytes_max = byte_order_mark.size() + 6;
constexpr std::uint64_t retry_max = 24u * 60 * 60 * 1000;
// Above this the memory of a big event is given back rather than kept for the next one.
constexpr std::size_t kept_bytes_max = 64 * 1024;

void clear(Text& text) {
  if (text.size() > kept_bytes_max) {
    Text().swap(text);
  } else {
    text.clear();
  }
}

// Where the line at the front of `bytes` ends; its size when the end is not there yet. Looks
// window by window: searching all of `bytes` for an LF would be quadratic on lines that end in CR.
std::size_t line_bytes(std::string_view bytes) {
  constexpr std::size_t window_bytes = 256;
  for (std::size_t at = 0; at < bytes.size(); at += window_bytes) {
    const std::string_view window = bytes.substr(at, window_bytes);
    const std::size_t lf = std::min(window.find('\n'), window.size());
    const std::size_t end = std::min(window.substr(0, lf).find('\r'), lf);
    if (end < window.size()) return at + end;
  }
  return bytes.size();
}

}  // namespace

SseParser::SseParser(std::size_t event_bytes_max) : event_bytes_max_(event_bytes_max) {}

void SseParser::feed(std::string_view bytes) {
  assert(input_.empty());
  if (!overflowed_) input_ = bytes;
}

std::optional<SseEvent> SseParser::next() {
  if (dispatched_) {
    dispatched_ = false;
    clear(data_);
    clear(type_);
  }
  while (!input_.empty()) {
    const char c = input_.front();
    const bool ends_line = c == '\n' || c == '\r';
    if (c == '\n' && skip_lf_) {
      input_.remove_prefix(1);
      skip_lf_ = false;
    } else if (ends_line) {
      dispatched_ = end_line();
    } else if (in_name_) {
      take_name();
    } else {
      take_value();
    }
    if (!ends_line) skip_lf_ = false;
    if (overflowed_) {
      input_ = {};
      Text().swap(data_);
      Text().swap(value_);
      return std::nullopt;
    }
    if (dispatched_) {
      return SseEvent{type_.empty() ? std::string_view("message") : std::string_view(type_), data_,
                      last_id_};
    }
  }
  return std::nullopt;
}

void SseParser::take_name() {
  const char c = input_.front();
  input_.remove_prefix(1);
  if (c == ':') {
    end_name();
    first_of_value_ = true;
  } else if (name_.size() < name_bytes_max) {
    name_ += c;
  }
}

// The field's name is whole: its value comes now, or is empty when the line has no colon.
void SseParser::end_name() {
  in_name_ = false;
  std::string_view name = name_;
  if (first_line_ && name.starts_with(byte_order_mark)) name.remove_prefix(byte_order_mark.size());
  if (name == "data") field_ = Field::data;
  if (name == "event") field_ = Field::event;
  if (name == "id") field_ = Field::id;
  if (name == "retry") field_ = Field::retry;
  if (field_ == Field::data) {
    if (has_data_) hold("\n");
    has_data_ = true;
  }
}

void SseParser::take_value() {
  if (std::exchange(first_of_value_, false) && input_.front() == ' ') input_.remove_prefix(1);
  const std::string_view piece = input_.substr(0, line_bytes(input_));
  input_.remove_prefix(piece.size());
  if (field_ != Field::unknown) hold(piece);
}

void SseParser::hold(std::string_view piece) {
  if (data_.size() + type_.size() + value_.size() + piece.size() > event_bytes_max_) {
    overflowed_ = true;
    return;
  }
  (field_ == Field::data ? data_ : value_) += piece;
}

// Ends the line whose CR or LF stands at the front; true when it dispatches an event.
bool SseParser::end_line() {
  skip_lf_ = input_.front() == '\r';
  input_.remove_prefix(1);

  const bool blank =
      in_name_ && (name_.empty() || (first_line_ && std::string_view{name_} == byte_order_mark));
  if (in_name_) end_name();
  switch (field_) {
    case Field::event:
      type_.swap(value_);
      break;
    case Field::id:
      if (std::string_view{value_}.find('\0') == std::string_view::npos) last_id_.swap(value_);
      break;
    case Field::retry:
      if (const auto value = clamped_number(value_, retry_max)) retry_ = value;
      break;
    case Field::data:
    case Field::unknown:
      break;
  }
  field_ = Field::unknown;
  in_name_ = true;
  first_line_ = first_of_value_ = false;
  name_.clear();
  clear(value_);
  if (!blank) return false;
  if (!has_data_) clear(type_);
  return std::exchange(has_data_, false);
}

Text encode_sse_message(std::string_view cursor, std::string_view frame) {
  Text out;
  out.reserve(cursor.size() + frame.size() + 16);
  out += "id: ";
  out += cursor;
  out += "\ndata: ";
  out += frame;
  out += "\n\n";
  return out;
}

Text encode_sse_control(std::string_view frame, std::string_view cursor) {
  Text out = "event: control\n";
  if (!cursor.empty()) {
    out += "id: ";
    out += cursor;
    out += '\n';
  }
  out += "data: ";
  out += frame;
  out += "\n\n";
  return out;
}

Text encode_sse_retry(std::uint64_t milliseconds) {
  Text out = "retry: ";
  append_number(out, milliseconds);
  out += "\n\n";
  return out;
}

}  // namespace freshet::wire
