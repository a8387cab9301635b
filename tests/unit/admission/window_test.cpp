#include "admission/window.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <string>

namespace freshet::server {
namespace {

Instant at(long long milliseconds) { return Instant{Duration{milliseconds}}; }

TEST_CASE("the window is 1.1 times the clients divided by the rate", "[admission][window]") {
  Window window({.admission_rate = 1000});
  window.observe(10'000, at(0));
  CHECK(window.value(at(0)) == Duration{11'000});
}

TEST_CASE("the window stays between its bounds", "[admission][window]") {
  Window window({.admission_rate = 1000});
  CHECK(window.value(at(0)) == Duration{100});
  window.observe(1, at(0));
  CHECK(window.value(at(0)) == Duration{100});
  window.observe(10'000'000, at(0));
  CHECK(window.value(at(0)) == Duration{300'000});
}

TEST_CASE("after an outage the window remembers how many there were", "[admission][window]") {
  Window window({.admission_rate = 1000});
  window.observe(10'000, at(0));
  window.observe(0, at(1000));
  CHECK(window.clients(at(1000)) > 9'900);
  CHECK(std::lround(window.clients(at(10 * 60'000))) == 5'000);
  CHECK(std::lround(window.clients(at(20 * 60'000))) == 2'500);
}

TEST_CASE("the clients that are here count when they are more than the old peak",
          "[admission][window]") {
  Window window({.admission_rate = 1000});
  window.observe(10'000, at(0));
  window.observe(8'000, at(30 * 60'000));
  CHECK(window.clients(at(60 * 60'000)) == 8'000);
}

TEST_CASE("a poller counts once however often it asks", "[admission][window]") {
  RecentPollers pollers;
  for (int second = 0; second < 60; ++second) pollers.seen("ann", at(second * 1000));
  pollers.seen("bob", at(60'000));
  CHECK(pollers.count(at(60'000)) == 2);
  pollers.seen("ann", at(95'000));
  CHECK(pollers.count(at(95'000)) == 2);
}

TEST_CASE("a poller that stopped asking is forgotten within three minutes", "[admission][window]") {
  RecentPollers pollers;
  pollers.seen("ann", at(0));
  CHECK(pollers.count(at(89'000)) == 1);
  pollers.seen("bob", at(100'000));
  CHECK(pollers.count(at(179'000)) == 2);
  CHECK(pollers.count(at(190'000)) == 1);
  CHECK(pollers.count(at(1'000'000)) == 0);
}

TEST_CASE("pollers beyond the limit are not counted and cost no memory", "[admission][window]") {
  RecentPollers pollers;
  for (std::size_t i = 0; i < RecentPollers::pollers_max + 5; ++i) {
    pollers.seen(std::to_string(i), at(0));
  }
  CHECK(pollers.count(at(0)) == RecentPollers::pollers_max);
}

}  // namespace
}  // namespace freshet::server
