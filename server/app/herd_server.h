// The server of a herd of real connections: which flags it is run with, and when it came back.
#pragma once

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "app/child_server.h"
#include "app/herd_real.h"

namespace freshet::app {

using SteadyClock = std::chrono::steady_clock;

inline Duration since(SteadyClock::time_point begin) {
  return std::chrono::duration_cast<Duration>(SteadyClock::now() - begin);
}

// Threads: one at a time.
class HerdServer {
 public:
  explicit HerdServer(const RealHerdOptions& options);
  // With flags of its own, on `port`. They have to set --ping and --admission-rate.
  HerdServer(std::vector<std::string> flags, std::uint16_t port)
      : process_(std::move(flags), port) {}

  Result<void> start() { return process_.start(); }
  const ChildServer& process() const { return process_; }

  // Kills it, leaves it away, starts it again. `killed` is called at once after the kill.
  template <typename Killed>
  Result<void> restart(Duration down, const Killed& killed) {
    process_.kill();
    killed_at_ = SteadyClock::now();
    killed();
    std::this_thread::sleep_until(killed_at_ + down);
    if (const auto started = process_.start(); !started) return started.error();
    returned_after_ = since(killed_at_);
    return {};
  }
  SteadyClock::time_point killed_at() const { return killed_at_; }
  // From the kill until it listened again.
  Duration returned_after() const { return returned_after_; }

 private:
  ChildServer process_;
  SteadyClock::time_point killed_at_;
  Duration returned_after_{0};
};

// As many open files as the system lets us have; internal when `connections` are more.
Result<void> allow_open_files(std::uint32_t connections);

// Source addresses of the clients: one has 28,000 ports, and some wait after each close.
std::string source_address(std::uint32_t client);

}  // namespace freshet::app
