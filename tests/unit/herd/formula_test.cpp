#include "herd/formula.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::server {
namespace {

using core::Random;

std::unique_ptr<Formula> made(std::string_view name, std::optional<Duration> window = {}) {
  auto formula = make_formula(name, {.clients = 4, .window = window});
  REQUIRE(formula);
  return *std::move(formula);
}

// The delays of client 0, one failure after the other, in milliseconds; -1: it has given up.
std::vector<std::int64_t> delays(Formula& formula, unsigned count, std::uint64_t seed = 1) {
  Random random{seed};
  Duration since_loss{0};
  std::vector<std::int64_t> all;
  for (unsigned tries = 0; tries < count; ++tries) {
    const auto delay = formula.delay(
        0, {.now = core::Instant{since_loss}, .since_loss = since_loss, .tries = tries}, random);
    all.push_back(delay ? delay->count() : -1);
    since_loss += delay.value_or(Duration{0});
  }
  return all;
}

std::vector<std::int64_t> delays(std::string_view name, unsigned count, std::uint64_t seed = 1) {
  return delays(*made(name), count, seed);
}

struct Range {
  std::int64_t low, high;
};

// That the first delays of many clients fill these ranges, and never leave them.
void check_ranges(std::string_view name, const std::vector<Range>& ranges) {
  std::vector<Range> seen(ranges.size(), {1'000'000'000, -1});
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    const auto all = delays(name, static_cast<unsigned>(ranges.size()), seed * 7919);
    for (std::size_t n = 0; n < all.size(); ++n) {
      seen[n] = {std::min(seen[n].low, all[n]), std::max(seen[n].high, all[n])};
    }
  }
  for (std::size_t n = 0; n < ranges.size(); ++n) {
    INFO(name << " after " << n << " failures: " << seen[n].low << " to " << seen[n].high);
    const std::int64_t edge = (ranges[n].high - ranges[n].low) / 25;
    CHECK(seen[n].low >= ranges[n].low);
    CHECK(seen[n].low <= ranges[n].low + edge);
    CHECK(seen[n].high <= ranges[n].high);
    CHECK(seen[n].high >= ranges[n].high - edge);
  }
}

TEST_CASE("a name that is none is told with those that are", "[herd][formula]") {
  const auto formula = make_formula("exponential", {});
  REQUIRE_FALSE(formula);
  CHECK(formula.error().code == ErrorCode::invalid_argument);
  for (const FormulaInfo& info : formulas()) {
    CHECK(formula.error().message.find(info.name) != std::string::npos);
    CHECK(make_formula(info.name, {}));
  }
  CHECK(formulas().front().name == "windowed");
}

TEST_CASE("ours is the client's own policy, and knows tickets", "[herd][formula]") {
  const auto formula = made("windowed", Duration{40'000});
  CHECK(formula->knows_tickets());
  core::ReconnectPolicy policy{Reconnect::windowed};
  policy.set_window(Duration{40'000});
  Random expected{5}, random{5};
  for (unsigned tries = 0; tries < 8; ++tries) {
    const core::Instant now{Duration{tries * 1'000}};
    if (tries > 0) policy.handle_attempt();
    CHECK(formula->delay(3, {.now = now, .tries = tries}, random) ==
          policy.delay(now, core::Cause::remote, expected));
  }
  // A slot of one's own is kept exactly, a floor for all is what the draw stands on.
  CHECK(formula->delay(3, {.now = {}, .tries = 8, .floor = Duration{9'000}, .has_ticket = true},
                       random) == Duration{9'000});
  CHECK(formula->delay(2, {.now = {}, .tries = 1, .floor = Duration{9'000}}, random) >=
        Duration{9'100});
}

TEST_CASE("only ours know tickets", "[herd][formula]") {
  for (const FormulaInfo& info : formulas()) {
    CHECK(made(info.name)->knows_tickets() == (info.kind == FormulaInfo::Kind::ours));
  }
}

TEST_CASE("what one client remembers is not another's", "[herd][formula]") {
  Random random{3};
  const auto formula = made("reconnecting-websocket");
  const auto first = formula->delay(0, {}, random);
  std::vector<Duration> others;
  for (std::uint32_t client = 1; client < 4; ++client) {
    others.push_back(*formula->delay(client, {}, random));
  }
  CHECK(formula->delay(0, {}, random) == first);
  CHECK(std::count(others.begin(), others.end(), *first) < 3);
}

TEST_CASE("the defaults of others without jitter are these tables", "[herd][formula]") {
  using Table = std::vector<std::int64_t>;
  CHECK(delays("phoenix", 11) ==
        Table{10, 50, 100, 150, 200, 250, 500, 1'000, 2'000, 5'000, 5'000});
  CHECK(delays("signalr", 5) == Table{0, 2'000, 10'000, 30'000, -1});
  CHECK(delays("pusher", 5) == Table{1'000, 15'000, 30'000, 60'000, 60'000});
  CHECK(delays("eventsource", 3) == Table{3'000, 3'000, 3'000});
  CHECK(delays("eventsource-firefox", 2) == Table{5'000, 5'000});
  CHECK(delays("fixed-1s", 2) == Table{1'000, 1'000});
  CHECK(delays("faye", 2) == Table{5'000, 5'000});
  CHECK(delays("ixwebsocket", 9) == Table{0, 200, 400, 800, 1'600, 3'200, 6'400, 10'000, 10'000});
  CHECK(delays("socket.io-cpp", 6) == Table{5'000, 7'500, 11'250, 16'875, 25'000, 25'000});
  CHECK(delays("none", 3) == Table{0, 100, 100});
}

TEST_CASE("the defaults of others with jitter fill these ranges", "[herd][formula]") {
  check_ranges("full", {{0, 1'000}, {0, 2'000}, {0, 4'000}});
  check_ranges("equal", {{500, 1'000}, {1'000, 2'000}});
  check_ranges("rfc6455", {{0, 5'000}, {0, 10'000}, {0, 20'000}});
  check_ranges("centrifuge", {{500, 1'000}, {500, 1'500}, {500, 2'500}});
  check_ranges("socket.io", {{550, 1'500}, {1'100, 3'000}});
  check_ranges("ably", {{0, 0}, {12'000, 15'000}, {16'000, 20'000}});
  check_ranges("reconnecting-websocket", {{1'000, 5'000}, {1'300, 6'500}});
  check_ranges("nats.js", {{0, 0}, {2'000, 2'100}});
  check_ranges("nats.js-tls", {{0, 0}, {2'000, 3'000}});
  check_ranges("lightstreamer", {{0, 100}, {4'000, 4'000}});
  check_ranges("electric", {{0, 1'000}, {0, 2'000}});
  check_ranges("decorrelated", {{1'000, 3'000}});
  check_ranges("actioncable", {{6'000, 18'000}, {6'900, 7'935}});
}

TEST_CASE("socket.io-client waits the same from the fifth attempt on, jitter or not",
          "[herd][formula]") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    CHECK(delays("socket.io", 6, seed)[5] == 5'000);
  }
}

TEST_CASE("nats.js gives up after ten tries, nats.c after sixty", "[herd][formula]") {
  CHECK(delays("nats.js", 11)[9] > 0);
  CHECK(delays("nats.js", 11)[10] == -1);
  CHECK(delays("nats.c", 61)[59] > 0);
  CHECK(delays("nats.c", 61)[60] == -1);
}

TEST_CASE("ably-js is suspended after two minutes, and comes every thirty seconds",
          "[herd][formula]") {
  const auto all = delays("ably", 12);
  CHECK(all.back() == 30'000);
}

TEST_CASE("electric takes Retry-After for the least", "[herd][formula]") {
  Random random{1};
  CHECK(made("electric")->delay(0, {.tries = 1, .floor = Duration{50'000}}, random) ==
        Duration{50'000});
}

TEST_CASE("no formula overflows after any number of failures", "[herd][formula]") {
  for (const FormulaInfo& info : formulas()) {
    Random random{9};
    const auto formula = made(info.name, Duration{300'000});
    const auto delay = formula->delay(0,
                                      {.now = core::Instant{Duration{3'600'000}},
                                       .since_loss = Duration{3'600'000},
                                       .tries = 1'000'000},
                                      random);
    INFO(info.name);
    if (delay) {
      CHECK(*delay >= Duration{0});
      CHECK(*delay <= Duration{600'000});
    }
  }
}

}  // namespace
}  // namespace freshet::server
