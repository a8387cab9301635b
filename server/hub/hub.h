// Hub: takes one loop's subscribers from their cursors to the live flow and keeps them there.
//
// The log is read in id order. A subscriber has one position: it reads the log from the lowest of
// its subscriptions' cursors, is sent each message once for whichever matching subscriptions are
// behind it, and joins the live flow in the same step in which its position meets the loop's. A
// subscribe with an older cursor moves it back; what is live then waits in the log.
//
// A subscriber too slow for the live flow is closed when its outbox is full, and resumes; unless a
// rule lets it lose messages of the topic. Then it leaves the live flow for the log, in which it
// waits without memory of its own, and the log leaves out what the rule says. As ids still rise and
// what replaces a message comes behind it, every cursor stays true.
//
// Pure: reads no clock, holds no thread, knows no socket. Who runs it calls `pump` when the log's
// head has moved or work was left over, and `tick` when time has passed.
//
// Threads: one loop's. The log may be shared by many.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "hub/encoded_message.h"
#include "hub/subscriber.h"
#include "hub/topic_index.h"
#include "log/instant.h"
#include "log/log.h"
#include "wire/control.h"

namespace freshet::server {

struct HubOptions {
  Duration ping{25'000};                 // Told in hello; a stream hears one at least this often.
  std::size_t batch_messages_max = 512;  // Live messages in one pump; more are left over.
  std::size_t batch_bytes_max = 256 * 1024;
  std::size_t replay_messages_max = 128;  // Messages of one replay in one pump.
  std::size_t replay_bytes_max = 64 * 1024;
  std::size_t replays_max = 64;         // Replays that go on in one pump; others wait their turn.
  std::size_t subscriptions_max = 256;  // Of one subscriber; beyond it too_many.
  TopicRules rules;                     // What slow subscribers lose.
  std::size_t backlog_bytes_max = 4 * 1024 * 1024;  // Of drop-oldest topics, for one of them.
  std::size_t cache_bytes_max = 4 * 1024 * 1024;    // Encoded messages kept for others' replays.
};

// Counts since the start, for metrics.
struct HubCounts {
  std::uint64_t messages = 0;    // Read from the log by this loop.
  std::uint64_t deliveries = 0;  // Handed to subscribers, live and replayed.
  std::uint64_t replayed = 0;    // Of these, replayed.
  std::uint64_t gaps = 0;
  std::uint64_t slow_consumers = 0;  // Closed with 4100.
  std::uint64_t too_many = 0;        // Patterns refused over subscriptions_max.
  std::uint64_t shared_reads = 0;    // Steps of replays that another's read of the log served.
  std::uint64_t fell_behind = 0;     // Left the live flow by a rule, to read on from the log.
  std::uint64_t drops = 0;           // Times messages were dropped by a rule, and a gap told.
};

// What begins a subscriber's life in the hub.
struct OpenRequest {
  std::string client;                // The client's id, told in hello.
  std::vector<StartRequest> starts;  // Subscriptions begun by URL; they have no ref.
  bool pings = true;                 // False for polls, which end before one is due.
};

class Hub {
 public:
  // REQUIRES: the log outlives the hub. `log.follow` is the caller's business.
  Hub(Log& log, HubOptions options = {});
  ~Hub();
  Hub(const Hub&) = delete;
  Hub& operator=(const Hub&) = delete;

  // Sends hello, gaps of the starts, the replay of each, `live` once when it has caught up (only
  // if there was a start), then what is live. With several starts hello lists where each began.
  // What needs more than one step is left over for `pump`.
  // REQUIRES: attached nowhere; the starts number at most subscriptions_max.
  void open(Subscriber& subscriber, OpenRequest request, Instant now);

  // Adds the patterns under `ref`: sends `subscribed` (with the lowest start), gaps, the replay and
  // `live` with the ref. Fails with an error frame for each pattern that is none, that goes over
  // the limit, or once if the ref is in use (invalid_argument); the valid patterns of a request
  // are subscribed all the same. REQUIRES: open.
  void subscribe(Subscriber& subscriber, const wire::Subscribe& request);

  // Ends all subscriptions under `ref`; unknown refs are ignored. A `live` for it no longer comes.
  void unsubscribe(Subscriber& subscriber, std::uint64_t ref);

  // Ends everything. Nothing is sent afterwards. Idempotent.
  void detach(Subscriber& subscriber);

  // The position up to which this subscriber has everything queued.
  std::uint64_t position(const Subscriber& subscriber) const;
  wire::Cursor cursor(const Subscriber& subscriber) const;

  // Reads on: a batch of what is live, one chunk for each replay that may go on. True when work is
  // left over, so that the caller sends what is queued and pumps again.
  bool pump();

  // Whether pump has something to do although the head has not moved.
  bool has_work() const {
    return behind_ || (!ready_.empty() && !replays_held_) || !batch_.empty();
  }

  // While held no replay reads on; what is live goes on.
  void hold_replays(bool hold) { replays_held_ = hold; }

  // Called in pump with the topic of a live message for which some outbox was full, unless a rule
  // let that subscriber go. Must not call the hub.
  void on_slow(std::function<void(std::string_view topic)> tell) { on_slow_ = std::move(tell); }

  // A subscriber that paused may be sent more again; the next pump does so.
  void resume(Subscriber& subscriber);

  // Asks for batch_end() once the running (or next) pump has handed out what it has.
  void at_batch_end(Subscriber& subscriber);

  // Sends this subscriber a ping now, out of turn: only sending shows whether a peer is still
  // there.
  void ping(Subscriber& subscriber);

  // Sends the pings that are due.
  void tick(Instant now);
  // When tick has something to do next; nullopt without subscribers.
  std::optional<Instant> next_tick() const;

  // Tells one subscriber, whichever, `retry` and ends it with this code.
  // REQUIRES: there is one.
  void close_next(std::uint16_t code, std::string_view reason, const wire::Retry& retry);

  // What hello, ping and next tell; a plain value that the owner keeps up to date.
  void set_window(Duration window) { window_ = window; }
  Duration window() const { return window_; }
  Duration ping() const { return options_.ping; }

  std::size_t subscribers() const { return subscriber_count_; }
  const HubCounts& counts() const { return counts_; }
  const TopicIndex& index() const { return index_; }
  const std::string& epoch() const { return epoch_; }

 private:
  class Cache;
  struct SharedRead;

  // How the hub lists its subscribers: one list per slot of the ping wheel, and one for those that
  // hear no pings.
  void place(Subscriber& subscriber, std::size_t slot);
  void displace(Subscriber& subscriber);
  template <typename F>
  void for_all(F&& visit);

  void on_opened(Subscriber& subscriber, OpenRequest request, Resolved resolved, Instant now);
  void on_subscribed(Subscriber& subscriber, std::uint64_t ref, Resolved resolved);
  void add(Subscriber& subscriber, std::uint64_t ref, const std::vector<ResolvedStart>& starts);
  void begin_replay(Subscriber& subscriber, std::uint64_t position);
  void make_ready(Subscriber& subscriber);
  void replay_step(Subscriber& subscriber);
  SharedRead* find_shared(const Subscriber& subscriber);
  void read_shared(Subscriber& subscriber);
  void on_shared(SharedRead& read);
  void on_read(Subscriber& subscriber, const ReadResult& result);
  bool is_backlog_due(const Subscriber& subscriber) const;
  void ask_backlog(Subscriber& subscriber);
  void on_backlog(Subscriber& subscriber, const Backlog& backlog);
  Leave leave_of(const Subscriber& subscriber) const;
  bool wanted(const Subscriber& subscriber, const LogMessage& message) const;
  void join_if_level(Subscriber& subscriber, bool more);
  void tell_gaps(Subscriber& subscriber, const std::vector<std::uint64_t>& trimmed);
  void remove(Subscriber& subscriber, std::size_t index);

  void read_live();
  void on_live(const ReadResult& result);
  void send_live(EncodedMessage& message);
  void leave_live(Subscriber& subscriber, std::uint64_t id);
  void fall_behind(std::uint64_t trimmed);
  void change_epoch();
  void close_overflowed();
  void finish_batch();

  void send_gap(Subscriber& subscriber, wire::Gap gap);
  void send_control(Subscriber& subscriber, const wire::ServerFrame& frame,
                    const wire::Cursor* cursor = nullptr);
  wire::Cursor cursor_at(std::uint64_t id) const { return {.epoch = epoch_, .id = id}; }
  std::uint64_t expect_answer(Subscriber& subscriber);
  Subscriber* answered(std::uint64_t serial);

  Log& log_;
  HubOptions options_;
  std::string epoch_;
  std::uint64_t position_ = 0;  // Everything up to here went through this loop.
  bool behind_ = false;         // The log holds more than one batch could take.
  bool reading_ = false;        // A live read is under way.
  bool replays_held_ = false;
  std::function<void(std::string_view)> on_slow_;
  TopicIndex index_;
  std::vector<PatternNode*> matched_;  // Kept for its memory.
  std::vector<Subscriber*> overflowed_;
  std::vector<Subscriber*> batch_;  // Null where one was detached meanwhile.
  std::deque<Subscriber*> ready_;   // Replays that may go on; null as above.
  std::vector<Subscriber*> ahead_;  // Replays whose cursor this node has not reached.
  std::unordered_map<std::uint64_t, Subscriber*> waiting_;  // By serial: answers still to come.
  std::uint64_t serial_ = 0;
  std::size_t wheel_slots_ = 1;  // One turn of the wheel is one ping interval.
  Duration slot_time_{1};
  std::vector<std::vector<Subscriber*>> placed_;
  std::size_t slot_ = 0;  // The slot that is pinged next, at ping_at_.
  Instant ping_at_{};
  std::size_t pinged_count_ = 0;
  std::size_t subscriber_count_ = 0;
  Duration window_{5'000};
  std::unique_ptr<Cache> cache_;
  std::vector<std::shared_ptr<SharedRead>> shared_;  // Of this pump.
  HubCounts counts_;
};

}  // namespace freshet::server
