// One epoll loop on one thread: accepts, finds whole requests, parks, sends.
// Loops (loops.h) starts one per core; tests may turn a single one by hand.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <vector>

#include "park/connection.h"
#include "park/deadlines.h"
#include "park/flush.h"
#include "park/joiner.h"
#include "park/options.h"
#include "park/request_handler.h"
#include "park/wake.h"

namespace freshet::park {

// Written by one loop, read by any thread; each value is exact, together they are a snapshot only.
struct LoopCounters {
  std::atomic<std::uint64_t> accepted_total{0};
  std::atomic<std::uint64_t> accept_pauses_total{0};  // Times it ran out of file descriptors.
  std::atomic<std::uint64_t> idle_closed_total{0};    // To make room for newcomers then.
  std::atomic<std::uint64_t> requests_total{0};       // Handed to the RequestHandler.
  std::atomic<std::uint64_t> refusals_total{0};       // Refused by the framer, 408 included.
  std::atomic<std::uint64_t> request_timeouts_total{0};
  std::atomic<std::uint64_t> idle_timeouts_total{0};
  std::atomic<std::uint64_t> write_stalls_total{0};
  std::atomic<std::uint64_t> linger_timeouts_total{0};
  std::atomic<std::uint64_t> pipelined_full_total{0};  // Input left to the kernel.
  std::atomic<std::uint64_t> sends_total{0};           // System calls; of io_uring each for many.
  std::atomic<std::uint64_t> sent_bytes_total{0};
  std::atomic<std::uint64_t> turns_total{0};
  std::atomic<std::int64_t> connections{0};   // Open now.
  std::atomic<std::int64_t> parked{0};        // Parked now.
  std::atomic<std::int64_t> outbox_bytes{0};  // Waiting in all outboxes now.
};

// Adds to a counter that only this thread writes: no locked instruction is needed.
template <typename T>
void add(std::atomic<T>& counter, std::type_identity_t<T> amount) {
  counter.store(counter.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
}

// A turn: wait for events; read and answer; run posted tasks; run due timers; run turn-end tasks;
// flush every connection that was sent to, once; free what closed.
//
// Thread rule: post(), stop() and counters() from any thread, everything else from the thread that
// runs it. Every callback comes on that thread.
class Loop {
 public:
  // Most that one read takes; one buffer of it serves all connections of the loop.
  static constexpr std::size_t scratch_bytes = 64 * 1024;

  // Throws std::system_error when epoll or eventfd cannot be had, std::runtime_error when
  // options.io cannot.
  explicit Loop(LoopOptions options);
  // Closes everything that is still open. REQUIRES: not running.
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  // Takes a listening, non-blocking socket and owns it. REQUIRES: set before run().
  void add_listener(int fd);

  // The next of all loops of the process, in a ring: out of file descriptors, each is asked in turn
  // for an idle connection. REQUIRES: set before run(); while one of them runs, all live.
  void set_next(Loop* next) { next_ = next; }

  // Who answers. REQUIRES: set before the first turn; outlives every connection.
  void set_request_handler(RequestHandler* handler) { handler_ = handler; }

  // Turns until stop(). Then stops accepting, tells every Parked handle_closed(stop), closes every
  // socket and returns.
  void run();

  // One turn; waits at most `wait_max` for something to happen.
  void run_once(Duration wait_max);

  // Ends run() from any thread; at once if it has not begun.
  void stop();

  // Stops accepting; what is open stays. For a drain: the kernel sends newcomers to other
  // listeners of the port, if any, or refuses them.
  void stop_accepting();

  // Runs `task` on this loop's thread, in a following turn, in order of post() per thread. From
  // any thread. A task posted after run() has returned is destroyed without running.
  void post(Task task);

  // What post() uses. A thread that may post after the loop is gone keeps this instead of a pointer
  // to the loop; a task pushed then is destroyed with the queue.
  std::shared_ptr<Wake> wake() const { return wake_; }

  // Runs `task` once at the end of this turn, before the flush: the place to coalesce. A task
  // added from such a task runs at the end of the next turn, which then begins at once.
  void at_turn_end(Task task);

  // Runs `task` once, `delay` from now. Cancelling what has run is harmless.
  TimerId after(Duration delay, Task task);
  bool cancel(TimerId id);

  // The instant of this turn: read once per turn, so it is cheap and equal within it.
  Instant now() const { return now_; }

  bool in_loop_thread() const;

  const LoopOptions& options() const { return options_; }
  // What it sends by. Io::uring or Io::epoll; from any thread.
  Io io() const { return io_; }
  const LoopCounters& counters() const { return counters_; }
  std::size_t connection_count() const { return connection_count_; }
  // For so many connections memory is held between two turns.
  std::size_t flush_room() const {
    return std::max({flush_list_.capacity(), flush_items_.capacity(), flush_->room()});
  }

 private:
  friend class Connection;

  struct Retired {
    std::unique_ptr<Parked> parked;
    std::optional<CloseReason> reason;  // Empty: finished, nothing to tell.
  };

  int wait_milliseconds(Duration wait_max) const;
  void handle_event(std::uint64_t tag, std::uint32_t events);
  void accept_some(int listener_fd);
  bool close_idle();
  void make_room();
  void make_room_for(Loop& asker);
  void end_asking(bool room_made);
  void tell_paused();
  void pause_accepting();
  void resume_accepting();
  void note_accepted();
  void watch_listeners(bool on);
  void run_ready();
  void run_posted();
  void run_deadlines();
  void run_turn_end();
  void flush_all();
  void free_retired();
  void free_closed();
  void close_everything();

  // For Connection.
  void add_to_flush(Connection& connection);
  void add_to_ready(Connection& connection);
  void add_to_closed(Connection& connection);
  void retire(std::unique_ptr<Parked> parked, std::optional<CloseReason> reason);
  void count_outbox(std::int64_t bytes) { add(counters_.outbox_bytes, bytes); }

  LoopOptions options_;
  LoopCounters counters_;
  RequestHandler* handler_ = nullptr;
  Loop* next_ = this;
  Instant now_;
  Joiner joiner_;
  std::unique_ptr<Flush> flush_;
  std::atomic<Io> io_;
  int epoll_fd_ = -1;
  std::shared_ptr<Wake> wake_;
  std::unique_ptr<char[]> scratch_;
  Timers timers_;
  DeadlineList request_;
  DeadlineList idle_;
  DeadlineList stall_;
  DeadlineList linger_;
  DeadlineList resting_;  // Those that may wait for ever; nothing in it is ever looked at as due.
  std::vector<int> listeners_;
  TimerId accept_timer_ = 0;          // Not 0 while accepting is paused.
  bool room_asked_ = false;           // Of the other loops, which have not answered yet.
  bool out_of_files_ = false;         // Told, and no newcomer accepted since.
  std::size_t connection_count_ = 0;  // Those closed and not yet freed too.
  std::vector<Connection*> flush_list_;
  std::vector<Connection*> ready_list_;
  std::vector<Connection*> closed_list_;
  std::vector<FlushItem> flush_items_;
  std::vector<Retired> retired_;
  std::vector<Task> turn_end_tasks_;
  std::atomic<bool> stopping_{false};
  std::atomic<std::thread::id> thread_{};
};

}  // namespace freshet::park
