// When to come back. One policy in one path for every transport, and for repeats of publishes: cap
// first, jitter last, spread over the window that the server advises. Also run by the herd model.
#pragma once

#include <optional>

#include "core/random.h"
#include "core/time.h"
#include "freshet/options.h"

namespace freshet::core {

enum class Cause {
  remote,  // The server or the path ended it: others are coming back at the same time.
  local,   // Only this client is concerned: network back, page shown, wake, own watchdog.
};

class ReconnectPolicy {
 public:
  constexpr ReconnectPolicy() = default;
  constexpr explicit ReconnectPolicy(Reconnect kind) : kind_(kind) {}
  void begin(Reconnect kind) { kind_ = kind; }

  // What the server says, clamped to [100 ms, 10 min].
  void set_window(Duration window);
  Duration window() const { return window_; }

  // Number of the next attempt: 0 = the first return after a loss (or the very first connect).
  unsigned attempt() const { return attempt_; }
  void handle_attempt();
  // The connection has held for long enough that the next loss is a new outage.
  void handle_stable();

  // How long to wait before the next attempt. Attempt 0: evenly in [0, window], or, when the cause
  // is local, in [0, min(window, 2 s)]. Attempt n: evenly in [100 ms, min(cap, window * 2^n)],
  // where cap = max(window, 5 s) in the first two minutes of an outage if the server told the
  // window, max(window, 60 s) otherwise. The outage begins with the first call after
  // handle_stable(). Reconnect::none: 0, and 100 ms behind an attempt that failed, so that it
  // cannot spin.
  Duration delay(Instant now, Cause cause, Random& random);

  // How long to wait for a slot of one's own, `floor` away: exactly so long, but at least 100 ms,
  // doubled with each further ticket of one outage, so that tickets for no time at all cannot make
  // a client spin. Attempts that failed otherwise do not count: their backoff would miss the slot.
  Duration slot_delay(Duration floor);

  // Evenly in [0, min(window, 2 s)], whatever the attempt: something here has changed.
  Duration local_delay(Random& random) const;

  // The delay before repeat `attempt` (1 = the first) of something else, by the same numbers.
  Duration repeat_delay(Instant now, unsigned attempt, Random& random) const;

 private:
  Duration cap(Instant now) const;

  Reconnect kind_ = Reconnect::windowed;
  Duration window_{5'000};
  bool window_known_ = false;
  unsigned attempt_ = 0;
  unsigned slots_ = 0;  // Told since the last stable connection.
  OptionalInstant outage_since_;
};

}  // namespace freshet::core
