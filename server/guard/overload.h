// Overload: what waits in all outboxes together, and whose publishes are refused while it is too
// much: those that slow readers would have to take. Shared by all loops.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>

namespace freshet::server {

// Three stages. Below three quarters of the limit nothing is refused. From there until it has
// fallen to a half it is *strained*: publishes to topics that have slow readers are refused (busy),
// all others go on. At the limit it is *exhausted*: every publish is refused, and readers with a
// full outbox are closed.
//
// Threads: any, once bytes_max is set.
class Overload {
 public:
  void set_bytes_max(std::size_t bytes) { bytes_max_ = static_cast<std::int64_t>(bytes); }

  // What waits has changed by so much. A message counts for each connection on which it waits.
  void add(std::int64_t bytes);
  std::int64_t bytes() const { return bytes_.load(std::memory_order_relaxed); }

  bool is_strained() const { return strained_.load(std::memory_order_relaxed); }
  bool is_exhausted() const { return bytes() >= bytes_max_; }

  // A message of this topic met a slow reader. Remembered until the strain is over.
  void note_slow(std::string_view topic);

  // Whether a publish to this topic is to be refused now.
  bool refuses(std::string_view topic) const;

 private:
  std::int64_t bytes_max_ = 1024LL * 1024 * 1024;
  std::atomic<std::int64_t> bytes_{0};
  std::atomic<bool> strained_{false};
  mutable std::mutex mutex_;
  std::unordered_set<std::string> slow_topics_;
};

}  // namespace freshet::server
