// Server-Sent Events: the event stream format of the HTML standard, §9.2.6 (reading) and what our
// server writes. Used by both ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "freshet/containers.h"

namespace freshet::wire {

// Incremental reader: bytes in any cut, CR, LF or CRLF, a leading byte order mark skipped.
//   parser.feed(bytes); while (auto data = parser.next()) …
// It gives what our frames come in: the data of events that have no type or are of the type
// "control". Events of any other type are a proxy's or a later version's, and `id` and `retry` say
// nothing that the frames do not; they are skipped as they come, like comments and unknown fields.
// An event that the end of the stream leaves unfinished never comes out, as the standard wants.
class SseParser {
 public:
  explicit SseParser(std::size_t event_bytes_max = 16 * 1024 * 1024 + 1024)
      : event_bytes_max_(event_bytes_max) {}
  // REQUIRES: next() was called until it returned nullopt, and `bytes` stay where they are until
  // it does so again: they are read in place.
  void feed(std::string_view bytes);
  // The data of the next event; holds until the next call into the parser.
  std::optional<std::string_view> next();
  // True once the data of an event went over event_bytes_max; nothing more comes out.
  bool overflowed() const { return overflowed_; }

 private:
  void take_rest();
  void end_line();
  void hold(std::string_view piece);

  std::size_t event_bytes_max_;
  std::string_view input_;   // Fed and not yet consumed.
  Text data_;                // Each line of it with an LF behind it.
  std::uint8_t at_ = 0;      // Where in its line it is; see sse.cpp.
  bool foreign_ = false;     // The event is of a type that is not ours.
  bool dispatched_ = false;  // data_ was given out and goes at the next call.
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
