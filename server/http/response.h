// What a handler answers, now, later or for ever: Response, LateAnswer, DeferredAnswer.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "park/request_handler.h"

namespace freshet::server {

class Gzip;

using HeaderField = std::pair<std::string, std::string>;

// The plain part of an answer. Content-Length, Connection, CORS and default headers are added by
// whoever writes it.
struct Answer {
  int status = 200;
  std::string content_type;  // Empty: none is sent.
  std::vector<HeaderField> headers;
  std::string body;
};

// Writes answers for one request after its handler has returned: a value, copied into whatever is
// parked. Knows the client's version, whether the connection goes on, and the CORS headers.
class LateAnswer {
 public:
  // The whole answer, head and body, ready to send; compressed where the client asked for that.
  std::string encode(Answer answer) const;

  // The head of an answer whose body follows in pieces, `body_bytes` in all; answer.body is not
  // looked at.
  std::string encode_head(const Answer& answer, std::size_t body_bytes) const;

  // Sends the whole answer and ends the parking: the way for an answer in one piece.
  void finish(park::Connection& connection, Answer answer);

  // To be given to Connection::finish_parked() behind the head of encode_head().
  bool keep_alive() const { return keep_alive_; }

 private:
  friend class HttpEngine;

  // "Connection: close" with CRLF, or what else the client must be told of the connection.
  std::string_view connection_header() const;

  std::string fixed_headers_;                    // CORS and default headers, each line with CRLF.
  std::shared_ptr<Gzip> gzip_;                   // The engine's; null: nothing is compressed.
  const std::atomic<bool>* draining_ = nullptr;  // EngineOptions::draining.
  bool keep_alive_ = false;
  bool is_http_1_0_ = false;
  bool accepts_gzip_ = false;
};

// One answer that is not ready when the handler returns, such as a publish that waits for its log.
// The connection is parked meanwhile. Thread-safe; answers at most once; what comes after the
// connection has closed is dropped.
class DeferredAnswer {
 public:
  virtual ~DeferredAnswer() = default;

  // Sends the answer and lets the connection go on. On the loop's own thread the bytes leave in
  // the same turn; another thread posts them. Later calls do nothing. If the last reference goes
  // without an answer, the client gets 500.
  virtual void answer(Answer answer) = 0;
};

// Filled in by a handler. A handler either fills in the Answer part, or calls one of the functions
// below once. A status of 400 or more, an exception, or a HEAD request make the parking void: the
// Parked object is destroyed without having been called, and the Answer part is sent.
class Response : public Answer {
 public:
  // The head leaves at once, with `status`, `content_type` and `headers`; then `parked` streams the
  // body and ends it by close_after_flush(). HTTP/1.1 clients get Transfer-Encoding: chunked, and
  // `parked` sends chunks; HTTP/1.0 clients get the body unframed (Request::is_http_1_0()).
  void park_stream(std::unique_ptr<park::Parked> parked);

  // Nothing leaves yet; `parked` gives LateAnswer::finish() its answer later.
  void park_answer(std::unique_ptr<park::Parked> parked);

  // What a Parked object of park_answer() needs. Valid to call in the handler only.
  LateAnswer late_answer() const;

  // Parks until the returned object is given the answer.
  std::shared_ptr<DeferredAnswer> defer();

  // The Answer part is encoded as a late one would be, without cpp-httplib: for refusals, which are
  // to cost little. With `hang_up` the connection ends with it (park::Reply::hang_up).
  void answer_at_once(bool hang_up = false) {
    parking_ = Parking::at_once;
    hang_up_ = hang_up;
  }

  // Answers 101 with `headers` (Upgrade, Sec-WebSocket-Accept, …; "Connection: Upgrade" is added);
  // from then on all input goes to parked->handle_bytes(). `status` is ignored.
  void park_upgraded(std::unique_ptr<park::Parked> parked);

  // Answers 101 like that, then `last` in the new protocol, and hangs up (park::Reply::hang_up).
  void refuse_upgraded(std::string last);

 private:
  friend class HttpEngine;

  enum class Parking { none, at_once, stream, answer, upgraded };

  Parking parking_ = Parking::none;
  bool hang_up_ = false;
  std::unique_ptr<park::Parked> parked_;
  std::string last_;                  // Of refuse_upgraded().
  const LateAnswer* late_ = nullptr;  // The engine's, for the time of the handler's call.
};

// One chunk (RFC 9112 §7.1). Chunks carry no state, so one encoded chunk serves every stream.
// REQUIRES: `data` is not empty: an empty chunk would end the body.
std::string encode_chunk(std::string_view data);

// Ends a chunked body.
inline constexpr std::string_view last_chunk = "0\r\n\r\n";

// "Not Found" for 404; "Unknown" for a status without a registered phrase.
std::string_view reason_phrase(int status);

}  // namespace freshet::server
