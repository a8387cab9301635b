// `memory`: what one idle connection costs the server in memory of its own.
#pragma once

#include <cstddef>
#include <string>

namespace freshet::bench {

// Opens `count` idle SSE, then WebSocket connections, each against a fresh server, and prints
// growth of anonymous resident memory ÷ connections, by io_uring and by epoll. Returns 1 when one
// costs more than 300 bytes (SSE) or 450 (WebSocket).
int measure_memory(const std::string& program, std::size_t count);

}  // namespace freshet::bench
