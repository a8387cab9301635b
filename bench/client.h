// `client`: messages per second through subscribe() of the native SDK, on one core.
#pragma once

#include "setting.h"

namespace freshet::bench {

// Fills a server's log, then lets a client replay all of it, round after round. Prints the rate by
// the client's own CPU and by the clock, and its allocations per message. Returns 1 below the bar
// of a million messages per second of CPU.
int measure_client(const Setting& setting);

}  // namespace freshet::bench
