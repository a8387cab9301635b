// freshet-bench: measurements of this checkout's server. Run by `./dev bench`.
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <string>

#include "browser.h"
#include "client.h"
#include "compress.h"
#include "connect.h"
#include "fanout.h"
#include "floor.h"
#include "herd.h"
#include "latency.h"
#include "loops.h"
#include "memory.h"
#include "refusal.h"
#include "refusal_floor.h"
#include "requests.h"
#include "topics.h"

int main(int argc, char** argv) {
  CLI::App app{"Measures the freshet server on this machine, over loopback only."};
  app.require_subcommand(1);
  std::string program = FRESHET_PROGRAM;
  app.add_option("--program", program, "The server to measure")->capture_default_str();

  std::size_t connections = 10'000;
  CLI::App* memory = app.add_subcommand("memory", "Memory of one idle SSE or WebSocket connection");
  memory->add_option("--connections", connections, "How many are opened")
      ->check(CLI::Range(2'000, 19'000))
      ->capture_default_str();

  CLI::App* herd =
      app.add_subcommand("herd", "Clients that come back after an outage, in the model");
  unsigned real_clients = 0;
  herd->add_option(
          "--real", real_clients,
          "Real connections instead, to a server that is killed; 10000 is the bar's number")
      ->check(CLI::Range(10, 19'000));

  std::size_t topic_count = 1'000'000;
  std::size_t pattern_count = 100'000;
  CLI::App* topics =
      app.add_subcommand("topics", "Bytes and time of a topic, pattern, subscription");
  topics->add_option("--topics", topic_count, "Topics")
      ->check(CLI::Range(1'000, 100'000'000))
      ->capture_default_str();
  topics->add_option("--patterns", pattern_count, "Patterns")
      ->check(CLI::Range(1'000, 100'000'000))
      ->capture_default_str();

  freshet::bench::FanoutOptions options;
  options.scripts = FRESHET_BENCH_PEERS;
  options.cache = FRESHET_PEER_CACHE;
  options.results = FRESHET_BENCH_RESULTS;
  const auto comparison = [&](const char* name, const char* what) {
    CLI::App* command = app.add_subcommand(name, what);
    command->add_option("--rounds", options.rounds, "Rounds that count")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    command->add_option("--systems", options.systems, "Which (default: all that are installed)")
        ->delimiter(',');
    return command;
  };
  CLI::App* fanout = comparison("fanout", "CPU of the server per delivery, beside other servers");
  CLI::App* compress =
      comparison("compress", "CPU of the server per delivery of a compressed message");
  CLI::App* requests = comparison("requests", "CPU of the server per GET and POST, beside node");
  CLI::App* latency = comparison("latency", "How long after its publish a message is delivered");
  CLI::App* connect = comparison("connect", "CPU of the server per client that subscribes");
  CLI::App* refusal =
      comparison("refusal", "CPU of the server per newcomer that is refused, beside one let in");
  CLI::App* client = comparison("client", "Messages through subscribe() of the native SDK");
  CLI::App* browser = comparison("browser", "Messages through the npm package in Chromium");
  CLI::App* long_polling =
      comparison("long-polling", "CPU of the server per message of a long poll, beside nchan");
  CLI::App* loops = comparison("loops", "Deliveries per second by two loops, beside one");
  std::size_t loops_subscribers = 10'000;
  loops->add_option("--subscribers", loops_subscribers, "How many")
      ->check(CLI::Range(100, 19'000))
      ->capture_default_str();
  fanout->add_option("--subscribers", options.subscribers, "How many; may be a list")
      ->check(CLI::Range(1, 19'000))
      ->delimiter(',');
  std::size_t compress_bytes = 1'000;
  compress->add_option("--bytes", compress_bytes, "Of a message before it is compressed")
      ->check(CLI::Range(300, 30'000))
      ->capture_default_str();
  std::int64_t pace = options.pace_per_delivery.count();
  fanout
      ->add_option("--pace", pace,
                   "Nanoseconds between messages for each subscriber; 0: the next follows when the "
                   "last has arrived everywhere")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();

  // For the own use of fanout and refusal.
  std::uint16_t floor_port = 0;
  CLI::App* floor = app.add_subcommand("serve-floor")->group("");
  floor->add_option("port", floor_port)->required();
  CLI::App* refusal_floor = app.add_subcommand("serve-refusal-floor")->group("");
  refusal_floor->add_option("port", floor_port)->required();
  CLI11_PARSE(app, argc, argv);
  // Other work on the machine then disturbs less. Servers and load inherit it; without the right to
  // it all run as they are. A browser sets the priorities of its processes itself.
  if (!*browser) ::setpriority(PRIO_PROCESS, 0, -15);
  try {
    if (*floor) return freshet::bench::serve_floor(floor_port);
    if (*refusal_floor) return freshet::bench::serve_refusal_floor(floor_port);
    if (*herd && real_clients > 0) {
      return freshet::bench::measure_real_herd(program, real_clients, FRESHET_BENCH_RESULTS);
    }
    if (*herd) return freshet::bench::measure_herd(FRESHET_BENCH_RESULTS);
    if (*topics) return freshet::bench::measure_topics(topic_count, pattern_count);
    options.program = program;
    if (*requests) return freshet::bench::measure_requests(options);
    if (*loops) return freshet::bench::measure_loops(options, loops_subscribers);
    if (*latency) return freshet::bench::measure_latency(options);
    if (*connect) return freshet::bench::measure_connect(options);
    if (*refusal) {
      return freshet::bench::measure_refusal(program, options.rounds, options.results);
    }
    if (*client) return freshet::bench::measure_client(options);
    if (*browser) return freshet::bench::measure_browser(options);
    if (*long_polling) return freshet::bench::measure_long_polling(options);
    if (*compress) {
      options.subscribers = {1'000};
      options.payload_bytes = compress_bytes;
      return freshet::bench::measure_compress(options);
    }
    if (*fanout) {
      options.pace_per_delivery = std::chrono::nanoseconds(pace);
      return freshet::bench::measure_fanout(options);
    }
    return freshet::bench::measure_memory(program, connections);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "freshet-bench: %s\n", error.what());
    return 1;
  }
}
