// Door: the model's server as a newcomer meets it: the real admission code, and what the clients
// keep of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "admission/limiter.h"

namespace freshet::server {

struct DoorOptions {
  std::uint32_t clients = 1;
  double rate = 2'000;  // Clients a second.
  double burst = 50;    // At once.
  // Whether a refused client is given a ticket. Without, it is only refused.
  bool tickets = true;
};

// Threads: one at a time.
class Door {
 public:
  struct Answer {
    bool admitted = false;
    std::optional<Duration> slot;  // Refused with a ticket: come back in this long.
  };

  explicit Door(const DoorOptions& options);

  // `client` (0 … clients - 1) asks to be let in, and shows its ticket if it has one. Times are
  // counted from any zero, and never go back.
  Answer arrive(std::uint32_t client, Duration now);

 private:
  static constexpr std::uint64_t no_slot = ~std::uint64_t{0};

  bool tickets_;
  Limiter limiter_;      // Of a server without tickets.
  Admission admission_;  // Of one with them.
  // By client, the slot of its ticket: the ticket itself is made anew when it is shown, so that a
  // million of them stay small.
  std::vector<std::uint64_t> slots_;
};

}  // namespace freshet::server
