#include "http/response.h"

#include <array>
#include <charconv>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "http/gzip.h"
#include "http/problem.h"
#include "park/connection.h"
#include "park/loop.h"

namespace freshet::server {
namespace {

// What a DeferredAnswer and the connection it waits for share. The two live and die independently:
// the connection may close first, or the last reference may go on another thread.
class Deferral : public std::enable_shared_from_this<Deferral> {
 public:
  explicit Deferral(LateAnswer late) : late_(std::move(late)) {}

  // The connection is parked: from now on the answer can leave. Its loop's thread.
  void attach(park::Connection& connection) {
    std::optional<Answer> ready;
    {
      const std::lock_guard lock(mutex_);
      connection_ = &connection;
      wake_ = connection.loop().wake();
      thread_ = std::this_thread::get_id();
      ready = std::exchange(waiting_, std::nullopt);
    }
    if (ready) send(*std::move(ready));
  }

  // The connection is gone. Its loop's thread.
  void detach() {
    const std::lock_guard lock(mutex_);
    connection_ = nullptr;
    over_ = true;
  }

  void answer(Answer answer) {
    std::shared_ptr<park::Wake> wake;
    {
      const std::lock_guard lock(mutex_);
      if (std::exchange(answered_, true) || over_) return;
      if (wake_ == nullptr) {
        waiting_ = std::move(answer);
        return;
      }
      wake = wake_;
    }
    if (thread_ == std::this_thread::get_id()) return send(std::move(answer));
    // Not through the loop: it may be gone by now, and then the task goes with its queue.
    wake->push([self = shared_from_this(), answer = std::move(answer)]() mutable {
      self->send(std::move(answer));
    });
  }

 private:
  void send(Answer answer) {
    if (over_) return;  // Written by this thread only.
    park::Connection* connection = connection_;
    detach();
    late_.finish(*connection, std::move(answer));
  }

  LateAnswer late_;
  std::mutex mutex_;
  std::optional<Answer> waiting_;
  park::Connection* connection_ = nullptr;
  std::shared_ptr<park::Wake> wake_;  // Null until attached.
  std::thread::id thread_;            // The loop's; set with it.
  bool answered_ = false;
  bool over_ = false;
};

class DeferredParked final : public park::Parked {
 public:
  explicit DeferredParked(std::shared_ptr<Deferral> deferral) : deferral_(std::move(deferral)) {}
  ~DeferredParked() override { deferral_->detach(); }
  void handle_parked(park::Connection& connection) override { deferral_->attach(connection); }
  void handle_closed(park::CloseReason) override { deferral_->detach(); }

 private:
  std::shared_ptr<Deferral> deferral_;
};

class Deferred final : public DeferredAnswer {
 public:
  explicit Deferred(std::shared_ptr<Deferral> deferral) : deferral_(std::move(deferral)) {}
  ~Deferred() override {
    answer(problem_answer({.status = 500,
                           .code = "internal",
                           .detail = "the request was dropped without an answer",
                           .members = {}}));
  }
  void answer(Answer answer) override { deferral_->answer(std::move(answer)); }

 private:
  std::shared_ptr<Deferral> deferral_;
};

}  // namespace

void LateAnswer::finish(park::Connection& connection, Answer answer) {
  // The server may have begun to drain since the request came.
  if (draining_ && draining_->load(std::memory_order_relaxed)) keep_alive_ = false;
  connection.finish_parked(keep_alive_, park::make_blob(encode(std::move(answer))));
}

std::string LateAnswer::encode(Answer answer) const {
  if (gzip_) gzip_->apply(answer, accepts_gzip_);
  return encode_head(answer, answer.body.size()) + answer.body;
}

std::string LateAnswer::encode_head(const Answer& answer, std::size_t body_bytes) const {
  std::string head = "HTTP/1.1 " + std::to_string(answer.status) + ' ';
  head.append(reason_phrase(answer.status)).append("\r\n").append(fixed_headers_);
  if (!answer.content_type.empty()) head += "Content-Type: " + answer.content_type + "\r\n";
  for (const auto& [name, value] : answer.headers) head += name + ": " + value + "\r\n";
  // RFC 9110 §8.6: none with 1xx and 204; with 304 it would have to be the length for 200.
  if (answer.status >= 200 && answer.status != 204 && answer.status != 304) {
    head += "Content-Length: " + std::to_string(body_bytes) + "\r\n";
  }
  return head.append(connection_header()).append("\r\n");
}

std::string_view LateAnswer::connection_header() const {
  if (!keep_alive_) return "Connection: close\r\n";
  // RFC 9112 §9.3: an HTTP/1.0 client takes silence for close.
  return is_http_1_0_ ? "Connection: keep-alive\r\n" : "";
}

void Response::park_stream(std::unique_ptr<park::Parked> parked) {
  parking_ = Parking::stream;
  parked_ = std::move(parked);
}

void Response::park_answer(std::unique_ptr<park::Parked> parked) {
  parking_ = Parking::answer;
  parked_ = std::move(parked);
}

LateAnswer Response::late_answer() const { return *late_; }

std::shared_ptr<DeferredAnswer> Response::defer() {
  auto deferral = std::make_shared<Deferral>(*late_);
  park_answer(std::make_unique<DeferredParked>(deferral));
  return std::make_shared<Deferred>(std::move(deferral));
}

void Response::park_upgraded(std::unique_ptr<park::Parked> parked) {
  parking_ = Parking::upgraded;
  parked_ = std::move(parked);
}

void Response::refuse_upgraded(std::string last) {
  parking_ = Parking::upgraded;
  hang_up_ = true;
  last_ = std::move(last);
}

std::string encode_chunk(std::string_view data) {
  std::array<char, 16> size;
  const auto end = std::to_chars(size.data(), size.data() + size.size(), data.size(), 16).ptr;
  std::string chunk;
  chunk.reserve(data.size() + 20);
  chunk.append(size.data(), end).append("\r\n").append(data).append("\r\n");
  return chunk;
}

std::string_view reason_phrase(int status) {
  switch (status) {
    case 101:
      return "Switching Protocols";
    case 200:
      return "OK";
    case 201:
      return "Created";
    case 202:
      return "Accepted";
    case 204:
      return "No Content";
    case 206:
      return "Partial Content";
    case 301:
      return "Moved Permanently";
    case 302:
      return "Found";
    case 304:
      return "Not Modified";
    case 307:
      return "Temporary Redirect";
    case 308:
      return "Permanent Redirect";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 409:
      return "Conflict";
    case 410:
      return "Gone";
    case 412:
      return "Precondition Failed";
    case 413:
      return "Content Too Large";
    case 414:
      return "URI Too Long";
    case 415:
      return "Unsupported Media Type";
    case 416:
      return "Range Not Satisfiable";
    case 417:
      return "Expectation Failed";
    case 422:
      return "Unprocessable Content";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 500:
      return "Internal Server Error";
    case 501:
      return "Not Implemented";
    case 502:
      return "Bad Gateway";
    case 503:
      return "Service Unavailable";
    case 504:
      return "Gateway Timeout";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Unknown";
  }
}

}  // namespace freshet::server
