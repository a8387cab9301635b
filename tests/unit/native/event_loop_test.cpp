#include "native/event_loop.h"

#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace freshet::native {
namespace {

struct Pipe {
  Pipe() {
    std::array<int, 2> ends;
    REQUIRE(pipe(ends.data()) == 0);
    out = Descriptor(ends[0]);
    in = Descriptor(ends[1]);
  }
  Descriptor out;
  Descriptor in;
};

struct CountingWatcher final : Watcher {
  void on_ready(int descriptor, std::uint32_t) override {
    ++calls;
    if (then) then(descriptor);
  }
  int calls = 0;
  std::function<void(int)> then;
};

// Runs the loop on this thread until it is stopped and has nothing left to do.
void run(EventLoop& loop) {
  loop.run([] { return true; }, Duration{0});
}

}  // namespace

TEST_CASE("tasks run in the order they were posted, those of tasks too", "[native][loop]") {
  EventLoop loop;
  std::string order;
  loop.post([&] {
    order += 'a';
    loop.post([&] { order += 'c'; });
    loop.stop();
  });
  loop.post([&] { order += 'b'; });
  run(loop);
  CHECK(order == "abc");
}

TEST_CASE("a loop runs what was posted before it was stopped", "[native][loop]") {
  EventLoop loop;
  bool ran = false;
  loop.post([&] { ran = true; });
  loop.stop();
  run(loop);
  CHECK(ran);
}

TEST_CASE("a task's captures are destroyed right after it ran", "[native][loop]") {
  EventLoop loop;
  auto held = std::make_shared<int>(1);
  const std::weak_ptr<int> watched = held;
  loop.post([held = std::move(held)] {});
  loop.post([&] {
    CHECK(watched.expired());
    loop.stop();
  });
  run(loop);
}

TEST_CASE("timers run in the order of their times", "[native][loop]") {
  EventLoop loop;
  std::string order;
  LoopTimer late(loop, [&] {
    order += 'b';
    loop.stop();
  });
  LoopTimer early(loop, [&] { order += 'a'; });
  LoopTimer never(loop, [&] { order += 'x'; });
  late.set(EventLoop::now() + Duration{6});
  early.set(EventLoop::now() + Duration{3});
  never.set(EventLoop::now());
  never.set(std::nullopt);
  run(loop);
  CHECK(order == "ab");
}

TEST_CASE("a timer moved later runs only at its later time", "[native][loop]") {
  EventLoop loop;
  const Duration begin = EventLoop::now();
  Duration ran{0};
  LoopTimer timer(loop, [&] {
    ran = EventLoop::now();
    loop.stop();
  });
  timer.set(begin + Duration{1});
  timer.set(begin + Duration{20});
  run(loop);
  CHECK(ran >= begin + Duration{20});
}

TEST_CASE("a timer moved earlier runs once, at its earlier time", "[native][loop]") {
  EventLoop loop;
  int runs = 0;
  LoopTimer timer(loop, [&] {
    ++runs;
    loop.stop();
  });
  timer.set(EventLoop::now() + Duration{3'600'000});
  timer.set(EventLoop::now());
  run(loop);
  CHECK(runs == 1);
}

TEST_CASE("a timer that sets itself again does not keep others from their turn", "[native][loop]") {
  EventLoop loop;
  int runs = 0;
  LoopTimer* self = nullptr;
  LoopTimer timer(loop, [&] {
    if (++runs == 3) loop.post([&] { loop.stop(); });
    if (runs < 1'000'000) self->set(EventLoop::now());
  });
  self = &timer;
  timer.set(EventLoop::now());
  run(loop);
  CHECK(runs < 1'000'000);
  timer.set(std::nullopt);
}

TEST_CASE("a watched descriptor is told until it is no longer watched", "[native][loop]") {
  EventLoop loop;
  Pipe pipe;
  CountingWatcher watcher;
  watcher.then = [&](int descriptor) {
    if (watcher.calls < 3) return;  // Level-triggered: told again while nobody reads.
    loop.unwatch(descriptor);
    loop.post([&] { loop.stop(); });
  };
  REQUIRE(write(pipe.in.number(), "x", 1) == 1);
  loop.watch(pipe.out.number(), EPOLLIN, watcher);
  run(loop);
  CHECK(watcher.calls == 3);
}

TEST_CASE("an event of a descriptor closed in the same turn is not told to its successor",
          "[native][loop]") {
  EventLoop loop;
  Pipe first;
  Pipe second;
  Pipe idle;
  CountingWatcher successor;
  const auto replace = [&](Pipe& other) {
    // Whichever is told first closes the other, whose number goes to a descriptor without data.
    const int number = other.out.number();
    loop.unwatch(number);
    other.out = Descriptor(dup2(idle.out.number(), number));
    loop.watch(number, EPOLLIN, successor);
    loop.stop();
  };
  CountingWatcher one;
  CountingWatcher two;
  one.then = [&](int descriptor) {
    loop.unwatch(descriptor);
    replace(second);
  };
  two.then = [&](int descriptor) {
    loop.unwatch(descriptor);
    replace(first);
  };
  loop.watch(first.out.number(), EPOLLIN, one);
  loop.watch(second.out.number(), EPOLLIN, two);
  REQUIRE(write(first.in.number(), "x", 1) == 1);
  REQUIRE(write(second.in.number(), "x", 1) == 1);
  run(loop);
  CHECK(one.calls + two.calls == 1);
  CHECK(successor.calls == 0);
}

// Notes in `order` when it goes.
struct Noted final : Retirable {
  explicit Noted(std::string& o) : order(o) {}
  ~Noted() override { order += 'r'; }
  std::string& order;
};

TEST_CASE("what is retired lives until every task put off to the end of the turn has run",
          "[native][loop]") {
  EventLoop loop;
  std::string order;
  loop.at_turn_end([&] {
    loop.at_turn_end([&] { order += 'e'; });
    loop.retire(std::make_unique<Noted>(order));
  });
  loop.stop();
  run(loop);
  CHECK(order == "er");
}

TEST_CASE("what is retired lives to the end of the turn", "[native][loop]") {
  EventLoop loop;
  std::string order;
  loop.post([&] {
    loop.retire(std::make_unique<Noted>(order));
    loop.at_turn_end([&] { order += 'e'; });
    order += 'a';
  });
  loop.post([&] {
    order += 'b';
    loop.stop();
  });
  run(loop);
  CHECK(order == "aber");
}

TEST_CASE("a stopped loop goes on until it is idle, or its grace is over", "[native][loop]") {
  EventLoop loop;
  loop.stop();
  SECTION("idle") {
    bool idle = false;
    LoopTimer timer(loop, [&] { idle = true; });
    timer.set(EventLoop::now() + Duration{2});
    loop.run([&] { return idle; }, Duration{3'600'000});
    CHECK(idle);
  }
  SECTION("grace") {
    const Duration begin = EventLoop::now();
    loop.run([] { return false; }, Duration{5});
    CHECK(EventLoop::now() >= begin + Duration{5});
  }
}

}  // namespace freshet::native
