#include "transport/refusal.h"

#include <memory>
#include <span>
#include <string>
#include <utility>

#include "http/publish.h"
#include "http/subscribe_request.h"
#include "park/connection.h"
#include "park/loop.h"
#include "wire/control.h"
#include "wire/endpoints.h"
#include "wire/sse.h"
#include "wire/websocket_frame.h"

namespace freshet::server {
namespace {

std::string error_frame(const Error& error) {
  return wire::encode(wire::ServerFrame{wire::ErrorFrame{.ref = std::nullopt,
                                                         .code = std::string(to_string(error.code)),
                                                         .message = error.message,
                                                         .pattern = {}}});
}

std::string retry_frame(const ComeBack& when) {
  return wire::encode(
      wire::ServerFrame{wire::Retry{.delay = when.delay, .ticket = when.ticket, .reason = "busy"}});
}

std::string close_event(std::uint16_t code, std::string reason) {
  return wire::encode_sse_control(
      wire::encode(wire::ServerFrame{wire::Close{.code = code, .reason = std::move(reason)}}));
}

void make_event_stream(Response& response, std::string body) {
  response.status = 200;
  response.content_type = "text/event-stream";
  response.headers.emplace_back("Cache-Control", "no-store");
  response.body = std::move(body);
  // Its client returns in seconds or minutes: a herd of them would hold sockets all that time.
  response.answer_at_once(true);
}

// Waits for the client's close frame (RFC 6455 §5.5.1); then one call closes the socket.
class RefusedWebSocket final : public park::Parked {
 public:
  explicit RefusedWebSocket(std::string bytes) : bytes_(std::move(bytes)) {}

  void handle_parked(park::Connection& connection) override {
    connection_ = &connection;
    connection.send(std::move(bytes_));
    connection.await_close();
  }

  // What came before our frames have left is no answer to them.
  void handle_bytes(std::span<const char> bytes) override {
    constexpr auto close = static_cast<char>(0x80 | static_cast<int>(wire::Opcode::close));
    if (connection_->outbox_bytes() == 0 && bytes.front() == close) connection_->abort();
  }

  void handle_peer_half_closed() override { connection_->close_after_flush(); }

 private:
  std::string bytes_;
  park::Connection* connection_ = nullptr;
};

// A WebSocket is told why it is not let in, and fails (RFC 6455 §7.1.7). A browser's answer is
// waited for: to Firefox a connection that ends before it is a network's fault, for which it makes
// the page's next one wait, past its slot. Others may be many, and are not worth a turn more.
void close_upgraded(const Request& request, Response& response, std::string_view frame,
                    std::uint16_t code, std::string_view reason) {
  std::string bytes = wire::encode_frame(wire::Opcode::text, frame) +
                      wire::encode_frame(wire::Opcode::close, wire::close_payload(code, reason));
  if (request.has_header("Origin")) {
    response.park_upgraded(std::make_unique<RefusedWebSocket>(std::move(bytes)));
  } else {
    response.refuse_upgraded(std::move(bytes));
  }
}

// Made once: many are refused.
const Answer& busy_answer() {
  static const Answer answer = [] {
    Response busy;
    set_error(busy, {ErrorCode::busy, "the server is busy; come back later"});
    std::erase_if(busy.headers, [](const auto& field) { return field.first == "Retry-After"; });
    busy.headers.emplace_back("Cache-Control", "no-store");
    return static_cast<Answer>(std::move(busy));
  }();
  return answer;
}

}  // namespace

void refuse_sse(const Request& request, Response& response, const Error& error) {
  if (!names_sdk(request)) return set_error(response, error);
  make_event_stream(response, wire::encode_sse_control(error_frame(error)) +
                                  close_event(close_code_of(error.code), error.message));
}

void refuse_sse_busy(const Request& request, Response& response, const ComeBack& when) {
  if (names_sdk(request)) {
    make_event_stream(response, wire::encode_sse_control(retry_frame(when)) +
                                    close_event(wire::close_code::busy, "busy"));
  } else if (lists_token(request.header("Accept"), "text/event-stream")) {
    make_event_stream(response,
                      wire::encode_sse_retry(static_cast<std::uint64_t>(when.delay.count())));
  } else {
    refuse_poll_busy(request, response, when);
  }
}

void refuse_poll_busy(const Request& request, Response& response, const ComeBack& when) {
  static_cast<Answer&>(response) = busy_answer();
  add_retry_after(response, when);
  const park::Connection* const connection = request.connection();
  response.answer_at_once(connection && when.delay >= connection->loop().options().keep_alive_max);
}

void refuse_websocket(const Request& request, Response& response, const Error& error) {
  if (!names_sdk(request)) {
    response.headers.clear();
    return set_error(response, error);
  }
  close_upgraded(request, response, error_frame(error), close_code_of(error.code), error.message);
}

void refuse_websocket_busy(const Request& request, Response& response, const ComeBack& when) {
  if (!names_sdk(request)) {
    response.headers.clear();
    return refuse_poll_busy(request, response, when);
  }
  close_upgraded(request, response, retry_frame(when), wire::close_code::busy, "busy");
}

std::uint16_t close_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::unauthorized:
      return wire::close_code::unauthorized;
    case ErrorCode::forbidden:
      return wire::close_code::forbidden;
    case ErrorCode::too_large:
      return wire::close_code::too_big;
    case ErrorCode::busy:
      return wire::close_code::busy;
    default:
      return wire::close_code::malformed;
  }
}

void add_retry_after(Answer& answer, const ComeBack& when) {
  const auto seconds = std::max<Duration::rep>((when.delay.count() + 999) / 1000, 1);
  answer.headers.emplace_back("Retry-After", std::to_string(seconds));
  answer.headers.emplace_back(std::string(wire::retry_after_ms_header),
                              std::to_string(when.delay.count()));
  if (!when.ticket.empty()) {
    answer.headers.emplace_back(std::string(wire::ticket_header), when.ticket);
  }
}

}  // namespace freshet::server
