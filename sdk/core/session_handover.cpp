// Which connection serves, and how another takes over without loss: both run until the new one is
// live, then the old is closed. What both bring is delivered once, by the cursors.
#include <algorithm>
#include <utility>

#include "core/session.h"

namespace freshet::core {
namespace {

constexpr Duration reprobe_min{10};

}  // namespace

void Session::become_current(Instant now, Connection& connection) {
  current_ = connection.id;
  connection.purpose = Purpose::attempt;
  identity_.ticket.clear();
  not_before_ = {};
  context_.timers.clear({Deadline::retry, Deadline::hedge, Deadline::change});
  // For polling the same stretch: every answer in it must be good, or the connection is lost.
  context_.timers.set(Deadline::stable, now + connection.ping);
  choice_.handle_hello(connection.transport, now + context_.config.reprobe_after);
  refresh_unavailable(now);
  schedule_probe(now);
  publishes_.handle_epoch(connection.epoch);
  set_transport(Status::Kind::live, connection.transport);
}

Connection* Session::candidate() {
  if (current_ == 0) return nullptr;
  for (const auto& connection : connections_) {
    if (connection->id != current_) return connection.get();
  }
  return nullptr;
}

void Session::open_candidate(Instant now, Transport transport, Purpose purpose) {
  forget_unused();
  if (transport != Transport::websocket && table_.empty()) {
    // Nothing to hand over: flush() starts anew if publishes are waiting.
    publishes_.handle_lost(current_, false);
    return go_idle();
  }
  open(now, transport, purpose);
}

void Session::take_over_if_live(Instant now) {
  Connection* const next = candidate();
  if (next == nullptr || !next->greeted) return;
  const bool ready = is_polling(next->transport) ? next->caught_up && !next->requested
                     : next->transport == Transport::websocket
                         ? all_live(*next) && asks_for_all(*next, table_)
                         : all_live(*next);
  if (!ready) return;
  const ConnectionId old = current_;
  publishes_.handle_lost(old, false);
  become_current(now, *next);
  change_attempt_ = 0;
  drop(old);
}

void Session::candidate_failed(Instant now, const Connection& failed, Verdict verdict) {
  if (failed.purpose == Purpose::heal) {
    return verdict == Verdict::busy ? schedule_probe(now) : probe(now, failed.transport);
  }
  // The old stream goes on meanwhile, with the old set.
  if (verdict == Verdict::barred && choice_.any_open(now)) {
    return open_candidate(now, *choice_.scheduled(now), failed.purpose);
  }
  const Duration pause = context_.policy.repeat_delay(now, ++change_attempt_, context_.random);
  context_.timers.set(Deadline::change, now + std::max(failed.floor, Duration{0}) + pause);
}

void Session::schedule_probe(Instant now) {
  const Connection* const serving = current();
  if (serving == nullptr || choice_.is_first(serving->transport)) {
    context_.timers.clear(Deadline::probe);
    return;
  }
  // One that is not in the list any more is to be left soon; the others are good enough. What an
  // outage led to is looked at once this connection is stable, by all within another window.
  Duration after = std::max(context_.config.reprobe_after, reprobe_min);
  Duration spread = after / 4;
  if (choice_.take_doubt() && serving->ping < after) {
    after = serving->ping;
    spread = std::max(after, context_.policy.window());
  }
  const Duration pause =
      choice_.has(serving->transport)
          ? context_.random.between(after, after + spread)
          : context_.policy.repeat_delay(now, ++change_attempt_, context_.random);
  context_.timers.set(Deadline::probe, now + pause);
}

void Session::probe(Instant now, OptionalTransport behind) {
  const Connection* const serving = current();
  if (serving == nullptr) return;
  if (away_[hidden]) {
    probe_waits_ = true;
    return;
  }
  const auto better = choice_.better_than(serving->transport, behind, now);
  if (candidate() != nullptr || !better) return schedule_probe(now);
  open_candidate(now, *better, Purpose::heal);
}

void Session::set_transports(Instant now, const TransportOrder& order) {
  choice_.replace(order);
  change_attempt_ = 0;
  refresh_unavailable(now);
  if (const Connection* const serving = current()) {
    if (const Connection* const other = candidate()) drop(other->id);
    context_.timers.clear(Deadline::probe);
    const auto first = choice_.better_than(serving->transport, {}, now);
    if (first) open_candidate(now, *first, Purpose::heal);
  } else if (is(Status::Kind::connecting)) {
    drop_all_but(0);
    posting_ = false;
    begin_attempt(now);
  }
}

}  // namespace freshet::core
