// Window: over how many milliseconds lost clients should spread their return, so that they come no
// faster than the server admits them. Pure: time is an argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_set>

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

  // There are so many clients now: streams and recent pollers of all loops.
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

// Counts clients that poll. One counts as here until it has not asked for between 90 and 180
// seconds, longer than the longest wait. Holds at most `pollers_max`; more are not counted.
class RecentPollers {
 public:
  static constexpr std::size_t pollers_max = 1'000'000;

  // `client`: its id, or its address when it gave none.
  void seen(std::string_view client, Instant now);
  std::size_t count(Instant now);

 private:
  void turn(Instant now);

  std::unordered_set<std::uint64_t> current_;
  std::unordered_set<std::uint64_t> previous_;
  std::size_t previous_only_ = 0;  // In previous_ and not in current_.
  Instant turned_at_{};
  bool started_ = false;
};

}  // namespace freshet::server
