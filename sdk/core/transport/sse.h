// Server-Sent Events: the subscriptions are in the address, so that a changed set is a new stream.
#pragma once

#include <cstddef>

namespace freshet::core::sse {

// What is asked for, as flat text (wire/request.h), is about as long in the address. Longer ones
// are refused by servers and proxies; ours reads 16 KiB of header.
inline constexpr std::size_t asks_bytes_max = 12 * 1024;

}  // namespace freshet::core::sse
