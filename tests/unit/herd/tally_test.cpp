#include "herd/tally.h"

#include <catch2/catch_approx.hpp>
#include <catch2/catch_test_macros.hpp>

namespace freshet::server {
namespace {

TEST_CASE("the ideal is the outage and what the server needs for all", "[herd][tally]") {
  CHECK(Tally(100'000, Duration{10'000}, 2'000).figures().ideal == Duration{60'000});
  CHECK(Tally(200, Duration{0}, 1'000).figures().ideal == Duration{200});
}

TEST_CASE("a share is back with the client that makes it full", "[herd][tally]") {
  Tally tally(200, Duration{0}, 1'000);
  for (int count = 1; count <= 200; ++count) tally.count_recovery(Duration{count});
  CHECK(tally.figures().half == Duration{100});
  CHECK(tally.figures().most == Duration{198});
  CHECK(tally.figures().all == Duration{200});
  CHECK(tally.recovered() == 200);
}

TEST_CASE("a share that never was back has no time", "[herd][tally]") {
  Tally tally(3, Duration{0}, 1'000);
  tally.count_recovery(Duration{5});
  CHECK_FALSE(tally.figures().half);
  tally.count_recovery(Duration{7});
  CHECK(tally.figures().half == Duration{7});
  CHECK_FALSE(tally.figures().all);
}

TEST_CASE("tries are counted for each client, in all and after the server's return",
          "[herd][tally]") {
  Tally tally(2, Duration{1'000}, 1'000);
  for (const int at : {0, 10, 990, 1'000}) tally.count_try(0, Duration{at});
  tally.count_try(1, Duration{1'001});
  tally.count_refusal(Duration{1'001});
  tally.count_give_up();
  const Figures figures = tally.figures();
  CHECK(tally.tries(0) == 4);
  CHECK(figures.tries_mean == Catch::Approx(2.5));
  CHECK(figures.tries_max == 4);
  CHECK(figures.tries_after_return_mean == Catch::Approx(1));
  CHECK(figures.tries_after_return_max == 1);
  CHECK(figures.refused_per_client() == Catch::Approx(0.5));
  CHECK(figures.gave_up == 1);
}

TEST_CASE("the peak is the fullest tenth of a second", "[herd][tally]") {
  Tally tally(10, Duration{250}, 1'000);
  for (std::uint32_t client = 0; client < 7; ++client) tally.count_try(client, Duration{99});
  for (std::uint32_t client = 0; client < 4; ++client) tally.count_try(client, Duration{299});
  for (std::uint32_t client = 0; client < 3; ++client) tally.count_try(client, Duration{300});
  CHECK(tally.figures().peak == 7);
  // The slot that the return falls into counts whole.
  CHECK(tally.figures().peak_after_return == 4);
  REQUIRE(tally.slots().size() == 4);
  CHECK(tally.slots()[0].arrivals == 7);
  CHECK(tally.slots()[1].arrivals == 0);
  CHECK(tally.slots()[3].arrivals == 3);
}

TEST_CASE("a client that tries for ever overflows nothing", "[herd][tally]") {
  Tally tally(1, Duration{0}, 1'000);
  for (int count = 0; count < 70'000; ++count) tally.count_try(0, Duration{0});
  CHECK(tally.figures().tries_max == 65'535);
  CHECK(tally.figures().peak == 70'000);
}

}  // namespace
}  // namespace freshet::server
