// Subscriber: one connection as the hub sees it. Implemented by each transport and by the
// simulator. What the hub keeps per connection lives in here, so that an idle one costs no second
// allocation beyond its list of subscriptions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "hub/encoded_message.h"
#include "hub/small_list.h"
#include "wire/control.h"

namespace freshet::server {

class Hub;
struct PatternNode;
struct Replay;

// What became of a message that was handed to a subscriber.
enum class Sent {
  more,      // Queued; the next may follow.
  full,      // Queued, and more waits than the network takes. A replay pauses until Hub::resume;
             // what becomes of the live flow is for the topic's rule to say.
  pause,     // Queued; nothing more until Hub::resume. What follows waits in the log.
  overflow,  // Its outbox is over its limit: the hub closes it with 4100.
};

// One pattern of one subscriber.
struct Subscription {
  std::uint64_t ref = 0;
  PatternNode* node = nullptr;
  std::uint32_t slot = 0;  // Where the node lists it.

  friend bool operator==(const Subscription&, const Subscription&) = default;
};

// Threads: its hub's loop.
// Lifetime: detaches itself from its hub when destroyed.
class Subscriber {
 public:
  Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;
  virtual ~Subscriber();

  // Queues a message or a control frame. `send_control` gives the same frame in both shapes.
  // Neither may call the hub, but for `Hub::at_batch_end`.
  virtual Sent send(EncodedMessage& message) = 0;
  virtual void send_control(EncodedMessage& frame, const wire::ServerFrame& what) = 0;

  // The hub has let go of this connection; it should end with this code. May be destroyed by it.
  virtual void close(std::uint16_t code, std::string_view reason) = 0;

  // After the batch in which the subscriber asked for it; anything may be called from here.
  virtual void batch_end() {}

 protected:
  // Whether it is reading the log, and not in the live flow.
  bool replaying() const { return replay_ != nullptr; }

 private:
  friend class Hub;
  friend class TopicIndex;

  Hub* hub_ = nullptr;
  std::uint64_t sent_ = 0;          // Live: the highest id sent. Replaying: above every id.
  std::unique_ptr<Replay> replay_;  // Only while replaying.
  SmallList<Subscription> subscriptions_;
  std::uint32_t place_index_ = 0;  // Where the hub lists it.
  std::uint8_t place_slot_ = 0;
  bool in_batch_ = false;
};

}  // namespace freshet::server
