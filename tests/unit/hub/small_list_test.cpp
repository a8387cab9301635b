#include "hub/small_list.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <vector>

namespace freshet::server {
namespace {

TEST_CASE("a small list holds what a vector would, whatever comes and goes", "[hub][small_list]") {
  std::mt19937 random(7);
  SmallList<int> list;
  std::vector<int> expected;
  for (int step = 1; step <= 20'000; ++step) {
    // Grows to some hundreds, then shrinks to none, again and again.
    const bool growing = step / 1'000 % 2 == 0;
    if (expected.empty() || random() % 4 < (growing ? 3U : 1U)) {
      list.push_back(step);
      expected.push_back(step);
    } else {
      const std::size_t index = random() % expected.size();
      list.remove(index);
      expected[index] = expected.back();
      expected.pop_back();
    }
    REQUIRE(list.size() == expected.size());
    REQUIRE(list.empty() == expected.empty());
    REQUIRE(std::equal(list.begin(), list.end(), expected.begin(), expected.end()));
  }
}

TEST_CASE("one element lies in the list itself", "[hub][small_list]") {
  SmallList<int> list;
  list.push_back(1);
  const auto inside = [&](const int& element) {
    return reinterpret_cast<const char*>(&element) - reinterpret_cast<const char*>(&list) <
           static_cast<std::ptrdiff_t>(sizeof list);
  };
  CHECK(inside(list[0]));
  list.push_back(2);
  list.remove(0);
  CHECK(list[0] == 2);
  list.remove(0);
  list.push_back(3);
  CHECK(inside(list[0]));
}

}  // namespace
}  // namespace freshet::server
