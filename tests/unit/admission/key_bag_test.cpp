#include "admission/key_bag.h"

#include <catch2/catch_test_macros.hpp>
#include <random>
#include <unordered_set>

namespace freshet::server {
namespace {

TEST_CASE("an empty bag has nothing", "[admission][key_bag]") {
  KeyBag bag;
  CHECK(bag.size() == 0);
  CHECK_FALSE(bag.contains(1));
  CHECK_FALSE(bag.remove(1));
}

TEST_CASE("a key is there as often as it was added", "[admission][key_bag]") {
  KeyBag bag;
  bag.add(7);
  bag.add(7);
  CHECK(bag.size() == 2);
  CHECK(bag.remove(7));
  CHECK(bag.contains(7));
  CHECK(bag.remove(7));
  CHECK_FALSE(bag.contains(7));
  CHECK_FALSE(bag.remove(7));
}

TEST_CASE("keys of one place are told apart and survive each other's end", "[admission][key_bag]") {
  KeyBag bag;
  // All have the same home in tables up to 256 places, the last places included.
  for (std::uint32_t i = 0; i < 40; ++i) bag.add(i * 256 + 255);
  for (std::uint32_t i = 0; i < 40; i += 2) CHECK(bag.remove(i * 256 + 255));
  for (std::uint32_t i = 0; i < 40; ++i) CHECK(bag.contains(i * 256 + 255) == (i % 2 == 1));
}

TEST_CASE("whatever is added and removed, the bag says what a set says", "[admission][key_bag]") {
  std::mt19937 random(3);
  KeyBag bag;
  std::unordered_multiset<std::uint32_t> expected;
  for (int step = 0; step < 60'000; ++step) {
    // Rises to a few thousand keys and falls to nothing, several times.
    const bool rising = (step / 10'000) % 2 == 0;
    const std::uint32_t key = 1 + random() % 3'000;
    if (random() % 4 == 0 ? !rising : rising) {
      bag.add(key);
      expected.insert(key);
    } else {
      const auto found = expected.find(key);
      REQUIRE(bag.remove(key) == (found != expected.end()));
      if (found != expected.end()) expected.erase(found);
    }
    REQUIRE(bag.size() == expected.size());
    const std::uint32_t asked = 1 + random() % 3'000;
    REQUIRE(bag.contains(asked) == expected.contains(asked));
  }
}

}  // namespace
}  // namespace freshet::server
