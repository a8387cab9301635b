// Drain: when each client leaves a server that stops, and when it comes back. Pure: chance is an
// argument.
#pragma once

#include <cstddef>

#include "freshet/time.h"

namespace freshet::server {

struct DrainOptions {
  // Over how long clients leave. 0: all at once, which lets a server that is alone come back
  // soonest. More is for several servers on one log: a client goes on hearing from this one until
  // its slot, and moves to another without a pause.
  Duration spread{0};
  // Over how long they come back, if that is longer.
  Duration window{0};
};

struct DrainSlot {
  Duration leave{0};  // From the beginning of the drain.
  Duration delay{0};  // From leaving to coming back.
};

// The slot of client number `index` of `count`: both ways in the same order and evenly, so that no
// moment sees more of them than another. `draw` is even in [0, 1).
// REQUIRES: index < count.
DrainSlot drain_slot(const DrainOptions& options, std::size_t index, std::size_t count,
                     double draw);

}  // namespace freshet::server
