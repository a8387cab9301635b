#include "herd/herd.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::server {
namespace {

Herd made(const HerdOptions& options, std::string_view formula = "windowed") {
  auto herd = Herd::make(options, formula);
  REQUIRE(herd);
  return *std::move(herd);
}

Figures figures(const HerdOptions& options, std::string_view formula = "windowed") {
  Herd herd = made(options, formula);
  CHECK(herd.advance(options.end));
  return herd.tally().figures();
}

TEST_CASE("options that make no sense are told in a sentence", "[herd]") {
  const auto refused = [](const HerdOptions& options, std::string_view formula = "windowed") {
    const auto herd = Herd::make(options, formula);
    REQUIRE_FALSE(herd);
    CHECK(herd.error().code == ErrorCode::invalid_argument);
    return herd.error().message;
  };
  CHECK(refused({.clients = 0}) == "a herd has from 1 to 10,000,000 clients");
  CHECK(refused({.clients = 10, .site = 9}) == "the site cannot have fewer clients than are lost");
  CHECK(refused({.down = Duration{-1}}).find("outage") != std::string::npos);
  CHECK(refused({.down = Duration{60'000}, .end = Duration{60'000}}).find("outage") !=
        std::string::npos);
  CHECK(refused({.away = 0}).find("share") != std::string::npos);
  CHECK(refused({.rate = 0}).find("rate") != std::string::npos);
  CHECK(refused({.burst = 0.5}).find("burst") != std::string::npos);
  CHECK(refused({.end = Duration{4'000'000}}).find("1h") != std::string::npos);
  CHECK(refused({}, "nobody").find("nobody") != std::string::npos);
}

TEST_CASE("one seed gives one run, another seed another", "[herd]") {
  const auto arrivals = [](std::uint64_t seed) {
    Herd herd = made({.clients = 500, .down = Duration{3'000}, .seed = seed});
    herd.advance(Duration{60'000});
    std::vector<std::uint32_t> all;
    for (const Slot& slot : herd.tally().slots()) all.push_back(slot.arrivals);
    return all;
  };
  CHECK(arrivals(7) == arrivals(7));
  CHECK(arrivals(7) != arrivals(8));
}

TEST_CASE("in steps it is the same run as in one go", "[herd]") {
  const HerdOptions options{.clients = 3'000, .down = Duration{2'000}, .rate = 500};
  Herd whole = made(options);
  CHECK(whole.advance(options.end));
  Herd steps = made(options);
  int count = 0;
  while (!steps.advance(steps.now() + Duration{7})) ++count;
  CHECK(count > 100);
  CHECK(steps.tally().figures().all == whole.tally().figures().all);
  CHECK(steps.tally().figures().refused == whole.tally().figures().refused);
}

TEST_CASE("nobody is let in while the server is away", "[herd]") {
  Herd herd = made({.clients = 2'000, .down = Duration{5'000}});
  herd.advance(Duration{5'000});
  CHECK(herd.tally().recovered() == 0);
  CHECK(herd.tally().figures().refused == 0);
  CHECK(herd.tally().figures().tries_mean > 1);
}

TEST_CASE("the server admits no more than its rate and burst, whoever comes", "[herd]") {
  for (const char* const name : {"windowed", "none", "phoenix", "socket.io"}) {
    Herd herd = made({.clients = 5'000, .down = Duration{500}, .rate = 1'000, .burst = 60}, name);
    herd.advance(Duration{120'000});
    const std::vector<Slot>& slots = herd.tally().slots();
    for (std::size_t first = 0; first < slots.size(); ++first) {
      std::uint32_t in_a_second = 0;
      for (std::size_t at = first; at < std::min(first + 10, slots.size()); ++at) {
        in_a_second += slots[at].recovered;
      }
      CHECK(in_a_second <= 1'060);
    }
  }
}

TEST_CASE("a part of a site finds the rest of it at once, and has its whole window", "[herd]") {
  const HerdOptions options{
      .clients = 3'000, .site = 30'000, .down = Duration{600'000}, .away = 0.1};
  Herd herd = made(options);
  CHECK(herd.window() == Duration{16'500});
  CHECK(herd.advance(options.end));
  // One in ten tries meets what is away.
  const Figures result = herd.tally().figures();
  CHECK(result.recovered == 3'000);
  CHECK(result.tries_mean > 1.05);
  CHECK(result.tries_mean < 1.2);
}

TEST_CASE("a slow start lets ever more tries through", "[herd]") {
  Herd herd = made({.clients = 50'000,
                    .down = Duration{1'000},
                    .slow_start = Duration{20'000},
                    .rate = 5'000,
                    .burst = 500});
  herd.advance(Duration{60'000});
  const auto recovered = [&](std::size_t first_second) {
    std::uint32_t sum = 0;
    for (std::size_t at = first_second * 10; at < first_second * 10 + 20; ++at) {
      sum += herd.tally().slots().at(at).recovered;
    }
    return sum;
  };
  CHECK(recovered(1) < recovered(4) / 2);
  CHECK(recovered(4) < recovered(9));
}

TEST_CASE("clients that give up are counted and stay away", "[herd]") {
  const Figures result = figures({.clients = 1'000, .down = Duration{60'000}}, "signalr");
  CHECK(result.recovered == 0);
  CHECK(result.gave_up == 1'000);
  CHECK(result.tries_max == 4);
}

TEST_CASE("the model ends at its end, with whoever is still away", "[herd]") {
  Herd herd = made({.clients = 1'000, .down = Duration{9'000}, .end = Duration{10'000}});
  CHECK(herd.advance(Duration{60'000}));
  CHECK(herd.now() == Duration{10'000});
  CHECK(herd.tally().recovered() < 1'000);
}

}  // namespace
}  // namespace freshet::server
