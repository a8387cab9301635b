#include "guard/overload.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::server {
namespace {

TEST_CASE("nothing is refused while little waits", "[guard][overload]") {
  Overload overload;
  overload.set_bytes_max(1'000);
  overload.add(749);
  overload.note_slow("a");
  CHECK_FALSE(overload.is_strained());
  CHECK_FALSE(overload.refuses("a"));
  overload.add(1);
  CHECK(overload.is_strained());
  CHECK_FALSE(overload.refuses("a"));  // What was noted before the strain does not count.
}

TEST_CASE("under strain topics with slow readers are refused and others go on until it is over",
          "[guard][overload]") {
  Overload overload;
  overload.set_bytes_max(1'000);
  overload.add(800);
  overload.note_slow("a");
  CHECK(overload.refuses("a"));
  CHECK_FALSE(overload.refuses("b"));
  overload.add(-299);
  CHECK(overload.refuses("a"));
  overload.add(-1);
  CHECK_FALSE(overload.is_strained());
  CHECK_FALSE(overload.refuses("a"));
  overload.add(300);
  CHECK_FALSE(overload.refuses("a"));  // Forgotten.
}

TEST_CASE("at the limit itself every publish is refused", "[guard][overload]") {
  Overload overload;
  overload.set_bytes_max(1'000);
  overload.add(1'000);
  CHECK(overload.is_exhausted());
  CHECK(overload.refuses("b"));
  overload.add(-1);
  CHECK_FALSE(overload.refuses("b"));
  CHECK(overload.bytes() == 999);
}

}  // namespace
}  // namespace freshet::server
