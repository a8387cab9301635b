#include "loops.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "connections.h"
#include "peer.h"
#include "report.h"
#include "server_process.h"

namespace freshet::bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr double bar = 1.8;
constexpr std::size_t payload_bytes = 100;
// What a socket that nobody reads holds without closing its window.
constexpr std::uint64_t window_messages = 20;
constexpr std::size_t windows = 3;  // Of one server.
// Loops send in the order in which their subscribers came: the last of each loop is among so many.
constexpr std::size_t last_ones = 64;
constexpr std::chrono::microseconds glance{100};
constexpr std::chrono::seconds delivery_max{30};

struct Rate {
  double deliveries_per_second = 0;
  double cpu_each = 0;  // Microseconds of the server.
  double cores = 0;     // That the server used.
};

class System {
 public:
  System(Peer peer, std::size_t loops, std::size_t subscribers)
      : peer_(with_loops(std::move(peer), loops)),
        server_(peer_.command, peer_.port),
        subscribers_(peer_.port) {
    subscribers_.open(subscribers, peer_.subscribe);
    // One epoll that all of the server's threads wake would be what they wait for.
    subscribers_.unwatch();
  }

  Rate measure() {
    window();  // Warms up.
    std::vector<Rate> rates;
    for (std::size_t i = 0; i < windows; ++i) rates.push_back(window());
    const auto middle = [&](double Rate::* figure) {
      std::vector<double> values;
      for (const Rate& rate : rates) values.push_back(rate.*figure);
      return median(values);
    };
    return {middle(&Rate::deliveries_per_second), middle(&Rate::cpu_each), middle(&Rate::cores)};
  }

 private:
  static Peer with_loops(Peer peer, std::size_t loops) {
    const auto flag = std::find(peer.command.begin(), peer.command.end(), "--loops");
    *std::next(flag) = std::to_string(loops);
    return peer;
  }

  // Each message is published when the one before has arrived everywhere.
  Rate window() {
    const std::string message = peer_.publish(peer_.payload(payload_bytes));
    Connections publisher(peer_.publish_port);
    publisher.open(1, peer_.begin_publishing);
    const std::uint64_t cpu_before = server_.cpu_nanoseconds();
    arrived_.fill(0);
    const auto began = Clock::now();
    for (std::uint64_t i = 0; i < window_messages; ++i) {
      publisher.send(0, message);
      wait_for_last_ones();
      publisher.count_received(delivery_marker, 0);  // Answers are read and dropped.
    }
    const std::chrono::duration<double> took = Clock::now() - began;
    const std::uint64_t cpu = server_.cpu_nanoseconds() - cpu_before;
    const std::uint64_t deliveries = window_messages * subscribers_.size();
    // A few may come after the last ones of their loops.
    std::uint64_t arrived = 0;
    for (const auto deadline = Clock::now() + delivery_max; arrived < deliveries;) {
      arrived += subscribers_.take_all(delivery_marker);
      if (Clock::now() > deadline) throw std::runtime_error("a message did not arrive");
    }
    if (arrived > deliveries) throw std::runtime_error("a message arrived twice");
    const auto count = static_cast<double>(deliveries);
    return {.deliveries_per_second = count / took.count(),
            .cpu_each = static_cast<double>(cpu) / 1e3 / count,
            .cores = static_cast<double>(cpu) / 1e9 / took.count()};
  }

  // With few calls, and asleep between them: the cores are the server's.
  void wait_for_last_ones() {
    const auto deadline = Clock::now() + delivery_max;
    const std::size_t first = subscribers_.size() - last_ones;
    for (std::size_t n = 0; n < last_ones; ++n) {
      std::size_t waiting = 0;
      while ((waiting = subscribers_.waiting_bytes(first + n)) == arrived_[n]) {
        if (Clock::now() > deadline) throw std::runtime_error("a message did not arrive");
        std::this_thread::sleep_for(glance);
      }
      arrived_[n] = waiting;
    }
  }

  Peer peer_;
  ServerProcess server_;
  Connections subscribers_;
  std::array<std::size_t, last_ones> arrived_{};  // Bytes so far, of the last ones.
};

}  // namespace

int measure_loops(const Setting& setting, std::size_t subscribers) {
  const Scratch scratch;
  const PeerPaths paths = setting.paths(scratch.folder());
  const std::vector<std::string> names =
      setting.systems.empty() ? std::vector<std::string>{"freshet/websocket", "freshet/sse"}
                              : setting.systems;
  Report report("Two loops against one (more is better)",
                std::to_string(subscribers) +
                    " subscribers that do not read meanwhile, 100-byte "
                    "messages one at a time, median of " +
                    std::to_string(setting.rounds) + " rounds");
  std::vector<std::vector<double>> ratios(names.size());
  std::printf("%-20s %5s %14s %16s %12s\n", "", "loops", "deliveries/s", "CPU each, us",
              "cores used");
  for (std::size_t round = 0; round < setting.rounds; ++round) {
    for (std::size_t n = 0; n < names.size(); ++n) {
      double one = 0;
      for (const std::size_t loops : {1, 2}) {
        System system(make_peer(names[n], paths).value(), loops, subscribers);
        const Rate rate = system.measure();
        std::printf("%-20s %5zu %14.0f %16.2f %12.2f\n", names[n].c_str(), loops,
                    rate.deliveries_per_second, rate.cpu_each, rate.cores);
        report.add("deliveries per second", names[n] + ", " + std::to_string(loops) + " loops",
                   rate.deliveries_per_second);
        if (loops == 1) one = rate.deliveries_per_second;
        if (loops == 2) ratios[n].push_back(rate.deliveries_per_second / one);
      }
    }
  }
  if (!setting.results.empty()) report.write(setting.results, "loops");
  bool met = true;
  for (std::size_t n = 0; n < names.size(); ++n) {
    const double ratio = median(ratios[n]);
    met = met && ratio >= bar;
    std::printf("%-20s two loops deliver %.2f times what one does (bar %.1f)%s\n", names[n].c_str(),
                ratio, bar, ratio >= bar ? "" : "  MISSED");
  }
  return met ? 0 : 1;
}

}  // namespace freshet::bench
