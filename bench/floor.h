// `floor`: a server that does nothing but send: what it costs is the kernel's, and no server that
// uses its TCP can cost less on this machine. Measured beside the others to tell what is left.
#pragma once

#include <cstdint>

namespace freshet::bench {

// Serves on 127.0.0.1:`port` until killed: whoever asks GET becomes a subscriber; the body of each
// POST goes to all of them, those of one packet in one send each, by io_uring. Knows no errors.
// Returns 1 when io_uring or the port cannot be had.
int serve_floor(std::uint16_t port);

}  // namespace freshet::bench
