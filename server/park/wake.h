// Wakes a loop from other threads: an eventfd and a queue of tasks.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

namespace freshet::park {

using Task = std::function<void()>;

// push() from any thread; the rest from the loop's thread only.
class Wake {
 public:
  // Throws std::system_error when the process has no file descriptor left.
  Wake();
  ~Wake();
  Wake(const Wake&) = delete;
  Wake& operator=(const Wake&) = delete;

  // Queues the task and wakes the loop, with one system call per batch: while the loop has not
  // taken the queue, further tasks join it silently.
  void push(Task task);

  // Everything queued since the last call, in order of push.
  std::vector<Task> take();

  // True when push() came after the last take(); the loop must not sleep then.
  bool pending() const { return pending_.load(std::memory_order_acquire); }

  // Readable when pending.
  int fd() const { return fd_; }

 private:
  std::mutex mutex_;
  std::vector<Task> tasks_;
  std::atomic<bool> pending_{false};
  int fd_ = -1;
};

}  // namespace freshet::park
