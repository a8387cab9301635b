// The server's point in time: whole milliseconds of a clock that never goes back. Pure code takes
// one as an argument; only server/app and server/park read the clock.
#pragma once

#include <chrono>

#include "freshet/time.h"

namespace freshet::server {

using Instant = std::chrono::time_point<std::chrono::steady_clock, Duration>;

}  // namespace freshet::server
