// Server-Sent Events: the event stream format of the HTML standard, §9.2.6 (reading) and what our
// server writes. Used by both ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>

#include "freshet/containers.h"
#include "freshet/result.h"

namespace freshet::wire {

// One dispatched event. The views live until the next call into the parser.
struct SseEvent {
  std::string_view type;  // "message" when the stream named none.
  std::string_view data;
  std::string_view id;  // The last event id in force.
};

// Incremental reader: bytes in any cut, CR, LF or CRLF, a leading byte order mark skipped.
//   parser.feed(bytes); while (auto event = parser.next()) …
// An event that the end of the stream leaves unfinished never comes out, as the standard wants.
// Comments and unknown fields are skipped as they come, however long, and held nowhere.
class SseParser {
 public:
  explicit SseParser(std::size_t event_bytes_max = 16 * 1024 * 1024 + 1024);
  // REQUIRES: next() was called until it returned nullopt, and `bytes` stay where they are until
  // it does so again: they are read in place.
  void feed(std::string_view bytes);
  std::optional<SseEvent> next();
  // True once an event went over event_bytes_max; nothing more comes out.
  bool overflowed() const { return overflowed_; }
  // The last `retry:` value, clamped to [0, 1 day] ms. A huge one made npm eventsource reconnect
  // at once.
  std::optional<std::uint64_t> retry() const { return retry_; }

 private:
  enum class Field : std::uint8_t { unknown, data, event, id, retry };

  void take_name();
  void end_name();
  void take_value();
  void hold(std::string_view piece);
  bool end_line();

  std::size_t event_bytes_max_;
  std::string_view input_;  // Fed and not yet consumed.
  Text data_;
  Text type_;
  Text last_id_;
  Text name_;   // Of the line that is being read, as much as can begin a known field.
  Text value_;  // Its value, unless it is data or unknown.
  std::optional<std::uint64_t> retry_;
  Field field_ = Field::unknown;
  bool in_name_ = true;
  bool first_of_value_ = false;
  bool first_line_ = true;
  bool has_data_ = false;
  bool dispatched_ = false;  // data_ and type_ were given out and go at the next call.
  bool skip_lf_ = false;     // The last byte was CR.
  bool overflowed_ = false;
};

// "id: k3f9:1027\ndata: {…}\n\n": a message; an unnamed event. `frame` holds no CR or LF.
Text encode_sse_message(std::string_view cursor, std::string_view frame);

// "event: control\ndata: {…}\n\n"; with a cursor also "id: …" first.
Text encode_sse_control(std::string_view frame, std::string_view cursor = {});

// "retry: 3217\n\n"
Text encode_sse_retry(std::uint64_t milliseconds);

}  // namespace freshet::wire
