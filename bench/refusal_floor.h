// `refusal`'s floor: a server that refuses everybody without a look at who it is. What it costs is
// the kernel's, and no server that uses its TCP can refuse for less on this machine.
#pragma once

#include <cstdint>

namespace freshet::bench {

// Serves on 127.0.0.1:`port` until killed: whoever asks /v1/sse or /v1/ws is sent what ours sends
// to whom it refuses, and closed; /v1/poll is answered on a connection that stays. Knows no errors.
// Returns 1 when io_uring or the port cannot be had.
int serve_refusal_floor(std::uint16_t port);

}  // namespace freshet::bench
