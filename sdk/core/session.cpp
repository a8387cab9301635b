// Opening, waiting, losing and closing; see session.h.
#include "core/session.h"

#include <algorithm>
#include <utility>

#include "core/transport/long_polling.h"
#include "core/transport/polling.h"
#include "core/transport/sse.h"
#include "core/transport/websocket.h"
#include "wire/endpoints.h"
#include "wire/request.h"

namespace freshet::core {
namespace {

// A connection that breaks this soon after the process woke up broke while it slept.
constexpr Duration woken_for{10'000};
// Called so late, the process was suspended or the tab frozen: what it was connected to may be
// gone.
constexpr Duration slept_after{2'000};
// How long input that waits unread may take to be read.
constexpr Duration late_grace{1'000};

constexpr std::string_view no_transport = "this runtime has none of the transports asked for";

}  // namespace

void Session::begin(std::uint64_t seed) {
  const ClientConfig& config = context_.config;
  context_.random = Random{seed};
  context_.policy.begin(config.reconnect);
  choice_.replace(config.transports);
  identity_.sdk = config.sdk;
}

// Flushing ---------------------------------------------------------------------------------

void Session::flush(Instant now) {
  if (closed()) return;
  forget_unused();
  if (is(Status::Kind::idle)) {
    if (wanted()) start(now);
  } else if (!wanted()) {
    // A WebSocket is kept: it carries whatever comes next. The others have nothing to ask for.
    const Connection* const now_current = current();
    if (now_current == nullptr || now_current->transport != Transport::websocket) go_idle();
  } else if (posting_ && !table_.empty()) {
    posting_ = false;
    begin_attempt(now);
  }
  // What this opens is in line already.
  for (std::size_t index = connections_.size(); index-- > 0;) sync(now, *connections_[index]);
  take_over_if_live(now);
  publishes_.send(now, line());
}

void Session::forget_unused() {
  table_.drop_unused([&](const Entry& entry) {
    for (const auto& connection : connections_) {
      const Ask* const ask = connection->find(entry.ref);
      if (ask == nullptr) continue;
      if (connection->transport == Transport::websocket) {
        websocket::unsubscribe(*connection, entry, context_.actions);
      }
      freshet::drop(connection->asks, *ask);
      connection->surplus = true;
    }
  });
}

void Session::sync(Instant now, Connection& connection) {
  const bool is_current = connection.id == current_;
  if (connection.transport == Transport::websocket) {
    if (!connection.greeted) return;
    websocket::subscribe(connection, table_, current_ != 0 && !is_current, context_.actions);
  } else if (connection.transport == Transport::sse) {
    if (!is_current || candidate() != nullptr || context_.timers.at(Deadline::change)) return;
    if (connection.surplus || !asks_for_all(connection, table_)) {
      open_candidate(now, Transport::sse, Purpose::change);
    }
  } else if (!asks_for_all(connection, table_)) {
    // One that waits would let the new entry wait too; one that does not is as good as answered.
    if (!connection.requested) {
      send_poll(now, connection);
    } else if (connection.wait > Duration{0}) {
      replace_poll(now, connection);
    }
  }
}

PublishQueue::Line Session::line() {
  const Connection* const serving = current();
  if (serving == nullptr) {
    return {posting_ ? PublishQueue::Line::Kind::http : PublishQueue::Line::Kind::none};
  }
  if (serving->transport != Transport::websocket) return {PublishQueue::Line::Kind::http};
  return {PublishQueue::Line::Kind::websocket, serving->id};
}

// Opening ----------------------------------------------------------------------------------

void Session::start(Instant now) {
  if (held()) {
    hold();
  } else if (context_.policy.attempt() > 0 || now < not_before_) {
    // Idle or not, what failed a moment ago is not tried again at once.
    wait_by_policy(now, Cause::local, nullptr);
  } else if (std::exchange(started_, true) || context_.config.initial_spread <= Duration{0}) {
    begin_attempt(now);
  } else {
    wait(now, context_.random.between(Duration{0}, context_.config.initial_spread),
         "spreading the first connect");
  }
}

void Session::begin_attempt(Instant now) {
  context_.timers.clear(Deadline::retry);
  not_before_ = {};
  context_.policy.handle_attempt();
  if (!choice_.pass_over()) {
    choice_.begin_pass();
    if (open_next_of_pass(now)) return;
    choice_.handle_pass_failed();
  }
  if (const auto transport = choice_.scheduled(now)) {
    open(now, *transport, Purpose::attempt);
  } else {
    fail(ErrorCode::unsupported, no_transport);
  }
}

bool Session::open_next_of_pass(Instant now) {
  const auto transport = choice_.next_of_pass(now);
  if (!transport) return false;
  context_.timers.set(Deadline::hedge, now + context_.config.hedge_after);
  open(now, *transport, Purpose::attempt);
  return true;
}

void Session::open(Instant now, Transport transport, Purpose purpose) {
  if (current_ == 0) set_transport(Status::Kind::connecting, transport);
  if (transport != Transport::websocket && table_.empty()) {
    // Only publishes wait, and over HTTP they need no connection.
    drop_all_but(0);
    posting_ = true;
    posting_beside_ = transport;
    return;
  }
  Connection& connection = add_new(connections_);
  connection.id = next_connection_++;
  connection.transport = transport;
  connection.purpose = purpose;
  connection.heard = now;
  context_.timers.set(Deadline::hello, now + context_.config.connect_timeout, connection.id);
  if (is_polling(transport)) {
    send_poll(now, connection);
  } else {
    open_stream(now, connection);
  }
}

void Session::open_stream(Instant now, Connection& connection) {
  const bool sse = connection.transport == Transport::sse;
  if (sse) ask_for_all(connection, table_);
  Text members;
  append_asks(members, connection.asks);
  if (members.size() > sse::asks_bytes_max) {
    // 404 is the proof that this transport alone is barred.
    static constexpr End too_many{
        .kind = EndKind::refused, .code = 404, .reason = "too many subscriptions for sse"};
    return end(now, connection.id, too_many, Cause::local);
  }
  if (!sse) wire::append_number_member(members, "lines", 1);
  append_identity(members, identity_);
  Action& action = context_.actions.push(ActionKind::open_stream, connection.id,
                                         sse ? wire::sse_path : wire::websocket_path);
  action.transport = connection.transport;
  action.members = std::move(members);
}

void Session::send_poll(Instant now, Connection& connection) {
  context_.timers.clear(Deadline::poll, connection.id);
  ask_for_all(connection, table_);
  connection.answered = false;
  connection.brought_message = false;
  connection.requested = true;
  connection.requested_at = now;
  connection.wait = connection.transport == Transport::long_polling
                        ? long_polling::wait(connection, context_.config.long_poll_wait)
                        : Duration{0};
  context_.timers.set(Deadline::silence, now + connection.wait + context_.config.connect_timeout,
                      connection.id);
  polling::request(connection, identity_, context_.actions);
}

void Session::replace_poll(Instant now, Connection& connection) {
  context_.actions.push(ActionKind::close_connection, connection.id).close_code =
      wire::close_code::normal;
  const bool was_current = connection.id == current_;
  context_.timers.clear_connection(connection.id);
  connection.id = next_connection_++;
  if (was_current) current_ = connection.id;
  if (!connection.greeted) {
    context_.timers.set(Deadline::hello, now + context_.config.connect_timeout, connection.id);
  }
  send_poll(now, connection);
}

// Ends -------------------------------------------------------------------------------------

void Session::handle_end(Instant now, ConnectionId id, const End& end_of) {
  Connection* const connection = find(id);
  if (connection == nullptr) return;
  const bool answered = end_of.kind == EndKind::finished && connection->answered &&
                        !connection->dismissed && is_polling(connection->transport);
  if (answered) {
    handle_poll_answered(now, *connection);
  } else {
    end(now, id, end_of, cause_at(now));
  }
}

void Session::end(Instant now, ConnectionId id, const End& end_of, Cause cause) {
  Verdict verdict = judge(*find(id), end_of);
  // A poll that was good a moment ago: its token has expired. The next attempt fetches a fresh one.
  if (id == current_ && end_of.code == 401) verdict = Verdict::failed;

  publishes_.handle_lost(id, end_of.code == wire::close_code::too_big);
  const std::unique_ptr<Connection> ended = take(id);
  if (verdict == Verdict::barred) {
    choice_.handle_barred(ended->transport, now + context_.config.reprobe_after);
  }
  if (verdict == Verdict::unsupported) choice_.handle_unsupported(ended->transport);
  refresh_unavailable(now);

  if (verdict == Verdict::final && ended->purpose != Purpose::heal) {
    fail(final_code(end_of.code), ended->complaint);
  } else if (id == current_) {
    lose_current(now, cause, *ended, verdict);
  } else if (current_ != 0) {
    candidate_failed(now, *ended, verdict);
  } else {
    attempt_failed(now, *ended, verdict);
  }
}

void Session::end(Instant now, ConnectionId id, EndKind kind, std::string_view reason,
                  Cause cause) {
  end(now, id, {.kind = kind, .reason = reason}, cause);
}

void Session::attempt_failed(Instant now, const Connection& failed, Verdict verdict) {
  if (verdict == Verdict::busy) {
    choice_.handle_busy(failed.transport);
    drop_all_but(0);
  } else if (!choice_.pass_over()) {
    if (open_next_of_pass(now) || !connections_.empty()) return;
    choice_.handle_pass_failed();
  } else if (verdict != Verdict::failed && choice_.any_open(now)) {
    return open(now, *choice_.scheduled(now), Purpose::attempt);
  }
  if (choice_.any_supported()) {
    wait_by_policy(now, Cause::remote, &failed);
  } else {
    fail(ErrorCode::unsupported, no_transport);
  }
}

void Session::lose_current(Instant now, Cause cause, const Connection& lost, Verdict verdict) {
  current_ = 0;
  table_.handle_lost();
  context_.timers.clear({Deadline::stable, Deadline::probe, Deadline::change});
  Connection* const next = connections_.empty() ? nullptr : connections_.front().get();
  if (next != nullptr && next->greeted) {
    become_current(now, *next);
  } else if (next != nullptr && verdict == Verdict::failed) {
    next->purpose = Purpose::attempt;
    context_.policy.handle_attempt();
    set_transport(Status::Kind::connecting, next->transport);
  } else if (!wanted()) {
    go_idle();
  } else {
    if (verdict == Verdict::busy) drop_all_but(0);
    wait_by_policy(now, cause, &lost);
  }
}

void Session::wait_by_policy(Instant now, Cause cause, const Connection* lost) {
  if (lost != nullptr && lost->floor >= Duration{0}) {
    not_before_ = now + lost->floor;
    floor_is_own_ = lost->floor_is_own;
    identity_.ticket = lost->ticket;
  } else if (not_before_ == Instant{}) {
    floor_is_own_ = false;
    identity_.ticket.clear();  // Its slot is over.
  }
  Duration delay = context_.policy.delay(now, cause, context_.random);
  const Duration floor = std::max(not_before_ - now, Duration{0});
  // A floor is the same for all, so that the draw stands on top of it, or this client's own.
  delay = floor_is_own_ ? context_.policy.slot_delay(floor) : floor + delay;
  wait(now, delay, lost != nullptr ? std::string_view{lost->complaint} : "");
}

void Session::wait(Instant now, Duration delay, std::string_view reason) {
  context_.timers.clear(Deadline::hedge);
  if (held()) return hold();
  context_.timers.set(Deadline::retry, now + delay);
  set_waiting(delay, reason);
}

void Session::hold() {
  if (const Connection* const lost = current()) publishes_.handle_lost(lost->id, false);
  disconnect();
  set_waiting(Duration{0}, away_[suspended] ? "the page is suspended" : "the machine is offline");
}

void Session::return_locally(Instant now) {
  if (held() || !is(Status::Kind::waiting)) return;
  const Instant at = std::max(now + context_.policy.local_delay(context_.random), not_before_);
  const auto planned = context_.timers.at(Deadline::retry);
  if (planned && *planned <= at) return;
  wait(now, at - now, status_.reason);
}

void Session::go_idle() {
  // Leaving what works is no failure.
  if (is(Status::Kind::live)) context_.policy.handle_stable();
  disconnect();
  set_status(Status::Kind::idle);
}

void Session::disconnect() {
  current_ = 0;
  posting_ = false;
  table_.handle_lost();
  drop_all_but(0);
  context_.timers.clear(
      {Deadline::retry, Deadline::hedge, Deadline::stable, Deadline::probe, Deadline::change});
}

void Session::close() {
  if (!closed()) finish();
}

void Session::fail(ErrorCode code, std::string_view message) {
  status_.failed = true;
  status_.code = code;
  status_.reason = message;
  finish();
}

void Session::finish() {
  current_ = 0;
  drop_all_but(0);
  publishes_.close();
  context_.timers.clear_all();
  set_status(Status::Kind::closed);
}

std::unique_ptr<Connection> Session::take(ConnectionId id) {
  context_.timers.clear_connection(id);
  // For a port, one that has ended is closed already.
  context_.actions.push(ActionKind::close_connection, id).close_code = wire::close_code::normal;
  for (auto& connection : connections_) {
    if (connection->id != id) continue;
    std::unique_ptr<Connection> taken = std::move(connection);
    freshet::drop(connections_, connection);
    return taken;
  }
  return nullptr;
}

void Session::drop_all_but(ConnectionId kept) {
  for (std::size_t index = connections_.size(); index-- > 0;) {
    const ConnectionId id = connections_[index]->id;
    if (id != kept) drop(id);
  }
}

// Time and the world around ----------------------------------------------------------------

void Session::handle_due(Instant now, Timers::Due due) {
  switch (due.name) {
    case Deadline::retry:
      return begin_attempt(now);
    case Deadline::hedge:
      if (current_ == 0) open_next_of_pass(now);
      return;
    case Deadline::stable:
      return context_.policy.handle_stable();
    case Deadline::probe:
      return probe(now, {});
    case Deadline::change:
      return;  // flush() opens it.
    case Deadline::publish:
      // What is heard on it says nothing of its other direction.
      if (const ConnectionId deaf = publishes_.handle_due(now); deaf != 0) {
        end(now, deaf, EndKind::lost, "a publish was not answered", Cause::local);
      }
      return;
    case Deadline::post:
      return publishes_.handle_post_overdue(now);
    case Deadline::hello:
      return end(now, due.connection, EndKind::unreachable, "no hello in time", cause_at(now));
    case Deadline::drain:
      return end(now, due.connection, EndKind::finished, {}, Cause::remote);
    case Deadline::silence:
      return handle_silence_due(now, *find(due.connection));
    case Deadline::poll:
      return send_poll(now, *find(due.connection));
  }
}

void Session::handle_silence_due(Instant now, Connection& connection) {
  // Kept lazily: a frame notes only when it came.
  const Duration patience = is_polling(connection.transport)
                                ? connection.wait + context_.config.connect_timeout
                                : connection.ping * 7 / 5;
  const Instant dead_at = connection.heard + patience;
  if (now < dead_at) {
    context_.timers.set(Deadline::silence, dead_at, connection.id);
    return;
  }
  end(now, connection.id, EndKind::lost, "nothing was heard for too long", Cause::local);
}

void Session::handle_late(Instant now, Duration late) {
  const bool slept = late > slept_after;
  if (slept) woken_until_ = now + woken_for;
  const bool waiting{context_.timers.at(Deadline::retry)};
  context_.timers.forgive_due(
      now, now + (waiting ? context_.policy.local_delay(context_.random) : late_grace),
      slept ? Deadline::retry : first_answer);
}

Cause Session::cause_at(Instant now) const {
  return now < woken_until_ ? Cause::local : Cause::remote;
}

void Session::handle_network(Instant now, NetworkEvent event) {
  const auto number = static_cast<std::size_t>(event);
  const bool away = number % 2 == 0;
  const bool was_away = std::exchange(away_[number / 2], away);
  // Browsers tell these more than once, and `resumed` of every page that they load.
  if (number / 2 == suspended && away == was_away) return;
  if (closed() || is(Status::Kind::idle)) return;
  if (held()) {
    hold();
  } else if (event != NetworkEvent::hidden) {
    return_locally(now);
  }
  if (!away_[hidden] && std::exchange(probe_waits_, false) && current_ != 0) {
    context_.timers.set(Deadline::probe, now + context_.policy.local_delay(context_.random));
  }
}

void Session::handle_post_end(Instant now, bool answered, std::string_view reason) {
  if (!posting_) return;
  if (!answered) {
    if (!publishes_.empty()) set_waiting(publishes_.pause(now), reason);
  } else if (!is(Status::Kind::live)) {
    choice_.handle_hello(posting_beside_, now + context_.config.reprobe_after);
    choice_.handle_working();
    set_transport(Status::Kind::live, posting_beside_);
  }
}

// Small parts ------------------------------------------------------------------------------

Connection* Session::find(ConnectionId id) {
  for (const auto& connection : connections_) {
    if (connection->id == id) return connection.get();
  }
  return nullptr;
}

void Session::set_status(Status::Kind kind) {
  status_.kind = kind;
  context_.actions.push_state();
}

void Session::set_transport(Status::Kind kind, Transport transport) {
  status_.transport = transport;
  set_status(kind);
}

void Session::set_waiting(Duration retry_in, std::string_view reason) {
  status_.retry_in = retry_in;
  status_.attempt = context_.policy.attempt();
  status_.reason = reason;
  set_status(Status::Kind::waiting);
}

void Session::refresh_unavailable(Instant now) {
  const std::uint8_t unavailable = choice_.unavailable(now);
  if (unavailable == status_.unavailable) return;
  status_.unavailable = unavailable;
  context_.actions.push_state();
}

}  // namespace freshet::core
