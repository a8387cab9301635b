// Feeds a parser in every kind of cut. Used by the tests of all incremental parsers.
#pragma once

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <string_view>
#include <vector>

namespace freshet::wire::test {

// One input, handed out in pieces. Each piece lies in memory of its own size that is gone once it
// was taken, so that a sanitizer sees a parser that reads past its end or keeps a view of it.
class Pieces {
 public:
  Pieces(std::string_view bytes, std::size_t piece_bytes)
      : bytes_(bytes), piece_bytes_(piece_bytes) {}

  template <typename Take>
  void for_each(Take take) const {
    for (std::size_t at = 0; at < bytes_.size(); at += piece_bytes_) {
      const std::string_view piece = bytes_.substr(at, piece_bytes_);
      const std::vector<char> own(piece.begin(), piece.end());
      take(std::string_view(own.data(), own.size()));
    }
  }

 private:
  std::string_view bytes_;
  std::size_t piece_bytes_;
};

// Calls `read(pieces)` with the input whole, byte by byte and in pieces of other sizes; requires
// that all see the same, and returns that.
template <typename Read>
auto read_in_every_cut(std::string_view bytes, Read read) {
  const auto whole = read(Pieces(bytes, std::max<std::size_t>(bytes.size(), 1)));
  for (const std::size_t piece_bytes : {1, 2, 3, 5, 8, 13, 64}) {
    CAPTURE(piece_bytes);
    REQUIRE(read(Pieces(bytes, piece_bytes)) == whole);
  }
  return whole;
}

}  // namespace freshet::wire::test
