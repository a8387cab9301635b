#include "admission/window.h"

#include <catch2/catch_test_macros.hpp>
#include <cmath>

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

}  // namespace
}  // namespace freshet::server
