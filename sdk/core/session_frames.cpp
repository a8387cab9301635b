// What each frame of the server means; see session.h.
#include <algorithm>
#include <utility>

#include "core/session.h"
#include "core/transport/long_polling.h"
#include "core/transport/polling.h"
#include "wire/topic.h"

namespace freshet::core {
namespace {

constexpr Duration ping_min{100};
constexpr Duration ping_max{10 * 60'000};
// A server that told a client to go closes the stream; if it does not, the client does.
constexpr Duration drain_max{5'000};

bool recovered(const wire::ControlFrame& frame) { return frame.flag(wire::Field::recovered, true); }

}  // namespace

void Session::handle_control(Instant now, ConnectionId id, const wire::ControlFrame& frame) {
  Connection* const found = find(id);
  if (found == nullptr) return;
  Connection& connection = *found;
  connection.heard = now;
  if (!frame.well_formed()) {
    return end(now, id, EndKind::malformed, {}, Cause::remote);
  }
  using wire::Field;
  switch (frame.op()) {
    case wire::Op::hello:
      return handle_hello(now, connection, frame);
    case wire::Op::retry:
      return handle_retry(now, connection, frame);
    case wire::Op::error:
      return handle_error(now, connection, frame);
    case wire::Op::close:
      return end(now, id,
                 {.kind = EndKind::closed,
                  .code = static_cast<std::uint16_t>(frame.number(Field::close_code)),
                  .reason = frame.text(Field::reason)},
                 cause_at(now));
    default:
      break;
  }
  if (!connection.greeted) return;  // Nothing else counts before hello.
  switch (frame.op()) {
    case wire::Op::subscribed:
      return handle_subscribed(connection, frame);
    case wire::Op::live:
      advance(connection, frame, true);
      return take_over_if_live(now);
    case wire::Op::ping:
      take_window(frame);
      return advance(connection, frame, false);
    case wire::Op::gap:
      return handle_gap(connection, frame);
    case wire::Op::ack:
      publishes_.handle_ack(frame.number(Field::ref), frame.number(Field::id));
      return;
    case wire::Op::next:
      return handle_next(connection, frame);
    default:
      return;
  }
}

Delivery Session::handle_message(Instant now, ConnectionId id, const wire::MessageHead* head) {
  Connection* const found = find(id);
  if (found == nullptr) return {};
  Connection& connection = *found;
  connection.heard = now;
  if (!connection.greeted) return {};
  if (head == nullptr) {
    end(now, id, EndKind::malformed, {}, Cause::remote);
    return {};
  }
  connection.brought_message = true;
  table_.begin_delivery();
  for (const Ask& ask : connection.asks) {
    if (ask.accepted && wire::matches(ask.entry->pattern, head->topic)) {
      table_.deliver(*ask.entry, connection.epoch, head->id);
    }
  }
  return {table_.receivers(), *head};
}

void Session::handle_hello(Instant now, Connection& connection, const wire::ControlFrame& hello) {
  using wire::Field;
  // Streams greet once, polls with every answer.
  if (connection.greeted && !is_polling(connection.transport)) return;
  if (hello.has(Field::client)) identity_.client = hello.text(Field::client);
  take_window(hello);
  context_.timers.clear(Deadline::hello, connection.id);
  connection.greeted = true;
  connection.epoch = hello.text(Field::epoch);
  connection.ping = std::clamp(hello.duration(Field::ping, wire::ping_default), ping_min, ping_max);
  if (!is_polling(connection.transport)) {
    context_.timers.set(Deadline::silence, now + connection.ping * 7 / 5, connection.id);
  }
  if (connection.transport != Transport::websocket && !accept_asks(connection, hello)) {
    // Another connection has moved on meanwhile: ask again from where that one is.
    const Transport transport = connection.transport;
    const Purpose purpose = connection.purpose;
    drop(connection.id);
    return open_candidate(now, transport, purpose);
  }
  if (current_ == 0) {
    drop_all_but(connection.id);
    become_current(now, connection);
  } else if (connection.id == current_) {
    publishes_.handle_epoch(connection.epoch);
  }
}

bool Session::accept_asks(Connection& connection, const wire::ControlFrame& hello) {
  for (Ask& ask : connection.asks) {
    wire::Cursor resolved = hello.cursor();
    const bool own = wire::read_cursor_at(hello.text(wire::Field::cursors), ask.place, resolved);
    const bool lowest_of_several = !own && (connection.asks.size() > 1 || connection.surplus);
    const wire::Cursor* const asked = ask.start.cursor();
    // The lowest of all says nothing about the others, but that they begin where they asked to.
    if (lowest_of_several && asked != nullptr && asked->epoch == resolved.epoch) {
      resolved.id = std::max(resolved.id, asked->id);
    }
    if (!table_.accept(*ask.entry, ask.start, resolved, recovered(hello))) return false;
    ask.accepted = true;
  }
  return true;
}

void Session::handle_subscribed(Connection& connection, const wire::ControlFrame& subscribed) {
  Ask* const ask = connection.find(subscribed.number(wire::Field::ref));
  if (ask == nullptr) return;
  ask->accepted =
      table_.accept(*ask->entry, ask->start, subscribed.cursor(), recovered(subscribed));
}

void Session::handle_gap(Connection& connection, const wire::ControlFrame& gap) {
  const std::string_view pattern = gap.text(wire::Field::pattern);
  wire::Cursor after;
  wire::Cursor until;
  gap.read(wire::Field::after, after);
  gap.read(wire::Field::until, until);
  for (const Ask& ask : connection.asks) {
    if (!ask.accepted || ask.entry->pattern != pattern) continue;
    table_.handle_gap(*ask.entry, after, until, gap.text(wire::Field::reason));
  }
}

void Session::handle_error(Instant now, Connection& connection, const wire::ControlFrame& error) {
  const ErrorCode code = error.error_code();
  const std::string_view message = error.text(wire::Field::message);
  const std::string_view pattern = error.text(wire::Field::pattern);
  const std::uint64_t ref = error.number(wire::Field::ref);
  const bool about_request = error.has(wire::Field::ref);
  if (about_request && publishes_.handle_error(now, ref, code, message)) return;
  for (Ask& ask : connection.asks) {
    Entry& entry = *ask.entry;
    if (about_request ? entry.ref != ref : entry.pattern != pattern) continue;
    freshet::drop(connection.asks, ask);
    table_.refuse(entry, code, message);
    return take_over_if_live(now);
  }
  connection.complaint = message;
}

void Session::handle_retry(Instant now, Connection& connection, const wire::ControlFrame& retry) {
  connection.dismissed = true;
  connection.floor = retry.duration(wire::Field::delay, Duration{0});
  connection.ticket = retry.text(wire::Field::ticket);
  const bool drains = retry.text(wire::Field::reason) == "drain";
  connection.floor_is_own = drains || !connection.ticket.empty();
  connection.complaint = drains ? "the server is restarting" : "the server is busy";
  if (connection.id != current_) {
    end(now, connection.id, EndKind::finished, {}, Cause::remote);
  } else if (!is_polling(connection.transport)) {
    context_.timers.set(Deadline::drain, now + std::min(connection.floor, drain_max),
                        connection.id);
  }
}

void Session::handle_next(Connection& connection, const wire::ControlFrame& next) {
  take_window(next);
  connection.answered = true;
  connection.interval = next.duration(wire::Field::interval, wire::interval_default);
  connection.more = next.flag(wire::Field::more, false);
  if (!connection.more) connection.caught_up = true;
  advance(connection, next, !connection.more);
}

void Session::handle_poll_answered(Instant now, Connection& connection) {
  const ConnectionId id = connection.id;
  connection.requested = false;
  context_.timers.clear(Deadline::silence, id);
  if (connection.wait > Duration{0}) choice_.handle_working();
  take_over_if_live(now);
  if (current_ != id && candidate() != &connection) return;
  const Duration pause =
      connection.transport == Transport::long_polling
          ? long_polling::pause(connection, now - connection.requested_at, context_.random)
          : polling::pause(connection, context_.config.poll_interval, context_.random);
  if (pause > Duration{0}) {
    context_.timers.set(Deadline::poll, now + pause, id);
  } else {
    send_poll(now, connection);
  }
}

void Session::advance(Connection& connection, const wire::ControlFrame& frame, bool live) {
  const std::uint64_t ref = frame.number(wire::Field::ref);
  for (Ask& ask : connection.asks) {
    // Without a ref it is for all.
    if (!ask.accepted || (ref != 0 && ref != ask.entry->ref)) continue;
    table_.advance(*ask.entry, frame.cursor());
    if (!live) continue;
    ask.live = true;
    table_.handle_live(*ask.entry);
  }
}

void Session::take_window(const wire::ControlFrame& frame) {
  context_.policy.set_window(frame.duration(wire::Field::window, wire::window_default));
}

}  // namespace freshet::core
