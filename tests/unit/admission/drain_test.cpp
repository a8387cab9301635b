#include "admission/drain.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace freshet::server {
namespace {

TEST_CASE("a server that is alone lets all go at once and spreads their return",
          "[admission][drain]") {
  const DrainOptions options{.spread = Duration{0}, .window = Duration{10'000}};
  for (std::size_t i = 0; i < 10; ++i) {
    const DrainSlot slot = drain_slot(options, i, 10, 0.5);
    CHECK(slot.leave == Duration{0});
    CHECK(slot.delay == Duration{static_cast<Duration::rep>(i) * 1'000 + 500});
  }
}

TEST_CASE("clients that leave one by one come back at once when the window is no longer",
          "[admission][drain]") {
  const DrainOptions options{.spread = Duration{10'000}, .window = Duration{100}};
  for (std::size_t i = 0; i < 10; ++i) {
    const DrainSlot slot = drain_slot(options, i, 10, 0);
    CHECK(slot.leave == Duration{static_cast<Duration::rep>(i) * 1'000});
    CHECK(slot.delay == Duration{0});
  }
}

TEST_CASE("with a window longer than the spread they come back in the order they left",
          "[admission][drain]") {
  const DrainOptions options{.spread = Duration{10'000}, .window = Duration{50'000}};
  std::vector<Duration> back;
  for (std::size_t i = 0; i < 100; ++i) {
    const DrainSlot slot = drain_slot(options, i, 100, 0.99);
    CHECK(slot.leave < Duration{10'000});
    back.push_back(slot.leave + slot.delay);
    if (i == 0) continue;
    // But for rounding to whole milliseconds.
    CHECK(back[i] - back[i - 1] >= Duration{499});
    CHECK(back[i] - back[i - 1] <= Duration{501});
  }
  CHECK(back.back() < Duration{50'000});
}

TEST_CASE("the only client of a server gets a slot of its own too", "[admission][drain]") {
  const DrainSlot slot = drain_slot({.spread = Duration{0}, .window = Duration{800}}, 0, 1, 0.25);
  CHECK(slot.delay == Duration{200});
}

}  // namespace
}  // namespace freshet::server
