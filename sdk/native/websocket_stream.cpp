#include "native/websocket_stream.h"

#include <cassert>
#include <utility>

#include "native/websocket_handshake.h"
#include "wire/endpoints.h"

namespace freshet::native {

namespace {

// A frame is a message of at most 16 MiB and its head.
constexpr std::size_t message_bytes_max = 16 * 1024 * 1024 + 1024;
// A peer that takes less than we send for so long does not take anything.
constexpr std::size_t out_bytes_max = 16 * 1024 * 1024;
// Kept between sends; what a burst needed more is given back.
constexpr std::size_t out_bytes_kept = 16 * 1024;
// Of one stream in one turn, so that a fast one does not hold up the others.
constexpr int reads_max = 16;
constexpr Duration linger_max{2'000};

}  // namespace

struct WebSocketStream::Handshake {
  std::string key;
  std::string subprotocol;
  std::string request;
  std::string answer;
};

WebSocketStream::WebSocketStream(WebSocketShared& shared, HttpRequest request,
                                 std::string_view subprotocol, WebSocketHandler& handler)
    : shared_(shared),
      handler_(&handler),
      parser_(wire::Role::client, message_bytes_max),
      handshake_(std::make_unique<Handshake>()),
      timer_(shared.loop, [this] { on_timer(); }) {
  handshake_->key = wire::base64(shared.entropy.bytes(16));
  handshake_->subprotocol = subprotocol;
  handshake_->request = handshake_request(request, subprotocol, handshake_->key);
  line_ = std::make_unique<Line>(
      shared.multi, request,
      [this](std::optional<ConnectionEnd> failed) { on_connected(std::move(failed)); });
}

WebSocketStream::~WebSocketStream() {
  if (line_ && phase_ != Phase::connecting) shared_.loop.unwatch(line_->descriptor());
}

void WebSocketStream::send(std::string_view text) {
  if (phase_ != Phase::open) return;
  if (out_.size() - out_at_ > out_bytes_max) {
    end({.kind = EndKind::lost, .reason = "the peer does not take what is sent"});
    return;
  }
  enqueue(wire::Opcode::text, text);
}

void WebSocketStream::close(std::uint16_t code) {
  handler_ = nullptr;
  if (phase_ != Phase::open) return;
  enqueue_close(code, {});
  phase_ = Phase::closing;
}

void WebSocketStream::linger(std::unique_ptr<WebSocketStream> self) {
  WebSocketStream& stream = *self;
  stream.handler_ = nullptr;
  if (stream.phase_ != Phase::closing) {
    stream.shared_.loop.retire(std::move(self));
    return;
  }
  stream.lingering_ = true;
  stream.timer_.set(EventLoop::now() + linger_max);
  stream.shared_.lingering.emplace(&stream, std::move(self));
}

void WebSocketStream::on_connected(std::optional<ConnectionEnd> failed) {
  if (handler_ == nullptr) return;
  if (failed) {
    end(std::move(*failed));
    return;
  }
  phase_ = Phase::shaking;
  out_ = std::move(handshake_->request);
  watch();
  flush_later();
}

void WebSocketStream::on_ready(int, std::uint32_t events) {
  if ((events & EPOLLOUT) != 0) flush();
  if (phase_ != Phase::over && (events & ~std::uint32_t{EPOLLOUT}) != 0) read();
}

void WebSocketStream::on_timer() {
  if (lingering_) {
    end({.kind = EndKind::lost});
  } else if (phase_ != Phase::over) {
    read();
  }
}

void WebSocketStream::read() {
  for (int round = 0; round < reads_max; ++round) {
    const auto [bytes, broken] = line_->read(shared_.buffer);
    if (bytes > 0) take({shared_.buffer.data(), bytes});
    if (phase_ == Phase::over) return;
    if (broken) {
      end({.kind = EndKind::lost,
           .reason = phase_ == Phase::shaking
                         ? "the connection ended in the middle of the handshake"
                         : "the connection broke"});
      return;
    }
    // A socket that gave less than was asked for is empty; TLS gives one record at a time.
    if (line_->hides_bytes() ? bytes == 0 : bytes < shared_.buffer.size()) return;
  }
  if (line_->hides_bytes() && !lingering_) timer_.set(EventLoop::now());
}

void WebSocketStream::take(std::string_view bytes) {
  if (phase_ == Phase::shaking) {
    take_handshake(bytes);
  } else {
    take_frames(bytes);
  }
}

void WebSocketStream::take_handshake(std::string_view bytes) {
  std::string& answer = handshake_->answer;
  answer += bytes;
  const auto parsed = parse_handshake(answer);
  if (!parsed) {
    end({.kind = EndKind::malformed, .reason = parsed.error().message});
    return;
  }
  if (!*parsed) return;
  const HttpHead& head = (*parsed)->head;
  if (head.status != 101) {
    WebSocketHandler* const handler = std::exchange(handler_, nullptr);
    end({.kind = EndKind::refused});
    if (handler != nullptr) handler->on_refused(head);
    return;
  }
  if (const auto checked = check_handshake(head, handshake_->subprotocol, handshake_->key);
      !checked) {
    end({.kind = EndKind::malformed, .reason = checked.error().message});
    return;
  }
  phase_ = Phase::open;
  const auto handshake = std::move(handshake_);
  take_frames(std::string_view(handshake->answer).substr((*parsed)->bytes));
}

void WebSocketStream::take_frames(std::string_view bytes) {
  parser_.feed(bytes);
  while (phase_ != Phase::over) {
    const auto event = parser_.next();
    if (!event) break;
    take_event(*event);
  }
  if (phase_ == Phase::over || !parser_.fault()) return;
  if (phase_ == Phase::open) {
    enqueue_close(parser_.fault()->close_code, parser_.fault()->reason);
    flush();
  }
  end({.kind = EndKind::malformed, .reason = std::string(parser_.fault()->reason)});
}

void WebSocketStream::take_event(const wire::WebSocketEvent& event) {
  switch (event.opcode) {
    case wire::Opcode::text:
      if (handler_ != nullptr) handler_->on_text(event.payload);
      break;
    case wire::Opcode::ping:
      // RFC 6455 §5.5.2: unless a close frame was received already; behind our own none may follow.
      if (phase_ == Phase::open) enqueue(wire::Opcode::pong, event.payload);
      break;
    case wire::Opcode::close: {
      ConnectionEnd closed{.kind = EndKind::closed, .close_code = event.close_code};
      closed.reason = event.payload;
      if (phase_ == Phase::open) {
        enqueue_close(event.close_code, {});
        flush();
      }
      end(std::move(closed));
      break;
    }
    case wire::Opcode::continuation:
    case wire::Opcode::binary:
    case wire::Opcode::pong:
      break;
  }
}

void WebSocketStream::enqueue(wire::Opcode opcode, std::string_view payload) {
  out_ += wire::encode_masked_frame(opcode, payload, shared_.entropy.next32());
  flush_later();
}

void WebSocketStream::enqueue_close(std::uint16_t code, std::string_view reason) {
  // 1005 stands for a close frame without a code, and must not be sent (RFC 6455 §7.4.1).
  constexpr std::uint16_t no_code = 1005;
  enqueue(wire::Opcode::close, code == no_code ? std::string() : wire::close_payload(code, reason));
}

void WebSocketStream::flush_later() {
  if (std::exchange(flush_queued_, true)) return;
  shared_.loop.at_turn_end([this] {
    flush_queued_ = false;
    flush();
  });
}

void WebSocketStream::flush() {
  while (phase_ != Phase::over && out_at_ < out_.size()) {
    const auto [bytes, broken] = line_->write(std::string_view(out_).substr(out_at_));
    out_at_ += bytes;
    if (broken) {
      end({.kind = EndKind::lost, .reason = "the connection broke"});
      return;
    }
    if (bytes == 0) break;
  }
  if (phase_ == Phase::over) return;
  if (out_at_ == out_.size()) {
    out_.clear();
    out_at_ = 0;
    if (out_.capacity() > out_bytes_kept) out_.shrink_to_fit();
  }
  if (std::exchange(wants_out_, !out_.empty()) != !out_.empty()) watch();
}

void WebSocketStream::watch() {
  shared_.loop.watch(line_->descriptor(), EPOLLIN | (wants_out_ ? EPOLLOUT : 0u), *this);
}

void WebSocketStream::end(ConnectionEnd end) {
  if (phase_ == Phase::over) return;
  if (phase_ != Phase::connecting) shared_.loop.unwatch(line_->descriptor());
  phase_ = Phase::over;
  timer_.set(std::nullopt);
  // Put off: it may be the line that is telling us.
  shared_.loop.retire(std::move(line_));
  if (WebSocketHandler* const handler = std::exchange(handler_, nullptr)) handler->on_end(end);
  if (!lingering_) return;
  const auto self = shared_.lingering.find(this);
  shared_.loop.retire(std::move(self->second));
  shared_.lingering.erase(self);
}

}  // namespace freshet::native
