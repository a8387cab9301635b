// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash of 64 bits. Whoever does not have the
// key can neither make a tag nor find two texts with the same one. Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace freshet::server {

// 128 bits that nobody outside may know. `low` is the key's first eight bytes, little end first.
struct HashKey {
  std::uint64_t low = 0;
  std::uint64_t high = 0;
};

std::uint64_t siphash(const HashKey& key, std::string_view bytes);

}  // namespace freshet::server
