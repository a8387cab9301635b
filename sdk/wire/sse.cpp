// The event stream format. The reader is a state machine over pieces of lines, so that data of any
// length is copied once, straight to where it is wanted.
#include "wire/sse.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "wire/json.h"

namespace freshet::wire {
namespace {

// What lines are compared with: the byte order mark, which only the first line of a stream is, the
// name of a data field, and an event field of our type. Behind each stands an LF, which no line
// holds; the spaces need not be there. SseParser::at_ is how far a line has come in it.
constexpr std::string_view known =
    "\xEF\xBB\xBF"
    "data: \n"
    "event: control\n\n\n";
constexpr std::uint8_t line_begin = 3;
constexpr std::uint8_t behind_data = line_begin + 4;
constexpr std::uint8_t in_data = behind_data + 2;
constexpr std::uint8_t event_begin = in_data + 1;
constexpr std::uint8_t behind_event = event_begin + 5;
constexpr std::uint8_t type_begin = behind_event + 2;
constexpr std::uint8_t behind_control = type_begin + 7;
constexpr std::uint8_t in_foreign_type = behind_control + 1;
constexpr std::uint8_t in_other = in_foreign_type + 1;

// Above this the memory of a big event is given back rather than kept for the next one.
constexpr std::size_t kept_bytes_max = 64 * 1024;

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

void SseParser::feed(std::string_view bytes) {
  assert(input_.empty());
  if (!overflowed_) input_ = bytes;
}

std::optional<std::string_view> SseParser::next() {
  if (std::exchange(dispatched_, false)) {
    if (data_.size() > kept_bytes_max) Text().swap(data_);
    data_.clear();
  }
  while (!input_.empty()) {
    const char c = input_.front();
    const bool ends_line = c == '\n' || c == '\r';
    const bool ends_crlf = std::exchange(skip_lf_, c == '\r') && c == '\n';
    if (at_ == 0 && c != known[0]) at_ = line_begin;
    if (at_ == line_begin && c == known[event_begin]) at_ = event_begin;
    if (known[at_] == ' ' && c != ' ') ++at_;
    if (ends_line) {
      if (!ends_crlf) end_line();
    } else if (c == known[at_]) {
      ++at_;
    } else {
      take_rest();
      continue;
    }
    if (!overflowed_) input_.remove_prefix(1);
    if (dispatched_) return std::string_view{data_}.substr(0, data_.size() - 1);
  }
  return std::nullopt;
}

// Takes what stands behind what is known of a line.
void SseParser::take_rest() {
  const std::string_view rest = input_.substr(0, line_bytes(input_));
  input_.remove_prefix(rest.size());
  if (at_ == in_data) {
    hold(rest);
  } else if (at_ < type_begin) {
    at_ = in_other;
  } else if (at_ < in_other) {
    at_ = in_foreign_type;
  }
}

void SseParser::end_line() {
  if (at_ >= behind_data && at_ <= in_data) {
    hold({});
    data_ += '\n';
  } else if (at_ >= behind_event && at_ < in_other) {
    foreign_ = at_ > type_begin && at_ != behind_control;
  } else if (at_ == line_begin) {
    if (std::exchange(foreign_, false)) data_.clear();
    dispatched_ = !data_.empty();
  }
  at_ = line_begin;
}

void SseParser::hold(std::string_view piece) {
  if (data_.size() + piece.size() <= event_bytes_max_) {
    data_ += piece;
    return;
  }
  overflowed_ = true;
  input_ = {};
  Text().swap(data_);
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
