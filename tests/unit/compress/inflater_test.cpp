#include "compress/inflater.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "compress/deflater.h"

namespace freshet::server {
namespace {

using namespace std::string_view_literals;

std::string deflated(std::string_view plain) {
  return Deflater(Deflater::Format::message).deflate(plain);
}

std::optional<ErrorCode> fault_of(std::string_view compressed, std::size_t bytes_max = 1000) {
  const auto plain = Inflater().inflate(compressed, bytes_max);
  return plain ? std::nullopt : std::optional(plain.error().code);
}

TEST_CASE("the examples of RFC 7692 are read", "[compress][inflate]") {
  // §7.2.3: one block, a stored block, a final block, two blocks.
  for (const std::string_view bytes :
       {"\xF2\x48\xCD\xC9\xC9\x07\0"sv, "\0\x05\0\xFA\xFF\x48\x65\x6C\x6C\x6F\0"sv,
        "\xF3\x48\xCD\xC9\xC9\x07\0\0"sv, "\xF2\x48\x05\0\0\0\xFF\xFF\xCA\xC9\xC9\x07\0"sv}) {
    const auto plain = Inflater().inflate(bytes, 100);
    REQUIRE(plain);
    CHECK(*plain == "Hello");
  }
  CHECK(*Inflater().inflate("\0"sv, 100) == "");
}

TEST_CASE("a block behind a final one may point back before it", "[compress][inflate]") {
  // §7.2.3.4's "Hello" in a final block, then §7.2.3.2's that copies from it.
  const auto plain = Inflater().inflate("\xF3\x48\xCD\xC9\xC9\x07\0\xF2\0\x11\0\0"sv, 100);
  REQUIRE(plain);
  CHECK(*plain == "HelloHello");
}

TEST_CASE("a message must not point back to the one before", "[compress][inflate]") {
  Inflater inflater;
  REQUIRE(inflater.inflate("\xF2\x48\xCD\xC9\xC9\x07\0"sv, 100));
  // §7.2.3.2: the second "Hello" of a sender that keeps its context.
  const auto second = inflater.inflate("\xF2\0\x11\0\0"sv, 100);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == ErrorCode::malformed);
  CHECK(inflater.inflate("\xF2\x48\xCD\xC9\xC9\x07\0"sv, 100));
}

TEST_CASE("a message may be as long as the limit and not a byte longer", "[compress][inflate]") {
  const std::size_t bytes = GENERATE(1, 1023, 1024, 1025, 70'000);
  CAPTURE(bytes);
  const std::string compressed = deflated(std::string(bytes, 'a'));
  CHECK_FALSE(fault_of(compressed, bytes));
  CHECK(fault_of(compressed, bytes - 1) == ErrorCode::too_large);
}

TEST_CASE("a bomb is told before it unfolds", "[compress][inflate]") {
  const std::string bomb = deflated(std::string(64 << 20, '\0'));
  REQUIRE(bomb.size() < 400'000);
  CHECK(fault_of(bomb, 1000) == ErrorCode::too_large);
}

TEST_CASE("what is no DEFLATE data is malformed", "[compress][inflate]") {
  CHECK(fault_of("\xFF\xFF\xFF\xFF"sv) == ErrorCode::malformed);            // Block type 3.
  CHECK(fault_of("\0\x05\0\0\0Hello"sv) == ErrorCode::malformed);           // LEN, NLEN.
  CHECK(fault_of(""sv) == ErrorCode::malformed);                            // No block at all.
  CHECK(fault_of("\xF3\x48\xCD\xC9\xC9\x07\0"sv) == ErrorCode::malformed);  // §7.2.3.4's 00.
}

TEST_CASE("every cut of a message is malformed or the beginning of it", "[compress][inflate]") {
  const std::string plain = R"({"op":"publish","ref":7,"topic":"chat.lobby","data":{"t":"hi hi"}})";
  const std::string whole = deflated(plain);
  for (std::size_t bytes = 0; bytes < whole.size(); ++bytes) {
    const auto cut = Inflater().inflate(std::string_view(whole).substr(0, bytes), 1000);
    CAPTURE(bytes);
    CHECK((!cut || *cut != plain));
  }
}

TEST_CASE("a message of nothing but final blocks is given up", "[compress][inflate]") {
  std::string blocks;
  for (int i = 0; i < 100'000; ++i) blocks += "\x03\0"sv;
  CHECK(fault_of(blocks + '\0') == ErrorCode::malformed);
}

}  // namespace
}  // namespace freshet::server
