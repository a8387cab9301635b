// The facade: owns the parts and passes each call to the one it concerns; see client.h.
#include "core/client.h"

#include <utility>

#include "core/context.h"
#include "core/publish_queue.h"
#include "core/session.h"
#include "core/subscription_table.h"
#include "wire/control.h"
#include "wire/topic.h"

namespace freshet::core {
namespace {

// Called this much later than asked, the process was suspended or the tab frozen.
constexpr Duration late_after{2'000};

Error closed_error() { return {ErrorCode::closed, "the client is closed (create a new one)"}; }

}  // namespace

TransportOrder transports_of(Profile profile) {
  switch (profile) {
    case Profile::feed:
      return {Transport::sse, Transport::websocket, Transport::long_polling, Transport::polling};
    case Profile::occasional:
      return {Transport::long_polling, Transport::polling};
    case Profile::bidirectional:
      break;
  }
  return {Transport::websocket, Transport::sse, Transport::long_polling, Transport::polling};
}

struct Client::Parts {
  Parts(const ClientConfig& config, std::uint64_t seed) : context(config, seed) {}

  void notice(Instant at) {
    now = at;
    const auto earliest = context.timers.earliest();
    if (earliest && at - *earliest > late_after) session.handle_wake(at);
  }

  // A gap or live mark of a subscription that has ended meanwhile is nobody's.
  std::unique_ptr<Action> next_action() {
    while (auto action = context.actions.pop()) {
      const bool about_subscription =
          action->kind == ActionKind::tell_gap || action->kind == ActionKind::tell_live;
      if (!about_subscription || table.has(action->id)) return action;
    }
    return nullptr;
  }

  Context context;
  SubscriptionTable table{context.actions};
  PublishQueue publishes{context};
  Session session{context, table, publishes};
  Instant now;  // Of the last call, for what poll_action() does.
};

Client::Client(const ClientConfig& config, std::uint64_t seed)
    : parts_(std::make_unique<Parts>(config, seed)) {}

Client::~Client() = default;

Result<SubscriptionId> Client::subscribe(Instant now, std::string_view pattern,
                                         std::string_view cursor) {
  parts_->now = now;
  if (parts_->session.closed()) return closed_error();
  if (auto checked_pattern = wire::check_pattern(pattern); !checked_pattern) {
    return checked_pattern.error();
  }
  wire::Start start;
  if (const auto read = wire::read_start(cursor, start); !read) return read.error();
  return parts_->table.add(pattern, start);
}

void Client::unsubscribe(Instant now, SubscriptionId subscription) {
  parts_->now = now;
  parts_->table.remove(subscription);
}

Text Client::cursor(SubscriptionId subscription) const {
  const Entry* const entry = parts_->table.find(subscription);
  return entry != nullptr && entry->position() != nullptr ? wire::to_string(entry->start) : Text{};
}

Text Client::pattern(SubscriptionId subscription) const {
  const Entry* const entry = parts_->table.find(subscription);
  return entry != nullptr ? entry->pattern : Text{};
}

Result<PublishId> Client::publish(Instant now, std::string_view topic, std::size_t data_bytes,
                                  std::string_view key, Duration timeout) {
  parts_->now = now;
  if (parts_->session.closed()) return closed_error();
  return parts_->publishes.add(now, topic, data_bytes, key, timeout);
}

void Client::cancel_publish(Instant now, PublishId publish) {
  parts_->now = now;
  parts_->publishes.cancel(publish);
}

Result<void> Client::set_transports(Instant now, const TransportOrder& transports) {
  parts_->now = now;
  if (transports.empty()) {
    return Error{ErrorCode::invalid_argument, "the list of transports is empty"};
  }
  if (!parts_->session.closed()) parts_->session.set_transports(now, transports);
  return {};
}

void Client::close(Instant now) {
  parts_->now = now;
  parts_->session.close();
}

State Client::state() const { return state_of(status()); }

const Status& Client::status() const { return parts_->session.status(); }

Delivery Client::handle_frame(Instant now, ConnectionId connection, std::string_view frame) {
  if (!wire::is_control(frame)) return handle_message(now, connection, frame);
  handle_control(now, connection, wire::flatten(frame).value_or(Text{}));
  return {};
}

Delivery Client::handle_message(Instant now, ConnectionId connection, std::string_view frame) {
  parts_->now = now;
  return parts_->session.handle_message(now, connection, frame);
}

void Client::handle_control(Instant now, ConnectionId connection, std::string_view flat) {
  parts_->now = now;
  parts_->session.handle_control(now, connection, wire::ControlFrame{flat});
}

void Client::handle_end(Instant now, ConnectionId connection, const ConnectionEnd& end) {
  parts_->notice(now);
  parts_->session.handle_end(now, connection, end);
}

void Client::handle_publish_answer(Instant now, RequestId request, std::string_view flat) {
  parts_->now = now;
  parts_->publishes.handle_answer(request, wire::ControlFrame{flat});
}

void Client::handle_post_end(Instant now, RequestId request, const ConnectionEnd& end) {
  parts_->now = now;
  const bool answered = parts_->publishes.handle_post_end(now, request, end);
  parts_->session.handle_post_end(now, answered, end.reason);
}

void Client::handle_network(Instant now, NetworkEvent event) {
  parts_->notice(now);
  parts_->session.handle_network(now, event);
}

void Client::handle_timeout(Instant now) {
  parts_->notice(now);
  while (const auto due = parts_->context.timers.take_due(now))
    parts_->session.handle_due(now, *due);
}

OptionalInstant Client::poll_timeout() const { return parts_->context.timers.earliest(); }

std::unique_ptr<Action> Client::poll_action() {
  if (auto action = parts_->next_action()) return action;
  parts_->session.flush(parts_->now);
  return parts_->next_action();
}

}  // namespace freshet::core
