// LiveLoop: one park loop with its hub. Runs the hub's pump at the end of a turn, before the flush,
// so that whatever a turn brings leaves in one send per connection; wakes when another loop
// publishes; keeps the hub's time.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>

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

  // Tells every stream when to return and ends it (1001); answers every poll.
  void drain();

 private:
  void head_moved() noexcept override;
  bool has_room() const;
  void pump();
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
};

}  // namespace freshet::server
