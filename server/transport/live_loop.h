// LiveLoop: one park loop with its hub. Runs the hub's pump at the end of a turn, before the flush,
// so that whatever a turn brings leaves in one send per connection; wakes when another loop
// publishes; keeps the hub's time.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>

#include "admission/drain.h"
#include "hub/hub.h"
#include "park/loop.h"
#include "transport/come_back.h"
#include "transport/loop_report.h"
#include "transport/message_deflate.h"
#include "transport/server_context.h"

namespace freshet::server {

// Threads: the loop's, but for head_moved. Lifetime: made before the loop accepts, destroyed after
// its last connection, both on its thread.
class LiveLoop final : private LogFollower {
 public:
  LiveLoop(park::Loop& loop, ServerContext& context);
  ~LiveLoop();
  LiveLoop(const LiveLoop&) = delete;
  LiveLoop& operator=(const LiveLoop&) = delete;

  ServerContext& context() { return context_; }
  Hub& hub() { return hub_; }
  park::Loop& loop() { return loop_; }
  MessageDeflate& deflate() { return deflate_; }
  Instant now() const;

  // The same calls of the hub, with a pump at the end of this turn.
  void open(Subscriber& subscriber, OpenRequest request);
  void subscribe(Subscriber& subscriber, const wire::Subscribe& request);
  void unsubscribe(Subscriber& subscriber, std::uint64_t ref);
  void resume(Subscriber& subscriber);
  void pump_soon();

  // The id a client gave, or a new one.
  std::string client_id(std::string given);

  // Lets this client in, or tells when it is to come back. `stays`: what it asks for is held open,
  // so there must be room for it. Reads no log. REQUIRES: whoever is let in is then told of to
  // context().admission, by stream_opened() or poll_seen().
  std::optional<ComeBack> refusal_of(const Arrival& arrival, bool stays);

  // A time from now within the window, evenly drawn: when to come back.
  Duration spread_in_window();

  bool draining() const { return context_.draining.load(std::memory_order_relaxed); }

  // Tells every client here when to return, each its own time, and ends its stream (1001) or
  // answers its poll: all at once, or one by one over `spread`. What is published by now is sent
  // before.
  void drain(Duration spread);

  // How long the answers of long polls may be held back, so that their clients do not all ask again
  // in one moment: longer the more there are (long_poll_hold_max).
  Duration long_poll_hold();

 private:
  // A drain under way.
  struct Leaving {
    DrainOptions options;
    std::size_t count = 0;  // Of clients when it began.
    std::size_t gone = 0;
    Instant began;
    DrainSlot next;
    park::TimerId timer = 0;
  };

  DrainSlot draw_slot();
  void head_moved() noexcept override;
  bool has_room() const;
  void pump();
  void drain_on();
  void arm_tick();
  void housekeep();

  park::Loop& loop_;
  ServerContext& context_;
  Hub hub_;
  MessageDeflate deflate_;
  std::mt19937_64 random_;
  LoopReport report_;
  std::atomic<bool> noted_{false};  // A wake is on its way.
  bool pump_set_ = false;
  park::TimerId tick_timer_ = 0;
  park::TimerId held_timer_ = 0;
  park::TimerId housekeeping_timer_ = 0;
  std::unique_ptr<Leaving> leaving_;  // While draining.
};

// `open` long polls come back no faster than forty for each millisecond, as far as `spread` allows.
constexpr Duration long_poll_hold_max(std::int64_t open, Duration spread) {
  return std::min(spread, Duration{open / 40});
}

// `hold`, ended at a multiple of the clock's steps: what ends together is answered in one turn of
// the loop, with one sleep and one batch of sends. Each alone costs twice as much.
constexpr Duration long_poll_step{10};
constexpr Duration long_poll_hold_on_step(Instant now, Duration hold) {
  const Duration over = (now.time_since_epoch() + hold) % long_poll_step;
  return hold - std::min(hold, over);
}

}  // namespace freshet::server
