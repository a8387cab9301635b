#include "transport/websocket.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include "http/subscribe_request.h"
#include "park/joiner.h"
#include "transport/open_request.h"
#include "transport/refusal.h"
#include "transport/stream.h"
#include "transport/websocket_handshake.h"
#include "wire/control.h"
#include "wire/endpoints.h"
#include "wire/websocket_frame.h"

namespace freshet::server {
namespace {

// What a publish frame holds beside its data: op, ref, topic, key and their quotes; a subscribe of
// many patterns needs more. A larger frame ends the connection with 1009.
constexpr std::size_t frame_head_bytes_max = 2048;
constexpr std::size_t subscribe_bytes_max = 128 * 1024;

Blob close_frame(std::uint16_t code, std::string_view reason) {
  return park::make_blob(
      wire::encode_frame(wire::Opcode::close, wire::close_payload(code, reason)));
}

// What is sent back for a peer's close frame (§5.5.1): its own code, if it sent one.
Blob close_answer(const wire::WebSocketEvent& event) {
  if (event.close_code == 1005) {
    return park::make_blob(wire::encode_frame(wire::Opcode::close, {}));
  }
  return close_frame(event.close_code, {});
}

std::string_view as_text(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

// Text frames that are not compressed, one message of several lines. What else waits (a pong, a
// close frame, a compressed message, the handshake's answer) stays as it is, in its place.
class LinesForm final : public park::JoinForm {
 public:
  std::string_view body_of(std::string_view frame) const override {
    return wire::text_payload(frame);
  }
  std::string head_of(std::size_t bytes) const override {
    return wire::encode_frame_head(wire::Opcode::text, bytes);
  }
};

constexpr LinesForm lines_form;

// Both streams here end when their peer has sent its last byte without a close frame: what can
// neither answer a close nor send a frame is no WebSocket any more (§7.1.5, §7.2.1).
class WebSocketStream final : public Stream {
 public:
  // `lines`: the client takes several frames in one message.
  WebSocketStream(LiveLoop& live, OpenRequest request, Identity identity, DeflateAgreement deflate,
                  bool lines)
      : Stream(live, Transport::websocket, std::move(request)), deflate_(deflate), lines_(lines) {
    // Without a publish key everybody is the same, and costs nothing until the first publish.
    if (live.context().guard.wants_key() && identity.may_publish) {
      set_identity(std::move(identity));
    }
  }
  ~WebSocketStream() override {
    if (publishing_) publishing_->stream = nullptr;
  }

  void handle_parked(park::Connection& connection) override { open(connection); }

  void handle_bytes(std::span<const char> bytes) override;
  void handle_peer_half_closed() override { end({}); }
  const park::JoinForm* join_form() const override { return lines_ ? &lines_form : nullptr; }

  Sent send(EncodedMessage& message) override {
    return queue_message(deflate_.agreed() ? live().deflate().frame_of(message, deflate_)
                                           : message.websocket());
  }
  void send_control(EncodedMessage& frame, const wire::ServerFrame&) override {
    queue_control(frame.websocket());
  }

 protected:
  Blob farewell(std::uint16_t code, std::string_view reason) override {
    return close_frame(code, reason);
  }

 private:
  // What only a client that publishes needs. Answers of the log come to it, and find no stream when
  // the connection has ended meanwhile.
  struct Publishing {
    WebSocketStream* stream;
    Identity identity;
  };

  void handle_event(const wire::WebSocketEvent& event);
  void handle_compressed(const wire::WebSocketEvent& event);
  void handle_frame(std::string_view text);
  void handle(const wire::Subscribe& frame) { live().subscribe(*this, frame); }
  void handle(const wire::Unsubscribe& frame) { live().unsubscribe(*this, frame.ref); }
  void handle(const wire::Publish& frame);
  void handle(const wire::Token& frame);
  void handle(const wire::UnknownControl&) {}

  void send_frame(const wire::ServerFrame& frame) {
    queue_control(park::make_blob(wire::encode_frame(wire::Opcode::text, wire::encode(frame))));
  }
  void send_error(std::optional<std::uint64_t> ref, const Error& error) {
    send_frame(wire::ErrorFrame{.ref = ref,
                                .code = std::string(to_string(error.code)),
                                .message = error.message,
                                .pattern = {}});
  }
  // Ends the connection for a fault of the peer's.
  void fail(std::uint16_t code, std::string_view reason) {
    live().context().counts.websocket_faults.add();
    if (code == 1009) live().context().counts.limits.of(LimitName::message_bytes).add();
    close(code, reason);
  }
  void set_identity(Identity identity) {
    if (!publishing_) publishing_ = std::make_shared<Publishing>(Publishing{this, {}});
    publishing_->identity = std::move(identity);
  }

  std::size_t frame_bytes_max() {
    return std::max(live().context().limits.message_bytes_max + frame_head_bytes_max,
                    subscribe_bytes_max);
  }

  DeflateAgreement deflate_;
  bool lines_;
  std::unique_ptr<wire::WebSocketParser> parser_;  // Only while a frame is incomplete.
  std::shared_ptr<Publishing> publishing_;
};

void WebSocketStream::handle_bytes(std::span<const char> bytes) {
  if (!connection()) return;
  if (!parser_) {
    parser_ = std::make_unique<wire::WebSocketParser>(wire::Role::server, frame_bytes_max(),
                                                      deflate_.agreed());
  }
  parser_->feed(as_text(bytes));
  while (const auto event = parser_->next()) {
    handle_event(*event);
    if (!connection()) break;
  }
  if (connection()) {
    if (const auto fault = parser_->fault()) fail(fault->close_code, fault->reason);
  }
  if (!connection() || parser_->idle()) parser_.reset();
}

void WebSocketStream::handle_event(const wire::WebSocketEvent& event) {
  switch (event.opcode) {
    case wire::Opcode::text:
      return event.compressed ? handle_compressed(event) : handle_frame(event.payload);
    case wire::Opcode::ping:
      return queue_control(park::make_blob(wire::encode_frame(wire::Opcode::pong, event.payload)));
    case wire::Opcode::close:
      return end(close_answer(event));
    case wire::Opcode::binary:
      return fail(1003, "frames are text");  // §7.4.1
    case wire::Opcode::pong:
    case wire::Opcode::continuation:
      return;
  }
}

void WebSocketStream::handle_compressed(const wire::WebSocketEvent& event) {
  const auto plain = live().deflate().inflate(event, frame_bytes_max());
  if (!plain) return fail(close_code_of_inflate(plain.error()), plain.error().message);
  handle_frame(*plain);
}

void WebSocketStream::handle_frame(std::string_view text) {
  std::optional<std::uint64_t> ref;
  const auto frame = wire::parse_client_frame(text, &ref);
  if (frame) return std::visit([this](const auto& known) { handle(known); }, *frame);
  send_error(ref, frame.error());
  // Who can't be told which request was wrong does not speak this protocol.
  if (frame.error().code == ErrorCode::malformed && !ref) {
    fail(wire::close_code::malformed, frame.error().message);
  }
}

void WebSocketStream::handle(const wire::Publish& frame) {
  // Made at the first publish, because most connections only listen.
  if (!publishing_)
    set_identity({.principal = {}, .may_publish = !live().context().guard.wants_key()});
  live().context().websocket_publisher().publish(
      {.topic = frame.topic, .data = frame.data, .key = frame.key}, publishing_->identity,
      live().now(), [publishing = publishing_, ref = frame.ref](const Result<Appended>& appended) {
        WebSocketStream* stream = publishing->stream;
        if (!stream) return;
        if (!appended) return stream->send_error(ref, appended.error());
        stream->send_frame(wire::Ack{.ref = ref, .id = appended->id});
      });
}

void WebSocketStream::handle(const wire::Token& frame) {
  auto identity = live().context().guard.identify_token(frame.token);
  if (!identity) {
    send_error(frame.ref == 0 ? std::nullopt : std::optional{frame.ref}, identity.error());
    return;
  }
  set_identity(*std::move(identity));
  if (frame.ref != 0) send_frame(wire::Ack{.ref = frame.ref, .id = 0});
}

// Echoes whole messages, text and binary, compressed where that is agreed.
class EchoStream final : public park::Parked {
 public:
  EchoStream(LiveLoop& live, DeflateAgreement deflate)
      : live_(live),
        bytes_max_(std::max(live.context().limits.message_bytes_max, echo_bytes_max)),
        parser_(wire::Role::server, bytes_max_, deflate.agreed()),
        deflate_(deflate) {}

  void handle_parked(park::Connection& connection) override { connection_ = &connection; }

  void handle_bytes(std::span<const char> bytes) override {
    if (!connection_) return;
    parser_.feed(as_text(bytes));
    while (const auto event = parser_.next()) {
      switch (event->opcode) {
        case wire::Opcode::ping:
          send(wire::Opcode::pong, event->payload);
          break;
        case wire::Opcode::close:
          end(close_answer(*event));
          break;
        case wire::Opcode::pong:
          break;
        default:
          echo(*event);
      }
      if (!connection_) return;
    }
    if (const auto fault = parser_.fault()) end(close_frame(fault->close_code, fault->reason));
  }

  void handle_peer_half_closed() override {
    if (connection_) end({});
  }

  void handle_closed(park::CloseReason) override { connection_ = nullptr; }

 private:
  // Conformance suites send so much, whatever a publish may hold.
  static constexpr std::size_t echo_bytes_max = 16 * 1024 * 1024;

  void echo(const wire::WebSocketEvent& event) {
    if (!event.compressed) return send(event.opcode, event.payload);
    const auto plain = live_.deflate().inflate(event, bytes_max_);
    if (plain) return send(event.opcode, *plain);
    end(close_frame(close_code_of_inflate(plain.error()), plain.error().message));
  }

  void send(wire::Opcode opcode, std::string_view payload) {
    const bool control = opcode >= wire::Opcode::close;
    auto bytes = live_.deflate().encode(opcode, payload, control ? DeflateAgreement{} : deflate_);
    if (connection_->send(std::move(bytes)) == park::SendResult::refused) {
      end(close_frame(wire::close_code::slow_consumer, "slow consumer: its outbox is full"));
    }
  }
  void end(Blob last) { std::exchange(connection_, nullptr)->close_after_flush(std::move(last)); }

  LiveLoop& live_;
  park::Connection* connection_ = nullptr;
  std::size_t bytes_max_;
  wire::WebSocketParser parser_;
  DeflateAgreement deflate_;
};

}  // namespace

void handle_websocket(LiveLoop& live, const Request& request, Response& response) {
  if (!accept_websocket(request, wire::websocket_subprotocol, response)) return;
  ServerContext& context = live.context();
  const auto deflate = accept_deflate(request, context.compression, response);
  if (!deflate) return;
  auto identity = context.guard.identify(request.header("Authorization"));
  if (!identity) return refuse_websocket(request, response, identity.error());
  auto parsed = parse_subscribe_query(request, context.limits);
  if (!parsed) {
    context.counts.count_malformed(parsed.error());
    return refuse_websocket(request, response, parsed.error());
  }
  if (const auto refusal = live.refusal_of({.client = parsed->client,
                                            .ticket = parsed->ticket,
                                            .keeps_ticket = !parsed->sdk.empty()},
                                           true)) {
    return refuse_websocket_busy(request, response, *refusal);
  }
  response.park_upgraded(std::make_unique<WebSocketStream>(
      live, open_request(live, *std::move(parsed)), *std::move(identity), *deflate,
      request.query("lines") == "1"));
}

void handle_echo(LiveLoop& live, const Request& request, Response& response) {
  if (!accept_websocket(request, {}, response)) return;
  const auto deflate = accept_deflate(request, live.context().compression, response);
  if (!deflate) return;
  response.park_upgraded(std::make_unique<EchoStream>(live, *deflate));
}

}  // namespace freshet::server
