#include "transport/stream.h"

#include <utility>

#include "park/loop.h"
#include "wire/endpoints.h"

namespace freshet::server {
namespace {

// What may wait of the live flow before a stream counts as slow, in low marks: as much as the hub
// hands out at once to those who keep up.
constexpr std::size_t live_marks = 4;

}  // namespace

Stream::Stream(LiveLoop& live, Transport transport, OpenRequest request)
    : transport_(transport),
      live_(live),
      opening_(new OpenRequest(std::move(request))),
      admission_(live.context().admission.stream_opened(opening_->client, live.now())) {
  live_.context().counts.of(transport_).open.add();
}

Stream::~Stream() {
  if (!opened_) delete opening_;
  live_.context().counts.of(transport_).open.add(-1);
  live_.context().admission.stream_closed(admission_);
}

void Stream::open(park::Connection& connection) {
  const std::unique_ptr<OpenRequest> request(opening_);
  connection_ = &connection;
  opened_ = true;
  live_.context().counts.of(transport_).opened.add();
  live_.open(*this, std::move(*request));
}

Sent Stream::queue_message(const Blob& bytes) {
  if (!connection_) return Sent::pause;
  switch (connection_->send(bytes)) {
    case park::SendResult::refused:
      return Sent::overflow;
    case park::SendResult::closed:
      return Sent::pause;
    case park::SendResult::queued:
      break;
  }
  const std::size_t low_mark = connection_->loop().options().outbox_low_mark_bytes;
  const std::size_t waiting = connection_->outbox_bytes();
  if (waiting <= low_mark) [[likely]]
    return Sent::more;
  if (replaying()) return Sent::full;
  ServerContext& context = live_.context();
  if (!context.overload.is_strained()) {
    return waiting > live_marks * low_mark ? Sent::full : Sent::more;
  }
  if (!context.overload.is_exhausted()) return Sent::full;
  context.counts.limits.of(LimitName::outbox_total_bytes).add();
  return Sent::overflow;
}

void Stream::queue_control(const Blob& bytes) {
  if (!connection_ || connection_->send(bytes) != park::SendResult::refused) return;
  close(wire::close_code::slow_consumer, "slow consumer: its outbox is full");
}

void Stream::handle_low_mark() {
  if (connection_) live_.resume(*this);
}

void Stream::close(std::uint16_t code, std::string_view reason) {
  if (!connection_) return;
  // A slow consumer gets its farewell behind the message in progress, not behind all that waits.
  if (code == wire::close_code::slow_consumer) connection_->drop_unsent();
  end(farewell(code, reason));
}

// The hub lets go of it when the connection tells its end.
void Stream::end(Blob last) {
  if (connection_) std::exchange(connection_, nullptr)->close_after_flush(std::move(last));
}

// Whoever closed its socket looks like one that only will not send any more. A ping tells: the
// first answers it with a reset, the second still gets its stream.
void Stream::handle_peer_half_closed() {
  if (connection_) live_.hub().ping(*this);
}

void Stream::handle_closed(park::CloseReason) {
  connection_ = nullptr;
  live_.hub().detach(*this);
}

}  // namespace freshet::server
