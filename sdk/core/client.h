// The client without its I/O: every rule of Freshet's client side (session, cursors, transport
// choice, reconnecting, liveness, publishing), for both ports. Start here.
//
// A port turns what happens into handle_*() calls, then takes every action out:
//
//   client.handle_frame(now, connection, frame) → deliver to the subscriptions it names
//   while (Action* action = client.poll_action(now)) perform(*action);
//   arm one timer for client.poll_timeout(), and call handle_timeout() then
//
// Rules for ports. Take all actions out after each handle_*() or application call and before the
// next frame, so that a gap is told before the messages behind it. Application callbacks run while
// taking actions out, or after handle_frame() has returned, never inside a call; they may call
// anything here, the actions come out of the same queue. An action about a connection or a
// subscription that has ended by then is ignored; events of connections closed by the core are
// ignored here.
//
// Single-threaded. No clock, socket or global randomness: `now` never goes back, `seed` is the
// port's. The payload of a message never comes in here: handle_frame needs only a frame's first
// wire::head_bytes_max bytes, unless it is a control frame, which it needs whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "core/action.h"
#include "core/client_config.h"
#include "core/delivery.h"
#include "core/event.h"
#include "core/session.h"
#include "core/status.h"
#include "core/time.h"
#include "core/transport_order.h"
#include "freshet/containers.h"
#include "freshet/result.h"
#include "freshet/state.h"

namespace freshet::core {

class Client {
 public:
  // No transports in the config: the default ones.
  Client(const ClientConfig& config, std::uint64_t seed);

  // In two steps, for a client that is made before there is anyone to make it: its config is
  // filled in, and then it begins. All that follows is for one that has begun.
  constexpr Client() = default;
  constexpr ClientConfig& config() { return session_.context().config; }
  void begin(std::uint64_t seed) { session_.begin(seed); }
  constexpr Context& context() { return session_.context(); }

  // The application ------------------------------------------------------------------------

  // Connects if need be. Identical subscriptions (same pattern, joined at the same start) share one
  // entry on the wire. 0: refused, and `error` says why: invalid_pattern, invalid_cursor, closed.
  SubscriptionId subscribe(std::string_view pattern, std::string_view cursor, Error& error);
  // Nothing is delivered to it any more, not even out of the same frame. Unknown ids are ignored.
  void unsubscribe(SubscriptionId subscription);
  // The newest cursor of a subscription, to be kept for a later run; empty before the first (one
  // that was started from a cursor has that).
  Text cursor(SubscriptionId subscription) const;
  // Empty when the subscription has ended.
  Text pattern(SubscriptionId subscription) const;

  // Queues a publish of `data_bytes` bytes of JSON; tell_published follows, always, exactly once.
  // An empty key is replaced by one of the client's. 0: refused, and `error` says why:
  // invalid_topic, queue_full, too_large, closed.
  PublishId publish(Instant now, std::string_view topic, std::size_t data_bytes,
                    std::string_view key, Duration timeout, Error& error);
  // The application no longer waits: tell_published with `closed` follows; it may yet arrive.
  void cancel_publish(PublishId publish);

  // Another order of transports from now on; what is live on one that is not the new first is
  // handed over without loss. REQUIRES: it is not empty.
  void set_transports(Instant now, const TransportOrder& transports);

  // Ends everything; nothing follows but close_connection, cancel_post, tell_published (closed) and
  // tell_state.
  void close();

  State state() const;
  const Status& status() const;

  // The port -------------------------------------------------------------------------------

  // One frame of a stream or one line of a poll answer.
  Delivery handle_frame(Instant now, ConnectionId connection, std::string_view frame);
  // The two kinds of frame apart, for a port that reads them itself: `head` is as from
  // wire::parse_message_head(), nullptr when it is not in its form; `flat` is as from
  // wire::flatten(), empty when it is not one JSON object.
  Delivery handle_message(Instant now, ConnectionId connection, const wire::MessageHead* head);
  void handle_control(Instant now, ConnectionId connection, std::string_view flat);
  void handle_end(Instant now, ConnectionId connection, const End& end);

  // One line of the answer to a POST of publishes (flat, as above), and its end.
  void handle_publish_answer(RequestId request, std::string_view flat);
  void handle_post_end(Instant now, RequestId request, const End& end);

  void handle_network(Instant now, NetworkEvent event);

  void handle_timeout(Instant now);
  // When handle_timeout wants to be called next; nullopt: not at all.
  OptionalInstant poll_timeout() const;

  // nullptr when nothing is to be done. An action lives until then; what it holds may be taken out.
  Action* poll_action(Instant now);

 private:
  void notice(Instant now);
  // Whether it is not closed.
  bool open(Error& error) const;
  Action* next_action();

  Session session_;
};

}  // namespace freshet::core
