#include "native/client_connection.h"

#include "wire/endpoints.h"

namespace freshet::native {

std::unique_ptr<WebSocketConnection> WebSocketConnection::open(Platform& platform,
                                                               HttpRequest request,
                                                               core::ConnectionId id,
                                                               FrameSink& sink) {
  std::unique_ptr<WebSocketConnection> connection(new WebSocketConnection(id, sink));
  connection->socket_ =
      platform.open_websocket(std::move(request), wire::websocket_subprotocol, *connection);
  if (!connection->socket_) return nullptr;
  return connection;
}

void WebSocketConnection::close(std::uint16_t code) {
  socket_->close(code);
  socket_.reset();
}

// A line each, and hardly ever more than one.
void WebSocketConnection::on_text(std::string_view text) {
  if (text.find('\n') == std::string_view::npos) return sink_.take_frame(id_, text);
  sink_.read_all([&] {
    for (std::size_t end = 0; socket_ && end != std::string_view::npos;) {
      end = text.find('\n');
      sink_.take_frame(id_, text.substr(0, end));
      text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
  });
}

SseConnection::SseConnection(Platform& platform, HttpRequest request, core::ConnectionId id,
                             FrameSink& sink)
    : id_(id), sink_(sink) {
  request.headers.emplace_back("Accept", "text/event-stream");
  request_ = platform.request(std::move(request), *this);
}

void SseConnection::close(std::uint16_t) { request_.reset(); }

void SseConnection::on_accepted(const HttpHead& head) {
  // Portals and error pages like to answer 200 in the server's stead.
  const std::string* const type = find_header(head, "Content-Type");
  if (type != nullptr && type->starts_with("text/event-stream")) return;
  fail("the answer is no event stream but " + (type != nullptr ? *type : "of no type"));
}

void SseConnection::on_bytes(std::string_view bytes) {
  sink_.read_all([&] { read(bytes); });
}

void SseConnection::read(std::string_view bytes) {
  if (!request_) return;
  parser_.feed(bytes);
  while (request_) {
    const auto frame = parser_.next();
    if (!frame) break;
    sink_.take_frame(id_, *frame);
  }
  if (request_ && parser_.overflowed()) fail("an event is larger than any message may be");
}

void SseConnection::on_answered(const ConnectionEnd& end) { sink_.take_end(id_, end); }

void SseConnection::fail(std::string reason) {
  request_.reset();
  sink_.take_end(id_, {.kind = EndKind::malformed, .reason = std::move(reason)});
}

void PollConnection::poll(Platform& platform, HttpRequest request) {
  lines_.reset();
  request_ = platform.request(std::move(request), *this);
}

void PollConnection::close(std::uint16_t) { request_.reset(); }

void PollConnection::on_bytes(std::string_view bytes) {
  sink_.read_all([&] { read(bytes); });
}

void PollConnection::read(std::string_view bytes) {
  const bool read = lines_.feed(bytes, [this](std::string_view line) {
    if (request_) sink_.take_frame(id_, line);
    return request_ != nullptr;
  });
  if (read || !request_) return;
  request_.reset();
  sink_.take_end(
      id_, {.kind = EndKind::malformed, .reason = "a line is larger than any message may be"});
}

void PollConnection::on_answered(const ConnectionEnd& end) {
  request_.reset();
  sink_.take_end(id_, end);
}

}  // namespace freshet::native
