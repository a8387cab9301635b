// Whole sites under faults, from one seed each. A failing seed prints itself; run it alone with
// FRESHET_SIM_SEED=N build/sim_tests "a site under every fault*". FRESHET_SIM_COUNT=N runs that
// many seeds of each scenario, from its first or from FRESHET_SIM_SEED on: few in a sanitizer's
// build, hundreds to look for what the usual ones miss.
#include <catch2/catch_test_macros.hpp>

#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <vector>

#include "sim/world.h"

namespace freshet::sim {
namespace {

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text += sentence + '\n';
  return text;
}

std::optional<std::uint64_t> number_from_environment(const char* name) {
  const char* text = std::getenv(name);
  return text != nullptr ? std::optional{std::strtoull(text, nullptr, 10)} : std::nullopt;
}

// The usual seeds of a scenario are first to first + count - 1.
std::vector<std::uint64_t> chosen_seeds(std::uint64_t first, std::uint64_t count) {
  const auto only = number_from_environment("FRESHET_SIM_SEED");
  const auto wanted = number_from_environment("FRESHET_SIM_COUNT");
  if (only) first = *only;
  std::vector<std::uint64_t> seeds(wanted.value_or(only ? 1 : count));
  for (std::uint64_t& seed : seeds) seed = first++;
  return seeds;
}

// What all runs of a scenario had together.
struct Sum {
  std::size_t delivered = 0;
  std::size_t gaps = 0;
  std::size_t slow_gaps = 0;
  std::size_t let_go = 0;  // By drains.
  std::size_t published = 0;
  std::size_t refused = 0;
  std::size_t honoured = 0;  // Tickets.
};

// Judges one run of every seed.
Sum run_seeds(WorldOptions options, const std::vector<std::uint64_t>& seeds) {
  Sum sum;
  for (const std::uint64_t seed : seeds) {
    options.seed = seed;
    World world{options};
    const auto faults = world.run();
    INFO("seed " << seed << '\n' << joined(faults));
    CHECK(faults.empty());
    sum.published += world.history().messages().size();
    sum.let_go += world.let_go();
    sum.refused += world.server().refused();
    sum.honoured += world.server().tickets_honoured();
    for (std::size_t i = 0; i < world.client_count(); ++i) {
      sum.delivered += world.client(i).delivered();
      sum.gaps += world.client(i).gaps();
      sum.slow_gaps += world.client(i).slow_gaps();
    }
  }
  // A run in which nothing arrives proves nothing.
  CHECK(sum.delivered > 100 * seeds.size());
  return sum;
}

TEST_CASE("a calm site delivers everything once, in order, on every transport", "[sim]") {
  run_seeds({.faults_for = Duration{0}}, chosen_seeds(1, 20));
}

TEST_CASE("a site whose connections are cut loses nothing and repeats nothing", "[sim]") {
  run_seeds({.restarts = false, .bad_paths = false, .application = false}, chosen_seeds(1'000, 30));
}

TEST_CASE("a site whose server restarts tells every gap", "[sim]") {
  run_seeds({.fault_every = Duration{800}, .cuts = false, .bad_paths = false, .application = false},
            chosen_seeds(2'000, 30));
}

TEST_CASE("a site behind refusing, silent and buffering networks becomes live again", "[sim]") {
  run_seeds({.restarts = false, .application = false}, chosen_seeds(3'000, 30));
}

TEST_CASE("a site whose applications change their minds loses nothing", "[sim]") {
  run_seeds({.restarts = false, .bad_paths = false}, chosen_seeds(4'000, 30));
}

TEST_CASE("a site under every fault loses nothing without a gap and becomes live again", "[sim]") {
  run_seeds({}, chosen_seeds(5'000, 60));
}

// centrifuge-js#417, #426.
TEST_CASE("clients whose machines sleep give nothing up that waited to be read", "[sim][sleep]") {
  run_seeds({.sleeps = true}, chosen_seeds(40'000, 30));
}

TEST_CASE("a site that drains and comes back, with its log or without, loses nothing without a gap",
          "[sim][drain]") {
  run_seeds({.cuts = false, .drains = true, .bad_paths = false, .application = false},
            chosen_seeds(8'000, 30));
}

TEST_CASE("clients of a node that drains go on at another node of its log without any gap",
          "[sim][drain]") {
  const auto seeds = chosen_seeds(8'500, 30);
  const Sum sum = run_seeds({.fault_every = Duration{300},
                             .cuts = false,
                             .two_nodes = true,
                             .bad_paths = false,
                             .application = false},
                            seeds);
  CHECK(sum.gaps == 0);
  CHECK(sum.let_go > 10 * seeds.size());
}

TEST_CASE("a site above its admission rate gives tickets, and everybody is back and has everything",
          "[sim][admission]") {
  WorldOptions options;
  options.clients = 16;
  options.server.admission_rate = 2;
  options.server.admission_burst = 1;
  const auto seeds = chosen_seeds(9'000, 20);
  const Sum crashing = run_seeds(options, seeds);
  CHECK(crashing.refused > crashing.honoured);
  CHECK(crashing.honoured > 5 * seeds.size());
  options.drains = true;
  run_seeds(options, chosen_seeds(9'500, 10));
}

TEST_CASE("a site whose log keeps little tells every gap of retention", "[sim]") {
  WorldOptions options;
  options.server.retention.messages_max = 20;
  run_seeds(options, chosen_seeds(6'000, 40));
}

WorldOptions slow_readers() {
  WorldOptions options;
  options.server.outbox_bytes_max = 2'000;
  options.server.outbox_low_bytes = 500;
  options.publish_every = Duration{40};
  // Over so small an outbox a replay may be slower than the publishers are, and minutes behind.
  options.drain_for = Duration{300'000};
  return options;
}

TEST_CASE("slow readers are told or resume, and lose nothing", "[sim]") {
  run_seeds(slow_readers(), chosen_seeds(7'000, 20));
}

WorldOptions slow_readers_under(const char* rule) {
  WorldOptions options = slow_readers();
  REQUIRE(options.server.rules.add(rule));
  options.server.backlog_bytes_max = 2'000;
  return options;
}

TEST_CASE("slow readers of latest topics get the newest of each, whatever breaks", "[sim][rules]") {
  const auto seeds = chosen_seeds(30'000, 10);
  const Sum whole = run_seeds(slow_readers(), seeds);
  const Sum conflated = run_seeds(slow_readers_under(">:latest"), seeds);
  CHECK(conflated.slow_gaps == 0);
  CHECK(conflated.delivered < whole.delivered);
}

TEST_CASE("slow readers of drop-oldest topics are told what they lost, whatever breaks",
          "[sim][rules]") {
  const Sum sum = run_seeds(slow_readers_under(">:drop-oldest"), chosen_seeds(31'000, 10));
  CHECK(sum.slow_gaps > 0);
}

TEST_CASE("slow readers under a rule for each topic are spared what it says and no more",
          "[sim][rules]") {
  WorldOptions options = slow_readers_under("prices.*:latest");
  REQUIRE(options.server.rules.add("chat.>:drop-oldest"));
  CHECK(run_seeds(options, chosen_seeds(32'000, 10)).slow_gaps > 0);
}

TEST_CASE("slow readers under rules whose log keeps little are told every gap", "[sim][rules]") {
  WorldOptions options = slow_readers_under("prices.*:latest");
  REQUIRE(options.server.rules.add("chat.>:drop-oldest"));
  options.server.retention.messages_max = 40;
  run_seeds(options, chosen_seeds(33'000, 10));
}

// In each of these a stream opened in bad weather keeps its latency of up to 400 ms: 500 bytes for
// each trip is fewer messages than are published meanwhile. One even waits on such a stream for the
// answer to a new subscription until the publishers have stopped.
TEST_CASE("readers slower than the publishers have everything once these stop", "[sim]") {
  run_seeds(slow_readers(), {20'024, 20'037, 20'069, 20'121, 20'144, 20'149});
}

TEST_CASE("a seed repeats its run to the last event", "[sim]") {
  for (const std::uint64_t seed : chosen_seeds(8'000, 5)) {
    World once{{.seed = seed}};
    World again{{.seed = seed}};
    World other{{.seed = seed + 500}};
    once.run();
    again.run();
    other.run();
    CHECK(once.fingerprint() == again.fingerprint());
    CHECK(once.fingerprint() != other.fingerprint());
  }
}

}  // namespace
}  // namespace freshet::sim
