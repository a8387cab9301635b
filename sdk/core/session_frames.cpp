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

}  // namespace

Delivery Session::handle_frame(Instant now, ConnectionId id, std::string_view frame) {
  Connection* const found = find(id);
  if (found == nullptr || frame.empty()) return {};
  Connection& connection = *found;
  connection.heard = now;
  if (!wire::is_control(frame)) return deliver(now, connection, frame);

  const auto parsed = wire::parse_server_frame(frame);
  if (!parsed) {
    end(now, id, {.kind = EndKind::malformed, .reason = parsed.error().message}, Cause::remote,
        Tell::yes);
    return {};
  }
  if (const auto* hello = std::get_if<wire::Hello>(&*parsed)) {
    handle_hello(now, connection, *hello);
  } else if (const auto* retry = std::get_if<wire::Retry>(&*parsed)) {
    handle_retry(now, connection, *retry);
  } else if (const auto* error = std::get_if<wire::ErrorFrame>(&*parsed)) {
    handle_error(now, connection, *error);
  } else if (const auto* close = std::get_if<wire::Close>(&*parsed)) {
    end(now, id, {.kind = EndKind::closed, .close_code = close->code, .reason = close->reason},
        cause_at(now), Tell::yes);
  } else if (!connection.greeted) {
    // Nothing else counts before hello.
  } else if (const auto* subscribed = std::get_if<wire::Subscribed>(&*parsed)) {
    handle_subscribed(connection, *subscribed);
  } else if (const auto* live = std::get_if<wire::LiveMark>(&*parsed)) {
    handle_live(connection, *live);
    take_over_if_live(now);
  } else if (const auto* ping = std::get_if<wire::Ping>(&*parsed)) {
    policy_.set_window(ping->window);
    advance(connection, ping->cursor);
  } else if (const auto* gap = std::get_if<wire::Gap>(&*parsed)) {
    handle_gap(connection, *gap);
  } else if (const auto* ack = std::get_if<wire::Ack>(&*parsed)) {
    publishes_.handle_ack(ack->ref, ack->id);
  } else if (const auto* next = std::get_if<wire::Next>(&*parsed)) {
    handle_next(connection, *next);
  }
  return {};
}

Delivery Session::deliver(Instant now, Connection& connection, std::string_view frame) {
  if (!connection.greeted) return {};
  const auto head = wire::parse_message_head(frame);
  if (!head) {
    end(now, connection.id, {.kind = EndKind::malformed, .reason = head.error().message},
        Cause::remote, Tell::yes);
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

void Session::handle_hello(Instant now, Connection& connection, const wire::Hello& hello) {
  // Streams greet once, polls with every answer.
  if (connection.greeted && !is_polling(connection.transport)) return;
  if (!hello.client.empty()) identity_.client = hello.client;
  policy_.set_window(hello.window);
  timers_.clear(Deadline::hello, connection.id);
  connection.greeted = true;
  connection.epoch = hello.epoch;
  connection.ping = std::clamp(hello.ping, ping_min, ping_max);
  if (!is_polling(connection.transport)) {
    timers_.set(Deadline::silence, now + connection.ping * 7 / 5, connection.id);
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

bool Session::accept_asks(Connection& connection, const wire::Hello& hello) {
  const bool pairwise = hello.cursors.size() == connection.asks.size();
  for (std::size_t index = 0; index < connection.asks.size(); ++index) {
    Ask& ask = connection.asks[index];
    wire::Cursor resolved = pairwise ? hello.cursors[index] : hello.cursor;
    const auto* const asked = std::get_if<wire::Cursor>(&ask.start);
    // The lowest of all says nothing about the others, but that they begin where they asked to.
    const bool lowest_of_several = !pairwise && connection.asks.size() > 1;
    if (lowest_of_several && asked != nullptr && asked->epoch == resolved.epoch) {
      resolved.id = std::max(resolved.id, asked->id);
    }
    if (!table_.accept(*ask.entry, ask.start, resolved, hello.recovered)) return false;
    ask.accepted = true;
  }
  return true;
}

void Session::handle_subscribed(Connection& connection, const wire::Subscribed& subscribed) {
  Ask* const ask = connection.find(subscribed.ref);
  if (ask == nullptr) return;
  ask->accepted = table_.accept(*ask->entry, ask->start, subscribed.cursor, subscribed.recovered);
}

void Session::handle_live(Connection& connection, const wire::LiveMark& live) {
  for (Ask& ask : connection.asks) {
    if (!ask.accepted || (live.ref && *live.ref != ask.entry->ref)) continue;
    ask.live = true;
    table_.advance(*ask.entry, live.cursor);
    table_.handle_live(*ask.entry);
  }
}

void Session::handle_gap(Connection& connection, const wire::Gap& gap) {
  for (const Ask& ask : connection.asks) {
    if (ask.accepted && ask.entry->pattern == gap.pattern) table_.handle_gap(*ask.entry, gap);
  }
}

void Session::handle_error(Instant now, Connection& connection, const wire::ErrorFrame& error) {
  const Error told{error_code_from(error.code), error.message};
  if (error.ref && publishes_.handle_error(now, *error.ref, told)) return;
  const auto refused =
      std::find_if(connection.asks.begin(), connection.asks.end(), [&](const Ask& ask) {
        return error.ref ? ask.entry->ref == *error.ref : ask.entry->pattern == error.pattern;
      });
  if (refused == connection.asks.end()) {
    connection.complaint = error.message;
    return;
  }
  Entry& entry = *refused->entry;
  connection.asks.erase(refused);
  table_.refuse(entry, told);
  take_over_if_live(now);
}

void Session::handle_retry(Instant now, Connection& connection, const wire::Retry& retry) {
  connection.retry = retry;
  if (connection.id != current_) {
    end(now, connection.id, {.kind = EndKind::finished}, Cause::remote, Tell::yes);
  } else if (!is_polling(connection.transport)) {
    timers_.set(Deadline::drain, now + std::min(retry.delay, drain_max), connection.id);
  }
}

void Session::handle_next(Connection& connection, const wire::Next& next) {
  policy_.set_window(next.window);
  connection.next = next;
  if (next.more) {
    advance(connection, next.cursor);
  } else {
    connection.caught_up = true;
    handle_live(connection, {std::nullopt, next.cursor});
  }
}

void Session::handle_poll_answered(Instant now, Connection& connection) {
  const ConnectionId id = connection.id;
  connection.requested = false;
  timers_.clear(Deadline::silence, id);
  take_over_if_live(now);
  if (current_ != id && candidate() != &connection) return;
  const Duration pause =
      connection.transport == Transport::long_polling
          ? long_polling::pause(connection, now - connection.requested_at, random_)
          : polling::pause(connection, config_.poll_interval, random_);
  if (pause > Duration{0}) {
    timers_.set(Deadline::poll, now + pause, id);
  } else {
    send_poll(now, connection);
  }
}

void Session::advance(Connection& connection, const wire::Cursor& cursor) {
  for (const Ask& ask : connection.asks) {
    if (ask.accepted) table_.advance(*ask.entry, cursor);
  }
}

}  // namespace freshet::core
