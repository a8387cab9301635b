// Two loops against one: deliveries per second to very many subscribers.
#pragma once

#include "setting.h"

namespace freshet::bench {

// Servers with one loop and with two take turns. A delivery is counted when its bytes lie in the
// subscriber's socket: nobody reads during a window, for on a machine of few cores the readers
// would take the second loop's. Fails below the bar of 1.8.
int measure_loops(const Setting& setting, std::size_t subscribers);

}  // namespace freshet::bench
