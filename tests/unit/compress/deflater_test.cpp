#include "compress/deflater.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <string_view>

#include "compress/inflater.h"

namespace freshet::server {
namespace {

using namespace std::string_view_literals;

// Does not compress, and never repeats for as long as a test needs.
std::string noise(std::size_t bytes) {
  std::string text;
  std::uint32_t state = 12345;
  while (text.size() < bytes) {
    state = state * 1664525 + 1013904223;
    text += static_cast<char>(state >> 24);
  }
  return text;
}

TEST_CASE("what is compressed is read back, whatever its size", "[compress][deflate]") {
  const std::size_t bytes = GENERATE(0, 1, 2, 511, 512, 32'768, 65'536, 1'000'000);
  const bool random = GENERATE(false, true);
  CAPTURE(bytes, random);
  const std::string plain = random ? noise(bytes) : std::string(bytes, 'x');
  Deflater deflater(Deflater::Format::message);
  Inflater inflater;
  const auto back = inflater.inflate(deflater.deflate(plain), bytes);
  REQUIRE(back);
  CHECK(*back == plain);
}

TEST_CASE("a message is compressed as if it were the first", "[compress][deflate]") {
  Deflater deflater(Deflater::Format::message);
  const std::string first = deflater.deflate(R"({"bid":187.2,"bid":187.2})");
  CHECK(deflater.deflate("something else") ==
        Deflater(Deflater::Format::message).deflate("something else"));
  CHECK(deflater.deflate(R"({"bid":187.2,"bid":187.2})") == first);
}

TEST_CASE("the example of RFC 7692 comes out, without the flush's end", "[compress][deflate]") {
  CHECK(Deflater(Deflater::Format::message).deflate("Hello") == "\xF2\x48\xCD\xC9\xC9\x07\0"sv);
}

TEST_CASE("no distance is longer than the message", "[compress][deflate]") {
  // A repetition at the very end of 256 bytes is within a window of 8 bits, so a client with one
  // can read it.
  const std::string half = noise(128);
  const std::string compressed = Deflater(Deflater::Format::message).deflate(half + half);
  CHECK(compressed.size() < 256);
}

TEST_CASE("gzip bodies are whole and stand alone", "[compress][gzip]") {
  Deflater deflater(Deflater::Format::gzip);
  const std::string body = deflater.deflate(std::string(5000, 'x'));
  CHECK(body.starts_with("\x1F\x8B\x08"sv));
  CHECK(body.size() < 100);
  CHECK(body.ends_with("\x88\x13\0\0"sv));  // ISIZE, 5000.
  CHECK(deflater.deflate(std::string(5000, 'x')) == body);
}

}  // namespace
}  // namespace freshet::server
