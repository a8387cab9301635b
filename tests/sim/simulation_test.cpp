// Whole sites under faults, from one seed each. A failing seed prints itself; run it alone with
// FRESHET_SIM_SEED=N build/sim_tests "a site under every fault*".
#include <catch2/catch_test_macros.hpp>

#include <cstdlib>
#include <string>

#include "sim/world.h"

namespace freshet::sim {
namespace {

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const std::string& sentence : sentences) text += sentence + '\n';
  return text;
}

// Runs seeds first to first + count - 1, or the one in FRESHET_SIM_SEED.
void run_seeds(WorldOptions options, std::uint64_t first, std::uint64_t count) {
  if (const char* seed = std::getenv("FRESHET_SIM_SEED")) {
    first = std::strtoull(seed, nullptr, 10);
    count = 1;
  }
  std::size_t delivered = 0;
  for (options.seed = first; options.seed < first + count; ++options.seed) {
    World world{options};
    const auto faults = world.run();
    INFO("seed " << options.seed << '\n' << joined(faults));
    REQUIRE(faults.empty());
    for (std::size_t i = 0; i < world.client_count(); ++i) delivered += world.client(i).delivered();
  }
  // A run in which nothing arrives proves nothing.
  REQUIRE(delivered > 100 * count);
}

TEST_CASE("a calm site delivers everything once, in order, on every transport", "[sim]") {
  run_seeds({.faults_for = Duration{0}}, 1, 20);
}

TEST_CASE("a site whose connections are cut loses nothing and repeats nothing", "[sim]") {
  run_seeds({.restarts = false, .bad_paths = false, .application = false}, 1'000, 30);
}

TEST_CASE("a site whose server restarts tells every gap", "[sim]") {
  run_seeds({.fault_every = Duration{800}, .cuts = false, .bad_paths = false, .application = false},
            2'000, 30);
}

TEST_CASE("a site behind refusing, silent and buffering networks becomes live again", "[sim]") {
  run_seeds({.restarts = false, .application = false}, 3'000, 30);
}

TEST_CASE("a site whose applications change their minds loses nothing", "[sim]") {
  run_seeds({.restarts = false, .bad_paths = false}, 4'000, 30);
}

TEST_CASE("a site under every fault loses nothing without a gap and becomes live again", "[sim]") {
  run_seeds({}, 5'000, 60);
}

TEST_CASE("a site whose log keeps little tells every gap of retention", "[sim]") {
  WorldOptions options;
  options.server.retention.messages_max = 20;
  run_seeds(options, 6'000, 40);
}

TEST_CASE("slow readers are told or resume, and lose nothing", "[sim]") {
  WorldOptions options;
  options.server.outbox_bytes_max = 2'000;
  options.server.outbox_low_bytes = 500;
  options.publish_every = Duration{40};
  // Over so small an outbox a replay may be slower than the publishers are, and a minute behind.
  options.drain_for = Duration{300'000};
  run_seeds(options, 7'000, 20);
}

TEST_CASE("a seed repeats its run to the last event", "[sim]") {
  for (std::uint64_t seed = 8'000; seed < 8'005; ++seed) {
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
