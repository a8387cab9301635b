// Server-Sent Events: the subscriptions are in the address, so that a changed set is a new stream.
#pragma once

#include "core/transport/transport.h"
#include "freshet/containers.h"

namespace freshet::core::sse {

// Longer addresses are refused by servers and proxies; ours reads 16 KiB of header.
inline constexpr std::size_t target_bytes_max = 12 * 1024;

Text target(const Connection& connection, const Identity& identity);

}  // namespace freshet::core::sse
