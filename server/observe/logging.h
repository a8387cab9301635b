// The server's log lines, by spdlog on stderr: one line each, the time in UTC.
#pragma once

#include <string_view>

#include "freshet/result.h"

namespace freshet::server {

// `level`: trace, debug, info, warn, error or off; ErrorCode::invalid_argument otherwise.
// Call once, before any other thread logs.
Result<void> start_logging(std::string_view level);

}  // namespace freshet::server
