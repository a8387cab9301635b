// Publishes on their way to the log: in order, each with an idempotency key, so that sending one
// again is harmless; within limits; each with exactly one outcome.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/context.h"
#include "core/event.h"
#include "core/time.h"
#include "freshet/result.h"

namespace freshet::core {

class PublishQueue {
 public:
  // How publishes travel at the moment.
  struct Line {
    enum class Kind { none, websocket, http };
    Kind kind = Kind::none;
    ConnectionId connection = 0;  // Of the WebSocket.
  };

  explicit PublishQueue(Context& context) : context_(context) {}

  // See core::Client::publish.
  Result<PublishId> add(Instant now, std::string_view topic, std::size_t data_bytes,
                        std::string_view key, Duration timeout);
  void cancel(PublishId publish);
  bool empty() const { return items_.empty(); }

  // Sends what may be sent: over WebSocket everything at once, over HTTP one batch at a time.
  void send(Instant now, Line line);

  // The epoch of the log that a new connection reads: what was sent in another one and not
  // answered has an unknown outcome.
  void handle_epoch(std::string_view epoch);
  // A WebSocket is gone: what it carried unanswered is sent again, in its old place. `too_big`: it
  // was closed with 1009, by the largest of them.
  void handle_lost(ConnectionId connection, bool too_big);
  // An ack or error frame; false when `ref` is no publish's.
  bool handle_ack(std::uint64_t ref, std::uint64_t id);
  bool handle_error(Instant now, std::uint64_t ref, const Error& error);
  // The outcome of a POST.
  void handle_answers(Instant now, RequestId request, const std::vector<PublishAnswer>& answers);
  void handle_failed(Instant now, RequestId request, const ConnectionEnd& end);
  // Deadline::publish and Deadline::post. Gives the WebSocket that left a publish unanswered until
  // its deadline, and for long enough to be taken for deaf; 0: none.
  ConnectionId handle_due(Instant now);
  void handle_post_overdue(Instant now);

  // How long nothing is sent over HTTP after a failure.
  Duration pause(Instant now) const {
    return paused_until_ ? std::max(*paused_until_ - now, Duration{0}) : Duration{0};
  }

  void close();

 private:
  struct Item {
    PublishId id;
    std::string topic;
    std::string key;
    std::size_t data_bytes;
    Instant deadline;
    bool sent = false;            // And not answered.
    ConnectionId connection = 0;  // The WebSocket that carries it; 0: the POST in flight.
    Instant sent_at = {};         // When it was last sent.
    std::string sent_epoch = {};  // Of the log when it was first sent; empty: not sent.
    unsigned sends = 0;           // That were not refused.
  };

  Item* find(PublishId publish);
  // Nothing may refer to the item behind this.
  void finish(PublishId publish, Result<std::uint64_t> outcome);
  void finish_all_sent(const Error& error);
  void mark_sent(Instant now, Item& item, ConnectionId connection);
  void send_over_websocket(Instant now, ConnectionId connection);
  void send_over_http(Instant now);
  // Whether what was sent and not answered may be in the log all the same.
  enum class Fate { refused, unknown };
  // What is not answered and will not be goes back into the queue, if its epoch still is.
  void take_back(ConnectionId connection, Fate fate);
  void settle_epochs();
  void end_request();
  void back_off(Instant now, std::optional<Duration> floor);
  void arm(Instant now);

  Context& context_;
  std::vector<Item> items_;
  std::size_t bytes_ = 0;
  std::string epoch_;
  PublishId next_id_ = 1;
  RequestId request_ = 0;  // The POST in flight; 0 = none.
  RequestId next_request_ = 1;
  bool one_by_one_ = false;  // A batch was too large as a whole.
  unsigned failures_ = 0;    // In a row.
  std::optional<Instant> paused_until_;
};

}  // namespace freshet::core
