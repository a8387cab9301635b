#include "client.h"

#include <time.h>

#include <freshet/client.h>
#include <freshet/native.h>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <future>
#include <new>
#include <string>
#include <vector>

#include "exchange.h"
#include "report.h"
#include "server_process.h"

namespace {

// Of the whole process; only differences are read.
std::atomic<std::uint64_t> allocations{0};

}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* const memory = std::malloc(size == 0 ? 1 : size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace freshet::bench {

namespace {

constexpr std::size_t payload_bytes = 100;
constexpr std::uint64_t message_count = 90'000;  // Less than a log keeps by default.
constexpr std::uint64_t batch = 1'000;
constexpr double rate_min = 1e6;

void fill_log(const Peer& peer) {
  const std::string line = "{\"topic\":\"bench\",\"data\":" + payload_of(payload_bytes) + "}\n";
  std::string body;
  for (std::uint64_t i = 0; i < batch; ++i) body += line;
  Exchange publisher(peer.publish_port, 1);
  for (std::uint64_t sent = 0; sent < message_count; sent += batch) {
    publisher.ask(0, post("/v1/publish", body));
    publisher.take(1, [](std::size_t, std::string_view) {});
  }
}

double cpu_seconds() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) / 1e9;
}

struct Rate {
  double per_cpu_second;
  double per_second;
  double allocations_each;
};

// From the first message to the last: connecting is another matter.
Rate replay(std::uint16_t port, Transport transport) {
  Client client("http://127.0.0.1:" + std::to_string(port), {.transports = {transport}});
  struct Mark {
    double cpu;
    std::chrono::steady_clock::time_point when;
    std::uint64_t allocated;
  };
  const auto mark_now = [] {
    return Mark{cpu_seconds(), std::chrono::steady_clock::now(), allocations.load()};
  };
  Mark first{};
  Mark last{};
  std::uint64_t received = 0;
  std::promise<void> all;
  const auto subscription = client.subscribe("bench",
                                             [&](const Message&) {
                                               if (received++ == 0) first = mark_now();
                                               if (received != message_count) return;
                                               last = mark_now();
                                               all.set_value();
                                             },
                                             {.cursor = "earliest"});
  if (!subscription) throw std::runtime_error(subscription.error().message);
  if (all.get_future().wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
    throw std::runtime_error("the client did not receive all messages");
  }
  const std::chrono::duration<double> took = last.when - first.when;
  constexpr double count = message_count - 1;
  return {count / (last.cpu - first.cpu), count / took.count(),
          static_cast<double>(last.allocated - first.allocated) / count};
}

}  // namespace

int measure_client(const Setting& setting) {
  const Scratch scratch;
  const Peer peer = *make_peer("freshet/websocket", setting.paths(scratch.folder()));
  const ServerProcess server(pinned_to(server_core, peer.command), peer.port);
  pin_this_process_to(load_core);
  fill_log(peer);
  const auto platform = native_platform();  // Kept from client to client.
  Report report("Messages through subscribe() of the native SDK, on one core (more is better)",
                std::to_string(payload_bytes) + "-byte messages, median of " +
                    std::to_string(setting.rounds) + " rounds");
  std::vector<double> websocket_rates;
  for (std::size_t round = 0; round <= setting.rounds; ++round) {
    for (const Transport transport : {Transport::websocket, Transport::sse}) {
      const Rate rate = replay(peer.port, transport);
      if (round == 0) continue;  // The first one warms up.
      const std::string name = "freshet/" + std::string(to_string(transport));
      report.add("millions per second of the client's CPU", name, rate.per_cpu_second / 1e6);
      report.add("millions per second by the clock", name, rate.per_second / 1e6);
      report.add("allocations per message (less is better)", name, rate.allocations_each);
      if (transport == Transport::websocket) websocket_rates.push_back(rate.per_cpu_second);
    }
  }
  report.finish(setting.results, "client");
  const double reached = median(websocket_rates);
  if (reached >= rate_min) return 0;
  std::printf("websocket: below the bar of %.1f million per second\n", rate_min / 1e6);
  return 1;
}

}  // namespace freshet::bench
