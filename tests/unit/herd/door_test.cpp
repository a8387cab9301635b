#include "herd/door.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::server {
namespace {

TEST_CASE("a door with tickets lets the burst in, and gives each of the others a later slot",
          "[herd][door]") {
  Door door({.clients = 30, .rate = 10, .burst = 5});
  for (std::uint32_t client = 0; client < 5; ++client) {
    CHECK(door.arrive(client, Duration{0}).admitted);
  }
  Duration last{0};
  for (std::uint32_t client = 5; client < 30; ++client) {
    const Door::Answer answer = door.arrive(client, Duration{0});
    CHECK_FALSE(answer.admitted);
    REQUIRE(answer.slot);
    CHECK(*answer.slot > last);
    last = *answer.slot;
  }
  CHECK(last >= Duration{2'400});
  CHECK(last <= Duration{3'500});
}

TEST_CASE("who comes in its slot is let in, and who comes early is told it again", "[herd][door]") {
  Door door({.clients = 8, .rate = 1, .burst = 1});
  CHECK(door.arrive(0, Duration{0}).admitted);
  for (std::uint32_t client = 1; client < 8; ++client) door.arrive(client, Duration{0});
  const Door::Answer early = door.arrive(7, Duration{100});
  REQUIRE(early.slot);
  CHECK_FALSE(early.admitted);
  CHECK(door.arrive(7, Duration{100} + *early.slot).admitted);
}

TEST_CASE("a door without tickets only says no", "[herd][door]") {
  Door door({.clients = 3, .rate = 1, .burst = 1, .tickets = false});
  CHECK(door.arrive(0, Duration{0}).admitted);
  const Door::Answer answer = door.arrive(1, Duration{0});
  CHECK_FALSE(answer.admitted);
  CHECK_FALSE(answer.slot);
  CHECK(door.arrive(2, Duration{1'000}).admitted);
}

}  // namespace
}  // namespace freshet::server
