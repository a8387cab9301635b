// Chance as an argument: a small generator seeded by the port (SplitMix64, Steele et al. 2014), the
// same sequence on every platform. Not for secrets.
#pragma once

#include <cstdint>

#include "freshet/time.h"

namespace freshet::core {

class Random {
 public:
  constexpr Random() = default;
  constexpr explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
  }

  // Evenly in [low, high], both included. REQUIRES: low <= high.
  Duration between(Duration low, Duration high) {
    const auto span = static_cast<std::uint64_t>((high - low).count()) + 1;
    return low + Duration{static_cast<Duration::rep>(next() % span)};
  }

 private:
  std::uint64_t state_ = 0;
};

}  // namespace freshet::core
