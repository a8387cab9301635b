// A load generator in a process of its own: it holds the subscribers of one server, publishes and
// counts what arrives. A process each, because one may open no more than 20,000 files.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "peer.h"

namespace freshet::bench {

struct Load {
  std::uint64_t bursts = 1;
  std::uint64_t burst_size = 1;  // Published at once; the next burst follows when all have arrived,
  std::chrono::microseconds interval{0};  // and not sooner than this after the one before.
  std::uint64_t payload_bytes = 100;
};

class LoadProcess {
 public:
  // Forks; the child runs on `core` and connects `subscribers` to the peer, which must be
  // listening. Throws std::runtime_error when that fails.
  LoadProcess(const Peer& peer, std::size_t subscribers, int core);
  ~LoadProcess();
  LoadProcess(const LoadProcess&) = delete;
  LoadProcess& operator=(const LoadProcess&) = delete;

  // Returns when every subscriber has received every message. Throws when one is lost, or is
  // received twice.
  void run(const Load& load);

 private:
  void wait_for_answer();

  pid_t pid_ = -1;
  int channel_ = -1;
};

}  // namespace freshet::bench
