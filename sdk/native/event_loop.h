// One thread's loop over epoll: watched descriptors, timers, tasks from other threads. The base of
// the native platform; knows nothing of HTTP.
#pragma once

#include <sys/epoll.h>

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <utility>
#include <vector>

#include "freshet/time.h"
#include "native/descriptor.h"

namespace freshet::native {

class LoopTimer;

// Something that waits for a descriptor. Called on the loop's thread.
class Watcher {
 public:
  // `events` as epoll tells them.
  virtual void on_ready(int descriptor, std::uint32_t events) = 0;

 protected:
  ~Watcher() = default;
};

// What is destroyed at the end of a turn, so that it may still be on the stack when it is given up.
class Retirable {
 public:
  virtual ~Retirable() = default;
};

// A turn: descriptors, then tasks, then timers, then what was put off to its end. All members but
// post(), stop() and on_thread() belong to the thread that runs the loop.
class EventLoop {
 public:
  using Task = std::function<void()>;

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  static Duration now();

  // Runs turns until stop() was called, every task posted before has run, and `idle` (asked each
  // turn from then on) is true or the deadline has passed.
  void run(const std::function<bool()>& idle, Duration grace);

  // From any thread.
  void post(Task task);
  void stop();
  bool on_thread() const { return thread_.load() == std::this_thread::get_id(); }

  // `events` (EPOLLIN, EPOLLOUT, level-triggered) are told to `watcher` until unwatch(); called
  // again, replaces what was asked. Unwatch before the descriptor is closed.
  void watch(int descriptor, std::uint32_t events, Watcher& watcher);
  void unwatch(int descriptor);

  // Runs `task` at the end of this turn.
  void at_turn_end(Task task) { turn_end_.push_back(std::move(task)); }
  void retire(std::unique_ptr<Retirable> retired) { retired_.push_back(std::move(retired)); }

 private:
  friend class LoopTimer;
  struct Watch {
    Watcher* watcher = nullptr;
    std::uint32_t generation = 0;
  };

  void wait();
  void run_tasks();
  void run_timers();
  void end_turn();
  int wait_milliseconds() const;

  Descriptor epoll_;
  Descriptor wake_;
  // By descriptor. The generation tells a ready event of a descriptor that was closed and given out
  // again within one turn from one of its successor.
  std::vector<Watch> watches_;
  std::set<std::pair<Duration, LoopTimer*>> timers_;
  Duration timers_floor_{0};  // While timers run: the earliest place in the set for a new one.
  std::optional<Duration> deadline_;  // Once stopped.
  std::vector<Task> turn_end_;
  std::vector<std::unique_ptr<Retirable>> retired_;
  std::atomic<std::thread::id> thread_{};

  std::mutex mutex_;  // Guards the rest.
  std::vector<Task> tasks_;
  bool stopped_ = false;
};

// A timer of a loop. Moving it later costs nothing: it is looked at when its old time comes.
class LoopTimer {
 public:
  LoopTimer(EventLoop& loop, EventLoop::Task task) : loop_(loop), task_(std::move(task)) {}
  ~LoopTimer();
  LoopTimer(const LoopTimer&) = delete;
  LoopTimer& operator=(const LoopTimer&) = delete;

  void set(std::optional<Duration> at);

 private:
  friend class EventLoop;
  EventLoop& loop_;
  EventLoop::Task task_;
  std::optional<Duration> wanted_;
  std::optional<Duration> queued_;  // Where it stands in the loop's set.
};

}  // namespace freshet::native
