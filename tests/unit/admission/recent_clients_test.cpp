#include "admission/recent_clients.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::server {
namespace {

constexpr std::uint64_t ann = 1;
constexpr std::uint64_t bob = 2;
constexpr Duration age_min{90'000};

Instant at(long long milliseconds) { return Instant{Duration{milliseconds}}; }

TEST_CASE("a client counts once however often it is seen", "[admission][recent_clients]") {
  RecentClients clients(age_min);
  for (int second = 0; second < 60; ++second) clients.see(ann, at(second * 1000));
  clients.see(bob, at(60'000));
  CHECK(clients.count(at(60'000)) == 2);
  clients.see(ann, at(95'000));
  CHECK(clients.count(at(95'000)) == 2);
}

TEST_CASE("a client is known for at least the age and at most twice that",
          "[admission][recent_clients]") {
  RecentClients clients(age_min);
  CHECK_FALSE(clients.knows(ann, at(0)));
  clients.see(ann, at(0));
  CHECK(clients.count(at(89'000)) == 1);
  clients.see(bob, at(100'000));
  CHECK(clients.knows(ann, at(179'000)));
  CHECK(clients.count(at(179'000)) == 2);
  CHECK_FALSE(clients.knows(ann, at(190'000)));
  CHECK(clients.knows(bob, at(190'000)));
  CHECK(clients.count(at(190'000)) == 1);
  CHECK(clients.count(at(1'000'000)) == 0);
}

TEST_CASE("clients beyond the limit are not counted and cost no memory",
          "[admission][recent_clients]") {
  RecentClients clients(age_min);
  for (std::size_t i = 0; i < RecentClients::clients_max + 5; ++i) clients.see(i, at(0));
  CHECK(clients.count(at(0)) == RecentClients::clients_max);
  CHECK_FALSE(clients.knows(RecentClients::clients_max + 1, at(0)));
}

}  // namespace
}  // namespace freshet::server
