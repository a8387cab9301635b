#include "admission/siphash.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::server {
namespace {

// The key and messages of the paper's appendix: bytes 00, 01, 02, …
constexpr HashKey paper_key{.low = 0x0706050403020100, .high = 0x0f0e0d0c0b0a0908};

std::string counting(std::size_t size) {
  std::string bytes;
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(i);
  return bytes;
}

TEST_CASE("SipHash gives the values that its authors published", "[admission][siphash]") {
  CHECK(siphash(paper_key, counting(0)) == 0x726fdb47dd0e0e31);
  CHECK(siphash(paper_key, counting(1)) == 0x74f839c593dc67fd);
  CHECK(siphash(paper_key, counting(7)) == 0xab0200f58b01d137);
  CHECK(siphash(paper_key, counting(8)) == 0x93f5f5799a932462);
  CHECK(siphash(paper_key, counting(15)) == 0xa129ca6149be45e5);
  CHECK(siphash(paper_key, counting(63)) == 0x958a324ceb064572);
}

TEST_CASE("another key gives another hash", "[admission][siphash]") {
  CHECK(siphash({.low = 1, .high = 0}, "ann") != siphash({.low = 2, .high = 0}, "ann"));
  CHECK(siphash({.low = 0, .high = 1}, "ann") != siphash({.low = 0, .high = 2}, "ann"));
}

}  // namespace
}  // namespace freshet::server
