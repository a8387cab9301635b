// The event stream format. The reader is a state machine over pieces of lines, so that a value of
// any length is copied once, straight to where it is wanted.
#include "wire/sse.h"

#include <algorithm>
#include <cassert>

#include "wire/json.h"

namespace freshet::wire {
namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";
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
    if (skip_lf_) {
      skip_lf_ = false;
      if (input_.front() == '\n') {
        input_.remove_prefix(1);
        continue;
      }
    }
    switch (phase_) {
      case Phase::byte_order_mark:
        take_byte_order_mark();
        break;
      case Phase::name:
        take_name();
        break;
      case Phase::first_of_value:
        if (input_.front() == ' ') input_.remove_prefix(1);
        phase_ = Phase::value;
        break;
      case Phase::value:
        take_value();
        break;
    }
    const bool at_line_end = phase_ != Phase::byte_order_mark && phase_ != Phase::first_of_value &&
                             !input_.empty() && (input_.front() == '\n' || input_.front() == '\r');
    const bool dispatches = at_line_end && end_line();
    if (overflowed_) {
      input_ = {};
      Text().swap(data_);
      Text().swap(value_);
      return std::nullopt;
    }
    if (dispatches) {
      dispatched_ = true;
      return SseEvent{type_.empty() ? std::string_view("message") : std::string_view(type_), data_,
                      last_id_};
    }
  }
  return std::nullopt;
}

void SseParser::take_byte_order_mark() {
  // name_bytes_ counts what of the mark has been seen. A mark broken off is the beginning of a
  // field's name, and of no known one.
  if (input_.front() == byte_order_mark[name_bytes_]) {
    input_.remove_prefix(1);
    if (++name_bytes_ < byte_order_mark.size()) return;
    name_bytes_ = 0;
  } else if (name_bytes_ > 0) {
    name_bytes_ = static_cast<std::uint8_t>(name_.size() + 1);
  }
  phase_ = Phase::name;
}

void SseParser::take_name() {
  while (!input_.empty()) {
    const char c = input_.front();
    if (c == '\n' || c == '\r') return;
    input_.remove_prefix(1);
    if (c == ':') {
      begin_value();
      phase_ = Phase::first_of_value;
      return;
    }
    if (name_bytes_ < name_.size()) name_[name_bytes_] = c;
    if (name_bytes_ <= name_.size()) ++name_bytes_;
  }
}

// The field's name is whole: its value comes now, or is empty when the line had no colon.
void SseParser::begin_value() {
  const std::string_view name{name_.data(), std::min<std::size_t>(name_bytes_, name_.size())};
  field_ = Field::unknown;
  if (name_bytes_ > name_.size()) return;
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

  const bool blank = phase_ == Phase::name && name_bytes_ == 0;
  if (phase_ == Phase::name) begin_value();
  phase_ = Phase::name;
  name_bytes_ = 0;
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
  clear(value_);
  if (!blank) return false;
  if (has_data_) return !(has_data_ = false);
  clear(type_);
  return false;
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
