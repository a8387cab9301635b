// `latency`: how long after its publish a message is with its subscribers, beside the peers.
#pragma once

#include "setting.h"

namespace freshet::bench {

// Publishes on a clock, whatever has arrived, first at half of what ours delivers at most, then at
// half of what the slowest peer does. Returns 0; throws std::runtime_error when ours loses a
// message.
int measure_latency(const Setting& setting);

}  // namespace freshet::bench
