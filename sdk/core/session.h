// The state machine of a client: which connections there are, what each is for, and when one is
// opened, used, handed over and given up. Transitions only; the rules are in the parts it moves:
// cursors in subscription_table, delays in reconnect_policy, order in transport_choice, requests
// in transport/.
//
//   idle → connecting → live → waiting → connecting …, and closed
//
// At most one connection is current: the one that said hello first. Beside it may stand hedges
// (before the first hello) or one candidate, which takes over once it is live.
#pragma once

#include <array>
#include <memory>
#include <string_view>

#include "core/context.h"
#include "core/delivery.h"
#include "core/publish_queue.h"
#include "core/status.h"
#include "core/subscription_table.h"
#include "core/transport/transport.h"
#include "core/transport_choice.h"
#include "freshet/containers.h"

namespace freshet::core {

class Session {
 public:
  constexpr Session() = default;
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // The context's config is complete.
  void begin(std::uint64_t seed);

  // The parts that the client uses itself.
  constexpr Context& context() { return context_; }
  const Context& context() const { return context_; }
  SubscriptionTable& table() { return table_; }
  const SubscriptionTable& table() const { return table_; }
  PublishQueue& publishes() { return publishes_; }

  const Status& status() const { return status_; }
  bool closed() const { return is(Status::Kind::closed); }

  // Brings the connections in line with what the application wants by now. Called when all actions
  // were taken out, so that what changes back within one turn costs nothing.
  void flush(Instant now);
  void set_transports(Instant now, const TransportOrder& order);
  // By the application.
  void close();

  Delivery handle_message(Instant now, ConnectionId id, const wire::MessageHead* head);
  void handle_control(Instant now, ConnectionId id, const wire::ControlFrame& frame);
  void handle_end(Instant now, ConnectionId id, const End& end);
  void handle_network(Instant now, NetworkEvent event);
  void handle_due(Instant now, Timers::Due due);
  // The first deadline was passed so long ago, and only now somebody calls.
  void handle_late(Instant now, Duration late);
  // A POST is over. Answered, that is how the server shows itself without a connection; not, the
  // publish queue tries again after its pause.
  void handle_post_end(Instant now, bool answered, std::string_view reason);

 private:
  // Opening.
  bool wanted() const { return !table_.empty() || !publishes_.empty(); }
  bool held() const { return away_[offline] || away_[suspended]; }
  void start(Instant now);
  void begin_attempt(Instant now);
  bool open_next_of_pass(Instant now);
  void open(Instant now, Transport transport, Purpose purpose);
  void open_stream(Instant now, Connection& connection);
  void send_poll(Instant now, Connection& connection);
  void replace_poll(Instant now, Connection& connection);

  // Ends.
  void end(Instant now, ConnectionId id, const End& end, Cause cause);
  void end(Instant now, ConnectionId id, EndKind kind, std::string_view reason, Cause cause);
  void attempt_failed(Instant now, const Connection& failed, Verdict verdict);
  void lose_current(Instant now, Cause cause, const Connection& lost, Verdict verdict);
  // `lost`: nullptr when nothing was.
  void wait_by_policy(Instant now, Cause cause, const Connection* lost);
  void wait(Instant now, Duration delay, std::string_view reason);
  void hold();
  void disconnect();
  // Closes the client for good.
  void fail(ErrorCode code, std::string_view message);
  void finish();
  void return_locally(Instant now);
  void go_idle();
  std::unique_ptr<Connection> take(ConnectionId id);
  void drop(ConnectionId id) { take(id); }
  void drop_all_but(ConnectionId kept);
  Cause cause_at(Instant now) const;
  void handle_silence_due(Instant now, Connection& connection);

  // Frames (session_frames.cpp).
  void handle_hello(Instant now, Connection& connection, const wire::ControlFrame& hello);
  bool accept_asks(Connection& connection, const wire::ControlFrame& hello);
  void handle_subscribed(Connection& connection, const wire::ControlFrame& subscribed);
  void handle_gap(Connection& connection, const wire::ControlFrame& gap);
  void handle_error(Instant now, Connection& connection, const wire::ControlFrame& error);
  void handle_retry(Instant now, Connection& connection, const wire::ControlFrame& retry);
  void handle_next(Connection& connection, const wire::ControlFrame& next);
  void handle_poll_answered(Instant now, Connection& connection);
  // All entries have come to the frame's cursor, and with that they may have caught up.
  void advance(Connection& connection, const wire::ControlFrame& frame, bool live);
  void take_window(const wire::ControlFrame& frame);

  // Being current, and handing over (session_handover.cpp).
  void become_current(Instant now, Connection& connection);
  void open_candidate(Instant now, Transport transport, Purpose purpose);
  void candidate_failed(Instant now, const Connection& failed, Verdict verdict);
  void take_over_if_live(Instant now);
  void schedule_probe(Instant now);
  void probe(Instant now, OptionalTransport behind);
  Connection* candidate();

  // Flushing.
  void forget_unused();
  void sync(Instant now, Connection& connection);
  PublishQueue::Line line();

  Connection* find(ConnectionId id);
  Connection* current() { return find(current_); }
  bool is(Status::Kind kind) const { return status_.kind == kind; }
  void set_status(Status::Kind kind);
  void set_transport(Status::Kind kind, Transport transport);
  void set_waiting(Duration retry_in, std::string_view reason);
  void refresh_unavailable(Instant now);

  Context context_;
  SubscriptionTable table_{context_};
  PublishQueue publishes_{context_};
  TransportChoice choice_;
  Identity identity_;
  Status status_;

  List<std::unique_ptr<Connection>> connections_;  // A handful.
  ConnectionId current_ = 0;
  ConnectionId next_connection_ = 1;
  Instant not_before_;           // The server's floor for the next attempt; long ago: none,
  bool floor_is_own_ = false;    // and whether it is this client's own.
  Instant woken_until_;          // What breaks before then broke while the process slept.
  unsigned change_attempt_ = 0;  // Failed hand-overs to a changed set in a row.
  bool started_ = false;         // The first connect has begun.
  bool posting_ = false;         // Only publishes over HTTP are wanted: no connection needed.
  Transport posting_beside_ = Transport::sse;  // The transport that would be used.
  // What the pairs of NetworkEvent begin and end, in their order.
  enum Away { offline, hidden, suspended };
  std::array<bool, 3> away_{};
  bool probe_waits_ = false;  // A probe is due once the page is shown.
};

}  // namespace freshet::core
