#include "sim/link.h"

#include <algorithm>
#include <utility>

namespace freshet::sim {

Instant Link::arrival(Instant& last) {
  const Instant at = schedule_.now() + random_.between(Duration{1}, latency_max_);
  last = std::max(last, at);
  return last;
}

void Link::deliver_down(Instant at, std::function<void()> event) {
  schedule_.after(at - schedule_.now(), [self = shared_from_this(), event = std::move(event)] {
    if (!self->dead_ && !self->over_) event();
  });
}

void Link::send_to_client(std::string frame) {
  outbox_bytes_ += frame.size();
  if (dead_ || over_ || path_ == Path::silent) return;
  if (path_ == Path::buffering) {
    outbox_bytes_ -= frame.size();  // The proxy has it.
    held_.push_back(std::move(frame));
    return;
  }
  deliver_down(arrival(last_down_), [this, frame = std::move(frame)]() mutable {
    outbox_bytes_ -= frame.size();
    if (on_server_drained) on_server_drained();
    if (on_client_frame) on_client_frame(std::move(frame));
  });
}

void Link::send_to_server(std::string frame) {
  if (dead_ || over_ || path_ == Path::silent) return;
  const Instant at = arrival(last_up_);
  schedule_.after(at - schedule_.now(),
                  [self = shared_from_this(), frame = std::move(frame)]() mutable {
                    if (!self->dead_ && !self->over_ && self->on_server_frame) {
                      self->on_server_frame(std::move(frame));
                    }
                  });
}

void Link::close_from_server(ConnectionEnd end) {
  on_server_frame = nullptr;
  on_server_end = nullptr;
  on_server_drained = nullptr;
  if (path_ == Path::silent) return;
  for (std::string& frame : held_) {
    deliver_down(arrival(last_down_), [this, frame = std::move(frame)]() mutable {
      if (on_client_frame) on_client_frame(std::move(frame));
    });
  }
  held_.clear();
  deliver_down(arrival(last_down_), [this, end = std::move(end)] {
    over_ = true;
    if (on_client_end) std::exchange(on_client_end, nullptr)(end);
  });
}

void Link::close_from_client() {
  on_client_frame = nullptr;
  on_client_end = nullptr;
  if (dead_ || over_) return;
  const Instant at = arrival(last_up_);
  schedule_.after(at - schedule_.now(), [self = shared_from_this()] {
    if (self->dead_ || self->over_) return;
    self->over_ = true;
    if (self->on_server_end) std::exchange(self->on_server_end, nullptr)();
  });
}

void Link::cut() {
  if (over_) return;
  over_ = true;
  const Duration delay = random_.between(Duration{1}, latency_max_);
  schedule_.after(delay, [self = shared_from_this()] {
    if (self->on_server_end) std::exchange(self->on_server_end, nullptr)();
    if (self->on_client_end) {
      std::exchange(self->on_client_end,
                    nullptr)({.kind = EndKind::lost, .reason = "the connection broke"});
    }
  });
}

void Link::lose_server_side() {
  if (over_) return;
  dead_ = true;
  schedule_.after(Duration{1}, [self = shared_from_this()] {
    if (self->on_server_end) std::exchange(self->on_server_end, nullptr)();
  });
}

void Link::stall(Instant until) {
  last_down_ = std::max(last_down_, until);
  last_up_ = std::max(last_up_, until);
}

}  // namespace freshet::sim
