#include "native/websocket_handshake.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::native {

TEST_CASE("a handshake asks for the path at the host of the address", "[native][websocket]") {
  const auto ask = [](std::string url) {
    return handshake_request({.url = std::move(url), .headers = {{"A", "b"}}}, "p", "k");
  };
  CHECK(ask("http://a.example:81/x?y=1") ==
        "GET /x?y=1 HTTP/1.1\r\nHost: a.example:81\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: k\r\nSec-WebSocket-Protocol: p\r\n"
        "A: b\r\n\r\n");
  CHECK(ask("https://[::1]:81").starts_with("GET / HTTP/1.1\r\nHost: [::1]:81\r\n"));
  CHECK(ask("http://h?q").starts_with("GET /?q HTTP/1.1\r\nHost: h\r\n"));
}

TEST_CASE("an answer's head is found whole, and not before it is", "[native][websocket]") {
  const std::string text = "HTTP/1.1 101 Switching Protocols\r\nA: 1\r\nB:2 \r\n\r\nrest";
  const std::size_t head_bytes = text.size() - 4;
  for (std::size_t count = 0; count < head_bytes; ++count) {
    const auto parsed = parse_handshake(text.substr(0, count));
    REQUIRE(parsed);
    CHECK_FALSE(parsed->has_value());
  }
  const auto parsed = parse_handshake(text);
  REQUIRE(parsed);
  REQUIRE(*parsed);
  CHECK((*parsed)->bytes == head_bytes);
  CHECK((*parsed)->head.status == 101);
  CHECK((*parsed)->head.headers == HttpHeaders{{"A", "1"}, {"B", "2"}});
}

TEST_CASE("what cannot become an answer is refused early", "[native][websocket]") {
  CHECK_FALSE(parse_handshake("SSH-"));
  CHECK_FALSE(parse_handshake("HTTP/2 200 OK"));
  CHECK_FALSE(parse_handshake("HTTP/1.1 abc\r\n\r\n"));
  CHECK_FALSE(parse_handshake("HTTP/1.1\r\n\r\n"));
  CHECK_FALSE(parse_handshake("HTTP/1.1 200 OK\r\nno colon\r\n\r\n"));
  CHECK_FALSE(parse_handshake("HTTP/1.1 200 OK\r\n: no name\r\n\r\n"));
  CHECK_FALSE(parse_handshake("HTTP/1.1 200 OK\r\nA: " + std::string(handshake_bytes_max, 'a')));
}

}  // namespace freshet::native
