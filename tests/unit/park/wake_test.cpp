#include "park/wake.h"

#include <poll.h>

#include <catch2/catch_test_macros.hpp>
#include <thread>
#include <vector>

namespace freshet::park {
namespace {

bool readable(const Wake& wake) {
  pollfd one{.fd = wake.fd(), .events = POLLIN, .revents = 0};
  return poll(&one, 1, 0) == 1;
}

TEST_CASE("a task makes the loop's descriptor readable until the tasks are taken", "[park][wake]") {
  Wake wake;
  CHECK_FALSE(wake.pending());
  CHECK_FALSE(readable(wake));
  int runs = 0;
  wake.push([&] { ++runs; });
  wake.push([&] { runs += 10; });
  CHECK(wake.pending());
  CHECK(readable(wake));
  CHECK(runs == 0);
  for (const Task& task : wake.take()) task();
  CHECK(runs == 11);
  CHECK_FALSE(wake.pending());
  CHECK_FALSE(readable(wake));
  CHECK(wake.take().empty());
}

TEST_CASE("a task pushed by a task waits for the next turn", "[park][wake]") {
  Wake wake;
  wake.push([&] { wake.push([] {}); });
  const auto first = wake.take();
  REQUIRE(first.size() == 1);
  first.front()();
  CHECK(readable(wake));
  CHECK(wake.take().size() == 1);
}

TEST_CASE("of many threads each one's tasks come in its order, and none is lost", "[park][wake]") {
  constexpr int threads = 4;
  constexpr int tasks = 1'000;
  Wake wake;
  std::vector<std::vector<int>> ran(threads);
  std::vector<std::jthread> pushing;
  for (int thread = 0; thread < threads; ++thread) {
    pushing.emplace_back([&wake, &ran, thread] {
      for (int i = 0; i < tasks; ++i) {
        wake.push([&ran, thread, i] { ran[static_cast<std::size_t>(thread)].push_back(i); });
      }
    });
  }
  for (int count = 0; count < threads * tasks;) {
    pollfd one{.fd = wake.fd(), .events = POLLIN, .revents = 0};
    REQUIRE(poll(&one, 1, 10'000) == 1);
    for (const Task& task : wake.take()) {
      task();
      ++count;
    }
  }
  for (const auto& order : ran) {
    for (int i = 0; i < tasks; ++i) REQUIRE(order[static_cast<std::size_t>(i)] == i);
  }
}

}  // namespace
}  // namespace freshet::park
