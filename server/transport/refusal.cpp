#include "transport/refusal.h"

#include <memory>
#include <string>
#include <utility>

#include "http/publish.h"
#include "http/subscribe_request.h"
#include "park/connection.h"
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
  response.answer_at_once();
}

// A WebSocket that says why it will not have the client, and ends.
class RefusedWebSocket final : public park::Parked {
 public:
  RefusedWebSocket(std::string frame, std::uint16_t code, std::string_view reason)
      : bytes_(wire::encode_frame(wire::Opcode::text, frame) +
               wire::encode_frame(wire::Opcode::close, wire::close_payload(code, reason))) {}

  void handle_parked(park::Connection& connection) override {
    connection.close_after_flush(park::make_blob(std::move(bytes_)));
  }

 private:
  std::string bytes_;
};

Error busy_error() { return {ErrorCode::busy, "the server is busy; come back later"}; }

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
    refuse_poll_busy(response, when);
  }
}

void refuse_poll_busy(Response& response, const ComeBack& when) {
  set_error(response, busy_error());
  std::erase_if(response.headers, [](const auto& field) { return field.first == "Retry-After"; });
  add_retry_after(response, when);
  response.answer_at_once();
}

void refuse_websocket(const Request& request, Response& response, const Error& error) {
  if (!names_sdk(request)) {
    response.headers.clear();
    return set_error(response, error);
  }
  response.park_upgraded(std::make_unique<RefusedWebSocket>(
      error_frame(error), close_code_of(error.code), error.message));
}

void refuse_websocket_busy(const Request& request, Response& response, const ComeBack& when) {
  if (!names_sdk(request)) {
    response.headers.clear();
    return refuse_poll_busy(response, when);
  }
  response.park_upgraded(
      std::make_unique<RefusedWebSocket>(retry_frame(when), wire::close_code::busy, "busy"));
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
