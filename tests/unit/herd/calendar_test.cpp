#include "herd/calendar.h"

#include <catch2/catch_test_macros.hpp>
#include <vector>

namespace freshet::server {
namespace {

std::vector<std::uint32_t> taken(Calendar& calendar, Duration at) {
  std::vector<std::uint32_t> clients;
  calendar.take(at, [&](std::uint32_t client) { clients.push_back(client); });
  return clients;
}

TEST_CASE("everybody is due once, at the millisecond of the appointment", "[herd][calendar]") {
  Calendar calendar(4, Duration{10});
  CHECK(calendar.add(2, Duration{0}));
  CHECK(calendar.add(0, Duration{9}));
  CHECK(calendar.add(3, Duration{9}));
  CHECK(taken(calendar, Duration{0}) == std::vector<std::uint32_t>{2});
  CHECK(taken(calendar, Duration{0}).empty());
  CHECK(taken(calendar, Duration{5}).empty());
  CHECK(taken(calendar, Duration{9}) == std::vector<std::uint32_t>{3, 0});
}

TEST_CASE("an appointment past the end is none", "[herd][calendar]") {
  Calendar calendar(1, Duration{10});
  CHECK_FALSE(calendar.add(0, Duration{10}));
  CHECK(calendar.add(0, Duration{9}));
}

TEST_CASE("who comes again in the same millisecond is visited again", "[herd][calendar]") {
  Calendar calendar(2, Duration{10});
  calendar.add(0, Duration{3});
  int visits = 0;
  calendar.take(Duration{3}, [&](std::uint32_t client) {
    if (++visits < 4) calendar.add(client, Duration{3});
  });
  CHECK(visits == 4);
}

}  // namespace
}  // namespace freshet::server
