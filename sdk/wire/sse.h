// Server-Sent Events: the event stream format of the HTML standard, §9.2.6 (reading) and what our
// server writes. Used by both ends.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

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
// REQUIRES: next() is called until it returns nullopt before the next feed().
class SseParser {
 public:
  explicit SseParser(std::size_t event_bytes_max = 16 * 1024 * 1024 + 1024);
  void feed(std::string_view bytes);
  std::optional<SseEvent> next();
  // True once an event or line went over event_bytes_max; nothing more comes out.
  bool overflowed() const { return overflowed_; }
  // The last `retry:` value, clamped to [0, 1 day] ms. A huge one made npm eventsource reconnect
  // at once.
  std::optional<std::uint64_t> retry() const { return retry_; }

 private:
  void take_line(std::string_view line);

  std::size_t event_bytes_max_;
  std::string input_;  // Fed and not yet consumed.
  std::size_t at_ = 0;
  std::string data_;
  std::string type_;
  std::string id_;  // Seen in the event that is being read.
  std::string last_id_;
  std::string out_data_, out_type_;
  bool has_data_ = false;
  bool ready_ = false;
  bool skip_lf_ = false;
  bool started_ = false;
  bool overflowed_ = false;
  std::optional<std::uint64_t> retry_;
};

// "id: k3f9:1027\ndata: {…}\n\n": a message; an unnamed event. `frame` holds no CR or LF.
std::string encode_sse_message(std::string_view cursor, std::string_view frame);

// "event: control\ndata: {…}\n\n"; with a cursor also "id: …" first.
std::string encode_sse_control(std::string_view frame, std::string_view cursor = {});

// "retry: 3217\n\n"
std::string encode_sse_retry(std::uint64_t milliseconds);

}  // namespace freshet::wire
