// What the fuzz programs share: an assertion that stands in every build, and cuts of the input.
#pragma once

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <vector>

// Aborts, so that libFuzzer keeps the input.
#define FUZZ_REQUIRE(condition)                                                    \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)

namespace freshet::fuzz {

// Hands out `bytes` in pieces, each in memory of its own that is gone once it was taken. Piece
// sizes go round through `sizes`; 0 in it stands for all that is left.
template <typename Take>
void feed_in_pieces(std::string_view bytes, const std::vector<std::size_t>& sizes, Take take) {
  for (std::size_t turn = 0; !bytes.empty(); ++turn) {
    const std::size_t asked = sizes[turn % sizes.size()];
    const std::size_t size = asked == 0 ? bytes.size() : std::min(asked, bytes.size());
    const std::vector<char> piece(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    take(std::string_view(piece.data(), piece.size()));
    bytes.remove_prefix(size);
  }
}

inline std::string_view as_text(const unsigned char* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

}  // namespace freshet::fuzz
