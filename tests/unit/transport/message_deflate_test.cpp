#include "transport/message_deflate.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "log/memory_log.h"

namespace freshet::server {
namespace {

EncodedMessage message(std::size_t data_bytes) {
  MemoryLog log(1);
  REQUIRE(
      log.append({.topic = "a", .data = '"' + std::string(data_bytes, 'x') + '"', .time = 5}, {}));
  return {std::as_const(log).read({.after = 0}).messages.at(0), "k3f9"};
}

// What a client reads out of one frame.
std::string read(std::string_view bytes) {
  wire::WebSocketParser parser(wire::Role::client, 1 << 20, true);
  parser.feed(bytes);
  const auto event = parser.next();
  REQUIRE(event);
  if (!event->compressed) return "plain " + std::string(event->payload);
  const auto plain = Inflater().inflate(event->payload, 1 << 20);
  REQUIRE(plain);
  return "compressed " + *plain;
}

TEST_CASE("a message is compressed once for all that agreed", "[transport][deflate]") {
  MessageDeflate deflate({.on = true, .bytes_min = 512});
  EncodedMessage encoded = message(1000);
  const Blob& first = deflate.frame_of(encoded, DeflateAgreement(15));
  const Blob& second = deflate.frame_of(encoded, DeflateAgreement(11));
  CHECK(first.get() == second.get());
  CHECK(read(*first) == "compressed " + *encoded.frame());
  CHECK(read(*deflate.frame_of(encoded, {})) == "plain " + *encoded.frame());
  CHECK(deflate.counts().messages == 1);
  CHECK(deflate.counts().deliveries == 2);
  CHECK(deflate.counts().bytes_in == encoded.frame()->size());
  CHECK(deflate.counts().bytes_out == first->size());
}

TEST_CASE("small messages, and those over a client's window, go as they are",
          "[transport][deflate]") {
  MessageDeflate deflate({.on = true, .bytes_min = 512});
  EncodedMessage small = message(100);
  CHECK(read(*deflate.frame_of(small, DeflateAgreement(15))).starts_with("plain "));
  EncodedMessage large = message(1025);
  CHECK(read(*deflate.frame_of(large, DeflateAgreement(10))).starts_with("plain "));
  CHECK(deflate.counts().messages == 0);
  CHECK(deflate.counts().deliveries == 0);
}

TEST_CASE("a client's message is read, and refused by what is wrong with it",
          "[transport][deflate]") {
  MessageDeflate deflate({});
  const auto said = [&](wire::Opcode opcode, std::string_view plain, std::size_t bytes_max) {
    const std::string bytes = Deflater(Deflater::Format::message).deflate(plain);
    const auto result =
        deflate.inflate({.opcode = opcode, .payload = bytes, .compressed = true}, bytes_max);
    return result ? *result : std::to_string(close_code_of_inflate(result.error()));
  };
  CHECK(said(wire::Opcode::text, "h\xC3\xA9", 10) == "h\xC3\xA9");
  CHECK(said(wire::Opcode::text, "h\xC3", 10) == "1007");
  CHECK(said(wire::Opcode::binary, "h\xC3", 10) == "h\xC3");
  CHECK(said(wire::Opcode::text, "eleven byte", 10) == "1009");
  CHECK(deflate.counts().inflated == 2);
  const auto broken =
      deflate.inflate({.opcode = wire::Opcode::text, .payload = "\xFF", .compressed = true}, 10);
  REQUIRE_FALSE(broken);
  CHECK(close_code_of_inflate(broken.error()) == 1007);
}

}  // namespace
}  // namespace freshet::server
