// SharedAdmission: the one Admission of a server, behind a lock that all its loops share. What it
// decides takes less than a microsecond, and only newcomers, ends and polls ask.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "admission/admission.h"

namespace freshet::server {

// Threads: any.
class SharedAdmission {
 public:
  explicit SharedAdmission(const AdmissionOptions& options, HashKey key)
      : admission_(options, key), window_ms_(options.window.window_min.count()) {}

  // As of Admission.
  Verdict ask(const Arrival& arrival, Instant now) {
    const std::lock_guard lock(mutex_);
    return admission_.ask(arrival, now);
  }
  std::uint32_t stream_opened(std::string_view client, Instant now) {
    const std::lock_guard lock(mutex_);
    return admission_.stream_opened(client, now);
  }
  void stream_closed(std::uint32_t stream) {
    const std::lock_guard lock(mutex_);
    admission_.stream_closed(stream);
  }
  void poll_seen(std::string_view client, Instant now) {
    const std::lock_guard lock(mutex_);
    admission_.poll_seen(client, now);
  }

  // Works out the window anew, and how many clients are here. One loop does so once a second.
  void update(Instant now) {
    const std::lock_guard lock(mutex_);
    window_ms_.store(admission_.window(now).count(), std::memory_order_relaxed);
    clients_.store(admission_.clients(now), std::memory_order_relaxed);
  }
  // As of the last update.
  Duration window() const { return Duration{window_ms_.load(std::memory_order_relaxed)}; }
  std::size_t clients() const { return clients_.load(std::memory_order_relaxed); }

  AdmissionCounts counts() const {
    const std::lock_guard lock(mutex_);
    return admission_.counts();
  }

 private:
  mutable std::mutex mutex_;
  Admission admission_;
  std::atomic<Duration::rep> window_ms_;
  std::atomic<std::size_t> clients_{0};
};

}  // namespace freshet::server
