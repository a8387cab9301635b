// The one unit of time: whole milliseconds, as on the wire.
#pragma once

#include <chrono>

namespace freshet {

using Duration = std::chrono::milliseconds;

}  // namespace freshet
