// The facade: owns the parts and passes each call to the one it concerns; see client.h.
#include "core/client.h"

#include "wire/control.h"
#include "wire/topic.h"

namespace freshet::core {
namespace {

// Called this much later than asked, answers may wait unread in a socket or a browser's queue.
constexpr Duration late_after{250};

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

Client::Client(const ClientConfig& config, std::uint64_t seed) {
  this->config() = config;
  if (config.transports.empty()) {
    this->config().transports = transports_of(Profile::bidirectional);
  }
  begin(seed);
}

void Client::notice(Instant now) {
  const auto earliest = session_.context().timers.earliest();
  if (earliest && now - *earliest > late_after) session_.handle_late(now, now - *earliest);
}

bool Client::open(Error& error) const {
  return !session_.closed() ||
         refuse(error, ErrorCode::closed, "the client is closed (create a new one)");
}

Action* Client::next_action() {
  while (Action* const action = session_.context().actions.pop()) {
    if (!session_.closed() || ends(action->kind)) return action;
  }
  return nullptr;
}

SubscriptionId Client::subscribe(std::string_view pattern, std::string_view cursor, Error& error) {
  wire::Start start;
  if (!open(error) || !wire::check_pattern(pattern, error) ||
      !wire::read_start(cursor, start, error)) {
    return 0;
  }
  return session_.table().add(pattern, start);
}

void Client::unsubscribe(SubscriptionId subscription) { session_.table().remove(subscription); }

Text Client::cursor(SubscriptionId subscription) const {
  const Entry* const entry = session_.table().find(subscription);
  return entry != nullptr && entry->position() != nullptr ? wire::to_string(*entry->position())
                                                          : Text{};
}

Text Client::pattern(SubscriptionId subscription) const {
  const Entry* const entry = session_.table().find(subscription);
  return entry != nullptr ? entry->pattern : Text{};
}

PublishId Client::publish(Instant now, std::string_view topic, std::size_t data_bytes,
                          std::string_view key, Duration timeout, Error& error) {
  return open(error) ? session_.publishes().add(now, topic, data_bytes, key, timeout, error) : 0;
}

void Client::cancel_publish(PublishId publish) { session_.publishes().cancel(publish); }

void Client::set_transports(Instant now, const TransportOrder& transports) {
  if (!session_.closed()) session_.set_transports(now, transports);
}

void Client::close() { session_.close(); }

State Client::state() const { return state_of(status()); }

const Status& Client::status() const { return session_.status(); }

Delivery Client::handle_frame(Instant now, ConnectionId connection, std::string_view frame) {
  if (frame.empty()) return {};
  if (!wire::is_control(frame)) {
    const auto head = wire::parse_message_head(frame);
    return handle_message(now, connection, head ? &*head : nullptr);
  }
  handle_control(now, connection, wire::flatten(frame).value_or(Text{}));
  return {};
}

Delivery Client::handle_message(Instant now, ConnectionId connection,
                                const wire::MessageHead* head) {
  return session_.handle_message(now, connection, head);
}

void Client::handle_control(Instant now, ConnectionId connection, std::string_view flat) {
  session_.handle_control(now, connection, wire::ControlFrame{flat});
}

void Client::handle_end(Instant now, ConnectionId connection, const End& end) {
  notice(now);
  session_.handle_end(now, connection, end);
}

void Client::handle_publish_answer(RequestId request, std::string_view flat) {
  session_.publishes().handle_answer(request, wire::ControlFrame{flat});
}

void Client::handle_post_end(Instant now, RequestId request, const End& end) {
  const bool answered = session_.publishes().handle_post_end(now, request, end);
  Text reason;
  append_sentence(reason, end);
  session_.handle_post_end(now, answered, reason);
}

void Client::handle_network(Instant now, NetworkEvent event) {
  notice(now);
  session_.handle_network(now, event);
}

void Client::handle_timeout(Instant now) {
  notice(now);
  while (const auto due = session_.context().timers.take_due(now)) session_.handle_due(now, *due);
}

OptionalInstant Client::poll_timeout() const { return session_.context().timers.earliest(); }

Action* Client::poll_action(Instant now) {
  if (Action* const action = next_action()) return action;
  session_.flush(now);
  return next_action();
}

}  // namespace freshet::core
