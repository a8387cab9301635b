#include "fanout.h"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <optional>
#include <stdexcept>

#include "load_process.h"
#include "peer.h"
#include "report.h"
#include "server_process.h"
#include "setting.h"

namespace freshet::bench {

namespace {

constexpr std::size_t burst_sizes[] = {1, 16};
// Deliveries of one window, roughly: enough for the kernel's accounting, few enough for many
// rounds.
constexpr std::size_t window_deliveries = 60'000;

// One system under load: its server and the process that holds its subscribers.
class System {
 public:
  explicit System(Peer peer)
      : peer_(std::move(peer)), server_(pinned_to(server_core, peer_.command), peer_.port) {}

  void subscribe(std::size_t count) {
    subscribers_ = count;
    load_.emplace(peer_, count, load_core);
  }

  std::string name() const { return peer_.name + "/" + peer_.transport; }

  // Microseconds of server CPU for each delivery.
  double measure(const Load& load) {
    const std::uint64_t before = server_.cpu_nanoseconds();
    load_->run(load);
    const std::uint64_t used = server_.cpu_nanoseconds() - before;
    const auto deliveries = load.bursts * load.burst_size * subscribers_;
    return static_cast<double>(used) / 1e3 / static_cast<double>(deliveries);
  }

 private:
  Peer peer_;
  std::size_t subscribers_ = 0;
  ServerProcess server_;
  std::optional<LoadProcess> load_;
};

Load load_of(const FanoutOptions& options, std::size_t subscribers, std::size_t burst_size) {
  const std::size_t burst = subscribers * burst_size;
  return {.bursts = std::max<std::size_t>(1, window_deliveries / burst),
          .burst_size = burst_size,
          .interval = std::chrono::duration_cast<std::chrono::microseconds>(
              options.pace_per_delivery * static_cast<std::int64_t>(burst)),
          .payload_bytes = options.payload_bytes};
}

// Servers first: the ports of 10,000 connections to each leave none free for a server.
std::vector<std::unique_ptr<System>> start_all(const FanoutOptions& options,
                                               const std::vector<std::string>& names,
                                               const PeerPaths& paths, std::size_t subscribers) {
  auto systems = options.start<System>(names, paths);
  for (const auto& system : systems) system->subscribe(subscribers);
  return systems;
}

}  // namespace

int measure_fanout(const FanoutOptions& options) {
  return compare_fanout(options, peer_names(),
                        "CPU of the server per delivery, µs (less is better)", "fanout");
}

int compare_fanout(const FanoutOptions& options, const std::vector<std::string>& names,
                   const std::string& title, const std::string& file) {
  const Scratch scratch;
  const PeerPaths paths = options.paths(scratch.folder());
  Report report(title, std::to_string(options.payload_bytes) + "-byte messages, median of " +
                           std::to_string(options.rounds) + " rounds");
  for (const std::size_t subscribers : options.subscribers) {
    const auto systems = start_all(options, names, paths, subscribers);
    for (std::size_t round = 0; round <= options.rounds; ++round) {
      for (const std::size_t burst_size : burst_sizes) {
        const std::string load =
            std::to_string(subscribers) + " subscribers, " +
            (burst_size == 1 ? "one message at a time" : std::to_string(burst_size) + " at once");
        for (const auto& system : systems) {
          const double each = system->measure(load_of(options, subscribers, burst_size));
          if (round > 0) report.add(load, system->name(), each);  // The first one warms up.
        }
      }
    }
  }
  report.finish(options.results, file);
  return 0;
}

}  // namespace freshet::bench
