// Window: over how many milliseconds lost clients should spread their return, so that they come no
// faster than the server admits them. Pure: time is an argument.
#pragma once

#include <cstddef>

#include "log/instant.h"

namespace freshet::server {

struct WindowOptions {
  double admission_rate = 1000;  // Clients a second the server lets in.
  Duration window_min{100};
  Duration window_max{5 * 60 * 1000};
};

// window = 1.1 × clients ÷ admission rate, between its bounds. Clients are the larger of those here
// now and a peak that halves every ten minutes: after an outage most of them are still away.
// Threads: one at a time.
class Window {
 public:
  explicit Window(WindowOptions options = {});

  // There are so many clients now: streams and recent pollers of all loops, and those who were
  // told to come back.
  void observe(std::size_t clients, Instant now);
  Duration value(Instant now) const;
  // The number the window was computed from.
  double clients(Instant now) const;

 private:
  WindowOptions options_;
  std::size_t clients_ = 0;
  double peak_ = 0;
  Instant peak_at_{};
};

}  // namespace freshet::server
