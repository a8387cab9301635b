// Calendar: who is due at which millisecond. Every client has at most one appointment, so that the
// queue is two arrays, and adding and taking cost the same for ten clients and for a million.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

#include "freshet/time.h"

namespace freshet::server {

class Calendar {
 public:
  // For clients 0 … `clients` - 1 and the milliseconds 0 … `end` - 1.
  Calendar(std::uint32_t clients, Duration end)
      : first_(static_cast<std::size_t>(end.count()), nobody), next_(clients, nobody) {}

  Duration end() const { return Duration{static_cast<Duration::rep>(first_.size())}; }

  // False when `at` is past the end: the client has no appointment.
  // REQUIRES: at >= 0; the client has none yet.
  bool add(std::uint32_t client, Duration at) {
    if (at >= end()) return false;
    std::uint32_t& head = first_[static_cast<std::size_t>(at.count())];
    next_[client] = head;
    head = client;
    return true;
  }

  // Calls `visit(client)` for everybody due at `at`, last added first; who is added meanwhile for
  // the same millisecond is visited too.
  template <typename Visit>
  void take(Duration at, const Visit& visit) {
    std::uint32_t& head = first_[static_cast<std::size_t>(at.count())];
    while (head != nobody) {
      const std::uint32_t client = head;
      head = next_[client];
      visit(client);
    }
  }

 private:
  static constexpr std::uint32_t nobody = std::numeric_limits<std::uint32_t>::max();

  std::vector<std::uint32_t> first_;  // By millisecond.
  std::vector<std::uint32_t> next_;   // By client: who is due at the same millisecond.
};

}  // namespace freshet::server
