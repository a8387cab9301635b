#include "core/timers.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::core {
namespace {

constexpr Instant at(int milliseconds) { return {Duration{milliseconds}}; }

TEST_CASE("the earliest deadline is the one to wait for, and due ones come in order",
          "[core][timers]") {
  Timers timers;
  CHECK_FALSE(timers.earliest());
  timers.set(Deadline::retry, at(300));
  timers.set(Deadline::silence, at(100), 1);
  timers.set(Deadline::silence, at(200), 2);
  CHECK(timers.earliest() == at(100));
  CHECK_FALSE(timers.take_due(at(99)));
  CHECK(timers.take_due(at(1'000))->connection == 1);
  CHECK(timers.take_due(at(1'000))->connection == 2);
  CHECK(timers.take_due(at(1'000))->name == Deadline::retry);
  CHECK_FALSE(timers.take_due(at(1'000)));
}

TEST_CASE("setting a deadline again replaces it, and clearing a connection takes all of its own",
          "[core][timers]") {
  Timers timers;
  timers.set(Deadline::hello, at(100), 1);
  timers.set(Deadline::hello, at(500), 1);
  CHECK(timers.earliest() == at(500));
  timers.set(Deadline::silence, at(50), 1);
  timers.set(Deadline::stable, at(900));
  timers.clear_connection(1);
  CHECK(timers.earliest() == at(900));
  CHECK_FALSE(timers.at(Deadline::hello, 1));
  timers.clear(Deadline::stable);
  CHECK_FALSE(timers.earliest());
}

TEST_CASE("an overdue deadline is forgiven once", "[core][timers]") {
  Timers timers;
  timers.set(Deadline::silence, at(100), 1);
  timers.set(Deadline::stable, at(90'000));
  timers.forgive_due(at(60'000), at(61'000), Deadline::retry);
  CHECK(timers.earliest() == at(61'000));
  timers.forgive_due(at(70'000), at(71'000), Deadline::retry);
  CHECK(timers.take_due(at(70'000))->name == Deadline::silence);
  CHECK(timers.at(Deadline::stable) == at(90'000));
}

TEST_CASE("those that wait for something may be forgiven alone", "[core][timers]") {
  const auto all = {Deadline::retry, Deadline::stable,  Deadline::probe,   Deadline::change,
                    Deadline::poll,  Deadline::hedge,   Deadline::publish, Deadline::post,
                    Deadline::hello, Deadline::silence, Deadline::drain};
  const auto ours = {Deadline::retry, Deadline::stable, Deadline::probe, Deadline::change,
                     Deadline::poll};
  Timers timers;
  for (const Deadline name : all) timers.set(name, at(100));
  timers.forgive_due(at(400), at(1'400), first_answer);
  for (const Deadline name : ours) {
    CHECK(timers.at(name) == at(100));
    timers.clear(name);
  }
  CHECK(timers.earliest() == at(1'400));
}

}  // namespace
}  // namespace freshet::core
