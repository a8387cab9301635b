#include "connect.h"

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "connections.h"
#include "report.h"
#include "server_process.h"

namespace freshet::bench {

namespace {

constexpr std::size_t clients = 2'000;

struct Taken {
  double microseconds_each;
  double per_second;
};

class ConnectSystem {
 public:
  explicit ConnectSystem(Peer peer)
      : peer_(std::move(peer)), server_(pinned_to(server_core, peer_.command), peer_.port) {
    // A poll is whole with its first answer; where there is none, the wait has no mark to see.
    if (peer_.poll) peer_.subscribe = {{peer_.poll({}), "\"op\":\"next\""}};
  }

  std::string name() const { return peer_.name + "/" + peer_.transport; }

  Taken take_in() {
    const std::uint64_t before = server_.cpu_nanoseconds();
    const auto began = std::chrono::steady_clock::now();
    Connections connections(peer_.port);
    connections.open(clients, peer_.subscribe);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const std::uint64_t used = server_.cpu_nanoseconds() - before;
    return {static_cast<double>(used) / 1e3 / clients, clients / took.count()};
  }

 private:
  Peer peer_;
  ServerProcess server_;
};

}  // namespace

int measure_connect(const Setting& setting) {
  const Scratch scratch;
  std::vector<std::string> names = peer_names();
  std::erase(names, "floor/tcp");
  names.insert(names.begin() + 2, "freshet/long-polling");
  const auto systems = setting.start<ConnectSystem>(names, setting.paths(scratch.folder()));
  pin_this_process_to(load_core);
  const std::string conditions = std::to_string(clients) + " clients that connect and subscribe, " +
                                 "median of " + std::to_string(setting.rounds) + " rounds";
  Report report("Taking clients in", conditions);
  for (std::size_t round = 0; round <= setting.rounds; ++round) {
    for (const auto& system : systems) {
      const Taken taken = system->take_in();
      if (round == 0) continue;  // The first one warms up.
      report.add("CPU of the server per client, µs", system->name(), taken.microseconds_each);
      report.add("clients per second (more is better)", system->name(), taken.per_second);
    }
  }
  report.finish(setting.results, "connect");
  return 0;
}

}  // namespace freshet::bench
