// What a return of many clients was like, in figures; of the model and of real connections alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "freshet/time.h"

namespace freshet::server {

// Curves are counted in these.
inline constexpr Duration slot_length{100};

struct Slot {
  std::uint32_t arrivals = 0;   // Tries that began, whether anybody answered or not.
  std::uint32_t refused = 0;    // Of these: the server was there and said no.
  std::uint32_t recovered = 0;  // Clients that were let in.
};

struct Figures {
  std::uint32_t clients = 0;
  std::uint32_t recovered = 0;
  std::uint32_t gave_up = 0;  // They will not try again, whatever happens.
  // No server with this capacity could have them back sooner: outage + clients ÷ rate.
  Duration ideal{0};
  // From the loss until so many were back; nothing: they never were.
  std::optional<Duration> half, most, all;  // 50 %, 99 %, 100 %.
  std::uint32_t peak = 0;                   // Most arrivals of one slot.
  std::uint32_t peak_after_return = 0;      // The same, counted from the server's return.
  double tries_mean = 0;
  unsigned tries_max = 0;
  double tries_after_return_mean = 0;
  unsigned tries_after_return_max = 0;
  std::uint64_t refused = 0;

  double refused_per_client() const {
    return clients == 0 ? 0 : static_cast<double>(refused) / clients;
  }
};

}  // namespace freshet::server
