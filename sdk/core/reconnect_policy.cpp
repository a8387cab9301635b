// Delays before reconnecting; see reconnect_policy.h.
#include "core/reconnect_policy.h"

#include <algorithm>

namespace freshet::core {
namespace {

constexpr Duration delay_min{100};
constexpr Duration window_min{100};
constexpr Duration window_max{10 * 60'000};
constexpr Duration local_window_max{2'000};
constexpr Duration::rep early_cap = 5'000;
constexpr Duration::rep late_cap = 60'000;
constexpr Duration early_outage{2 * 60'000};
// 2^16 windows are past every cap; a larger shift could overflow.
constexpr unsigned exponent_max = 16;
// The least wait for a slot: up to four doublings stay within the two seconds for which a server
// honours one.
constexpr Duration slot_delay_min{100};
constexpr unsigned slot_doublings_max = 9;

}  // namespace

void ReconnectPolicy::set_window(Duration window) {
  window_ = std::clamp(window, window_min, window_max);
  window_known_ = true;
}

void ReconnectPolicy::handle_attempt() { ++attempt_; }

void ReconnectPolicy::handle_stable() {
  attempt_ = 0;
  slots_ = 0;
  outage_since_.reset();
}

Duration ReconnectPolicy::delay(Instant now, Cause cause, Random& random) {
  if (!outage_since_) outage_since_ = now;
  if (attempt_ > 0) return repeat_delay(now, attempt_, random);
  if (cause == Cause::local) return local_delay(random);
  return kind_ == Reconnect::none ? Duration{0} : random.between(Duration{0}, window_);
}

Duration ReconnectPolicy::slot_delay(Duration floor) {
  return std::max(floor, slot_delay_min * (1 << std::min(slots_++, slot_doublings_max)));
}

Duration ReconnectPolicy::local_delay(Random& random) const {
  if (kind_ == Reconnect::none) return Duration{0};
  return random.between(Duration{0}, std::min(window_, local_window_max));
}

Duration ReconnectPolicy::repeat_delay(Instant now, unsigned attempt, Random& random) const {
  if (kind_ == Reconnect::none) return delay_min;
  const Duration grown = window_ * (1 << std::min(attempt, exponent_max));
  return random.between(delay_min, std::max(delay_min, std::min(cap(now), grown)));
}

Duration ReconnectPolicy::cap(Instant now) const {
  const bool early = window_known_ && outage_since_ && now - *outage_since_ < early_outage;
  return std::max(window_, Duration{early ? early_cap : late_cap});
}

}  // namespace freshet::core
