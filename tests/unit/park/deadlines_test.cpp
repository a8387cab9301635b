// All in virtual time.
#include "park/deadlines.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace freshet::park {
namespace {

Instant at(int milliseconds) { return Instant{} + Duration{milliseconds}; }

TEST_CASE("deadlines fall due in the order they were armed", "[park][deadlines]") {
  DeadlineList list(1, Duration{100});
  DeadlineNode first, second;
  list.arm(first, at(0));
  list.arm(second, at(10));
  REQUIRE(list.next_due() == at(100));
  REQUIRE(list.pop_due(at(99)) == nullptr);
  REQUIRE(list.pop_due(at(110)) == &first);
  REQUIRE(list.pop_due(at(110)) == &second);
  REQUIRE(list.pop_due(at(1'000)) == nullptr);
  REQUIRE(list.empty());
  REQUIRE_FALSE(list.next_due().has_value());
}

TEST_CASE("arming again starts the time anew", "[park][deadlines]") {
  DeadlineList list(1, Duration{100});
  DeadlineNode first, second;
  list.arm(first, at(0));
  list.arm(second, at(10));
  list.arm(first, at(50));
  REQUIRE(list.pop_due(at(120)) == &second);
  REQUIRE(list.pop_due(at(149)) == nullptr);
  REQUIRE(list.pop_due(at(150)) == &first);
}

TEST_CASE("arming in another list leaves the first", "[park][deadlines]") {
  DeadlineList requests(1, Duration{10}), idle(2, Duration{1'000});
  DeadlineNode node;
  requests.arm(node, at(0));
  idle.arm(node, at(5));
  REQUIRE(node.armed_in(idle));
  REQUIRE(requests.empty());
  REQUIRE(idle.next_due() == at(1'005));
}

TEST_CASE("a cancelled or destroyed node never falls due", "[park][deadlines]") {
  DeadlineList list(1, Duration{100});
  DeadlineNode first, last;
  {
    DeadlineNode destroyed;
    list.arm(first, at(0));
    list.arm(destroyed, at(0));
    list.arm(last, at(0));
  }
  first.cancel();
  first.cancel();
  REQUIRE_FALSE(first.armed());
  REQUIRE(list.pop_due(at(100)) == &last);
  REQUIRE(list.empty());
}

TEST_CASE("timers run in the order of their instants, equal ones as they were set",
          "[park][deadlines]") {
  Timers timers;
  std::string ran;
  timers.set(at(20), [&] { ran += 'c'; });
  timers.set(at(10), [&] { ran += 'a'; });
  timers.set(at(10), [&] { ran += 'b'; });
  REQUIRE(timers.next_due() == at(10));
  REQUIRE(timers.run_due(at(9)) == 0);
  REQUIRE(timers.run_due(at(20)) == 3);
  REQUIRE(ran == "abc");
  REQUIRE_FALSE(timers.next_due().has_value());
}

TEST_CASE("a cancelled timer never runs, also when a due one cancels it", "[park][deadlines]") {
  Timers timers;
  std::string ran;
  TimerId victim = 0;
  timers.set(at(10), [&] {
    ran += 'a';
    REQUIRE(timers.cancel(victim));
  });
  victim = timers.set(at(10), [&] { ran += 'b'; });
  const auto early = timers.set(at(5), [&] { ran += 'c'; });
  REQUIRE(timers.cancel(early));
  REQUIRE_FALSE(timers.cancel(early));
  REQUIRE(timers.run_due(at(10)) == 1);
  REQUIRE(ran == "a");
  REQUIRE_FALSE(timers.cancel(0));
}

TEST_CASE("a timer that sets itself again runs once per call", "[park][deadlines]") {
  Timers timers;
  int runs = 0;
  std::function<void()> again = [&] {
    ++runs;
    timers.set(at(0), again);
  };
  timers.set(at(0), again);
  REQUIRE(timers.run_due(at(10)) == 1);
  REQUIRE(timers.run_due(at(10)) == 1);
  REQUIRE(runs == 2);
}

}  // namespace
}  // namespace freshet::park
