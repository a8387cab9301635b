#include "core/reconnect_policy.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <limits>

namespace freshet::core {
namespace {

constexpr Instant begin{Duration{50'000}};

struct Range {
  Duration low{std::numeric_limits<Duration::rep>::max()};
  Duration high{0};
};

// The extremes of many draws of one delay.
template <typename Draw>
Range range_of(const Draw& draw) {
  Range range;
  for (int count = 0; count < 4'000; ++count) {
    const Duration delay = draw();
    range.low = std::min(range.low, delay);
    range.high = std::max(range.high, delay);
  }
  return range;
}

// That a range fills [low, high] evenly enough to touch its last fiftieths, and never leaves it.
void check_fills(const Range& range, Duration low, Duration high) {
  CHECK(range.low >= low);
  CHECK(range.high <= high);
  CHECK(range.low <= low + (high - low) / 50);
  CHECK(range.high >= high - (high - low) / 50);
}

Range delays(Duration window, unsigned attempt, Cause cause, Duration into_outage = Duration{0},
             bool known = true) {
  Random random{3};
  ReconnectPolicy policy{Reconnect::windowed};
  if (known) policy.set_window(window);
  policy.delay(begin, cause, random);
  for (unsigned count = 0; count < attempt; ++count) policy.handle_attempt();
  return range_of([&] { return policy.delay(begin + into_outage, cause, random); });
}

TEST_CASE("the first return after a remote cause is spread over the whole window",
          "[core][policy]") {
  check_fills(delays(Duration{800}, 0, Cause::remote), Duration{0}, Duration{800});
  check_fills(delays(Duration{60'000}, 0, Cause::remote), Duration{0}, Duration{60'000});
}

TEST_CASE("the first return after a local cause takes two seconds at most", "[core][policy]") {
  check_fills(delays(Duration{60'000}, 0, Cause::local), Duration{0}, Duration{2'000});
  check_fills(delays(Duration{800}, 0, Cause::local), Duration{0}, Duration{800});
}

TEST_CASE("the window is five seconds until the server tells one", "[core][policy]") {
  check_fills(delays({}, 0, Cause::remote, {}, false), Duration{0}, Duration{5'000});
}

TEST_CASE("attempts grow by doubling, cap first and jitter last", "[core][policy]") {
  check_fills(delays(Duration{800}, 1, Cause::remote), Duration{100}, Duration{1'600});
  check_fills(delays(Duration{800}, 2, Cause::remote), Duration{100}, Duration{3'200});
  // Early in an outage a told window allows a low cap, so that a restart is over soon.
  check_fills(delays(Duration{800}, 9, Cause::remote), Duration{100}, Duration{5'000});
  check_fills(delays(Duration{800}, 9, Cause::remote, Duration{119'999}), Duration{100},
              Duration{5'000});
  check_fills(delays(Duration{800}, 9, Cause::remote, Duration{120'000}), Duration{100},
              Duration{60'000});
  // Of an unknown server no low cap is asked.
  check_fills(delays({}, 9, Cause::remote, {}, false), Duration{100}, Duration{60'000});
  // A window over the cap is the cap.
  check_fills(delays(Duration{90'000}, 3, Cause::remote), Duration{100}, Duration{90'000});
}

TEST_CASE("windows out of any sane range are clamped", "[core][policy]") {
  check_fills(delays(Duration{std::numeric_limits<Duration::rep>::max()}, 0, Cause::remote),
              Duration{0}, Duration{600'000});
  check_fills(delays(Duration{-5}, 0, Cause::remote), Duration{0}, Duration{100});
  check_fills(delays(Duration{0}, 1, Cause::remote), Duration{100}, Duration{200});
}

TEST_CASE("a count of attempts past any width overflows nothing", "[core][policy]") {
  check_fills(delays(Duration{600'000}, 100'000, Cause::remote, Duration{600'000}), Duration{100},
              Duration{600'000});
}

TEST_CASE("a stable stretch makes the next loss a new outage", "[core][policy]") {
  Random random{3};
  ReconnectPolicy policy{Reconnect::windowed};
  policy.set_window(Duration{800});
  for (int count = 0; count < 5; ++count) policy.handle_attempt();
  policy.delay(begin, Cause::remote, random);
  policy.handle_stable();
  CHECK(policy.attempt() == 0);
  const Instant later = begin + Duration{3'600'000};
  CHECK(policy.delay(later, Cause::remote, random) <= Duration{800});
  for (int count = 0; count < 9; ++count) policy.handle_attempt();
  check_fills(range_of([&] { return policy.delay(later, Cause::remote, random); }), Duration{100},
              Duration{5'000});
}

TEST_CASE("the policy `none` returns at once, but cannot spin on failures", "[core][policy]") {
  Random random{3};
  ReconnectPolicy policy{Reconnect::none};
  CHECK(policy.delay(begin, Cause::remote, random) == Duration{0});
  CHECK(policy.local_delay(random) == Duration{0});
  policy.handle_attempt();
  CHECK(policy.delay(begin, Cause::remote, random) == Duration{100});
}

TEST_CASE("a slot is kept to the millisecond, however many attempts failed before",
          "[core][policy]") {
  ReconnectPolicy policy{Reconnect::windowed};
  for (int count = 0; count < 12; ++count) policy.handle_attempt();
  CHECK(policy.slot_delay(Duration{1'700}) == Duration{1'700});
}

TEST_CASE("each ticket of one outage waits at least twice as long as the one before",
          "[core][policy]") {
  ReconnectPolicy policy{Reconnect::windowed};
  CHECK(policy.slot_delay(Duration{0}) == Duration{100});
  CHECK(policy.slot_delay(Duration{0}) == Duration{200});
  CHECK(policy.slot_delay(Duration{3'000}) == Duration{3'000});
  for (int count = 0; count < 100; ++count) policy.slot_delay(Duration{0});
  CHECK(policy.slot_delay(Duration{0}) == Duration{51'200});
  policy.handle_stable();
  CHECK(policy.slot_delay(Duration{0}) == Duration{100});
}

}  // namespace
}  // namespace freshet::core
