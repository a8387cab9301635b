// Virtual time: events in order of their instant, then of their making. The same run of calls gives
// the same run of events, always.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <utility>

#include "core/time.h"

namespace freshet::sim {

using core::Instant;

class Schedule {
 public:
  Instant now() const { return now_; }

  void after(Duration delay, std::function<void()> event) {
    events_.emplace(std::pair{now_ + delay, ++made_}, std::move(event));
  }

  // Runs the next event; false when there is none at or before `until` (time then stands there).
  bool run_next(Instant until) {
    if (events_.empty() || events_.begin()->first.first > until) {
      now_ = std::max(now_, until);
      return false;
    }
    auto next = events_.extract(events_.begin());
    now_ = next.key().first;
    next.mapped()();
    return true;
  }

  void run_until(Instant until) {
    while (run_next(until)) {
    }
  }

 private:
  Instant now_{Duration{1'000'000}};  // Not zero, so that nobody takes zero for "never".
  std::uint64_t made_ = 0;
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> events_;
};

}  // namespace freshet::sim
