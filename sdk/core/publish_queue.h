// Publishes on their way to the log: in order, each with an idempotency key, so that sending one
// again is harmless; within limits; each with exactly one outcome.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/context.h"
#include "core/event.h"
#include "core/time.h"
#include "freshet/containers.h"
#include "freshet/result.h"
#include "wire/control.h"
#include "wire/cursor.h"

namespace freshet::core {

class PublishQueue : Part {
 public:
  // How publishes travel at the moment.
  struct Line {
    enum class Kind { none, websocket, http };
    Kind kind = Kind::none;
    ConnectionId connection = 0;  // Of the WebSocket.
  };

  constexpr explicit PublishQueue(Context& context) : Part(context) {}

  // See core::Client::publish.
  PublishId add(Instant now, std::string_view topic, std::size_t data_bytes, std::string_view key,
                Duration timeout, Error& error);
  void cancel(PublishId publish);
  bool empty() const { return items_.empty(); }

  // Sends what may be sent: over WebSocket everything at once, over HTTP one batch at a time.
  void send(Instant now, Line line);

  // The epoch of the log that a new connection reads: what was sent in another one and not
  // answered has an unknown outcome.
  void handle_epoch(const wire::Epoch& epoch);
  // A WebSocket is gone: what it carried unanswered is sent again, in its old place. `too_big`: it
  // was closed with 1009, by the largest of them.
  void handle_lost(ConnectionId connection, bool too_big);
  // An ack or error frame of a WebSocket; the latter false when `ref` is no publish's.
  void handle_ack(std::uint64_t ref, std::uint64_t id);
  bool handle_error(Instant now, std::uint64_t ref, ErrorCode code, std::string_view message);
  // One line of the answer to a POST.
  void handle_answer(RequestId request, const wire::ControlFrame& frame);
  // Its end; whether the server has answered.
  bool handle_post_end(Instant now, RequestId request, const End& end);
  // Deadline::publish and Deadline::post. Gives the WebSocket that left a publish unanswered until
  // its deadline, and for long enough to be taken for deaf; 0: none.
  ConnectionId handle_due(Instant now);
  void handle_post_overdue(Instant now);

  // How long nothing is sent over HTTP after a failure.
  Duration pause(Instant now) const { return std::max(paused_until_ - now, Duration{0}); }

  void close();

 private:
  struct Item {
    PublishId id = 0;
    Text topic;
    Text key;
    std::size_t data_bytes = 0;
    Instant deadline;
    bool sent = false;            // And not answered.
    ConnectionId connection = 0;  // The WebSocket that carries it; 0: the POST in flight.
    std::uint32_t line = 0;       // Its place in that POST.
    Instant sent_at;              // When it was last sent.
    wire::Epoch sent_epoch;       // Of the log when it was first sent; empty: not sent.
    unsigned sends = 0;           // That were not refused.

    bool travels_on(ConnectionId by) const { return sent && connection == by; }
  };

  Item* find(PublishId publish);
  // `message_id` 0: it failed. Nothing may refer to the item behind this.
  void finish(PublishId publish, std::uint64_t message_id, ErrorCode code,
              std::string_view message);
  void fail(PublishId publish, ErrorCode code, std::string_view message) {
    finish(publish, 0, code, message);
  }
  // Those of the POST in flight.
  void fail_posted(ErrorCode code, std::string_view message);
  void handle_failed_post(Instant now, const End& end);
  void send(Instant now, Item& item, Line line);
  // Whether what was sent and not answered may be in the log all the same.
  enum class Fate { refused, unknown };
  // What is not answered and will not be goes back into the queue, if its epoch still is; returns
  // whether there was any.
  bool take_back(ConnectionId connection, Fate fate);
  void settle_epochs();
  void end_request();
  void back_off(Instant now, Duration floor);
  void arm(Instant now);

  List<Item> items_;
  std::size_t bytes_ = 0;
  wire::Epoch epoch_;
  PublishId next_id_ = 1;
  RequestId request_ = 0;  // The POST in flight; 0 = none.
  RequestId next_request_ = 1;
  std::uint32_t lines_ = 0;  // Of the POST in flight.
  bool answered_ = false;    // A line of its answer has come,
  bool refused_ = false;     // and one of them said busy.
  bool one_by_one_ = false;  // A batch was too large as a whole.
  unsigned failures_ = 0;    // In a row.
  Instant paused_until_;     // Long ago when it is not.
};

}  // namespace freshet::core
