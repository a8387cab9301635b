#include "transport/websocket_handshake.h"

#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "unit/http/engine_driver.h"

namespace freshet::server {
namespace {

const std::string upgrade = "Upgrade: websocket\r\n";
const std::string connection = "Connection: Upgrade\r\n";
const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const std::string version = "Sec-WebSocket-Version: 13\r\n";

struct Shaken {
  bool accepted = false;
  Answer answer;

  std::optional<std::string> header(std::string_view name) const {
    for (const auto& [known, value] : answer.headers) {
      if (known == name) return value;
    }
    return std::nullopt;
  }
};

Shaken shake(const std::string& request, std::string_view subprotocol = "freshet.v1") {
  HttpEngine engine;
  Shaken shaken;
  engine.get("/v1/ws", [&](const Request& asked, Response& response) {
    shaken.accepted = accept_websocket(asked, subprotocol, response);
    shaken.answer = response;
  });
  ask(engine, request);
  return shaken;
}

Shaken shake_with(const std::string& headers) { return shake(get_request("/v1/ws", headers)); }

TEST_CASE("a good handshake is answered as RFC 6455 computes it", "[transport][websocket]") {
  const Shaken shaken = shake_with(upgrade + connection + key + version);
  CHECK(shaken.accepted);
  CHECK(shaken.header("Upgrade") == "websocket");
  CHECK(shaken.header("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK_FALSE(shaken.header("Sec-WebSocket-Protocol"));
}

TEST_CASE("headers are lists without case, over one line or several", "[transport][websocket]") {
  CHECK(shake_with("upgrade: WebSocket\r\nCONNECTION: keep-alive, upgrade\r\n" + key + version)
            .accepted);
  CHECK(shake_with("Upgrade: h2c\r\nConnection: keep-alive\r\n" + upgrade + connection + key +
                   version)
            .accepted);
}

TEST_CASE("our subprotocol is chosen when it is offered, and no other is",
          "[transport][websocket]") {
  const std::string good = upgrade + connection + key + version;
  CHECK(shake_with(good + "Sec-WebSocket-Protocol: x, freshet.v1\r\n")
            .header("Sec-WebSocket-Protocol") == "freshet.v1");
  CHECK(shake_with(good + "Sec-WebSocket-Protocol: x\r\nSec-WebSocket-Protocol: freshet.v1\r\n")
            .header("Sec-WebSocket-Protocol") == "freshet.v1");
  const Shaken other = shake_with(good + "Sec-WebSocket-Protocol: freshet.v2\r\n");
  CHECK(other.accepted);
  CHECK_FALSE(other.header("Sec-WebSocket-Protocol"));
  CHECK_FALSE(shake(get_request("/v1/ws", good + "Sec-WebSocket-Protocol: freshet.v1\r\n"), {})
                  .header("Sec-WebSocket-Protocol"));
}

TEST_CASE("what is no upgrade to version 13 is told what to do", "[transport][websocket]") {
  for (const std::string& headers :
       {std::string{}, connection + key + version, "Upgrade: h2c\r\n" + connection + key + version,
        upgrade + connection + key, upgrade + connection + key + "Sec-WebSocket-Version: 8\r\n"}) {
    INFO(headers);
    const Shaken shaken = shake_with(headers);
    CHECK_FALSE(shaken.accepted);
    CHECK(shaken.answer.status == 426);
    CHECK(shaken.header("Upgrade") == "websocket");
    CHECK(shaken.header("Sec-WebSocket-Version") == "13");
  }
  const Shaken old =
      shake("GET /v1/ws HTTP/1.0\r\n" + upgrade + connection + key + version + "\r\n");
  CHECK(old.answer.status == 426);
}

TEST_CASE("a broken handshake is refused", "[transport][websocket]") {
  for (const std::string& headers :
       {upgrade + key + version, upgrade + connection + version,
        upgrade + connection + "Sec-WebSocket-Key: short\r\n" + version,
        upgrade + connection + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=\r\n" + version}) {
    INFO(headers);
    const Shaken shaken = shake_with(headers);
    CHECK_FALSE(shaken.accepted);
    CHECK(shaken.answer.status == 400);
    CHECK_FALSE(shaken.header("Sec-WebSocket-Accept"));
  }
}

// Compression (RFC 7692 §5) ----------------------------------------------------------------------

struct Offered {
  std::optional<DeflateAgreement> agreement;
  Answer answer;
};

Offered offer(const std::string& headers, const Compression& compression = {}) {
  HttpEngine engine;
  Offered offered;
  engine.get("/v1/ws", [&](const Request& asked, Response& response) {
    response.headers.emplace_back("Upgrade", "websocket");
    offered.agreement = accept_deflate(asked, compression, response);
    offered.answer = response;
  });
  ask(engine, get_request("/v1/ws", headers));
  return offered;
}

TEST_CASE("offers may stand in several headers", "[transport][websocket][deflate]") {
  const Offered offered = offer(
      "Sec-WebSocket-Extensions: foo\r\n"
      "sec-websocket-extensions: permessage-deflate; server_max_window_bits=12\r\n");
  REQUIRE(offered.agreement);
  CHECK(offered.agreement->fits(4096));
  CHECK_FALSE(offered.agreement->fits(4097));
  CHECK(offered.answer.headers.back().first == "Sec-WebSocket-Extensions");
}

TEST_CASE("without an offer, and without compression, no extension is named",
          "[transport][websocket][deflate]") {
  const std::string wish = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
  for (const Offered& offered : {offer(""), offer(wish, {.on = false})}) {
    REQUIRE(offered.agreement);
    CHECK_FALSE(offered.agreement->agreed());
    CHECK(offered.answer.headers.size() == 1);
  }
}

TEST_CASE("a malformed offer fails the handshake", "[transport][websocket][deflate]") {
  const Offered offered = offer("Sec-WebSocket-Extensions: permessage-deflate; =\r\n");
  CHECK_FALSE(offered.agreement);
  CHECK(offered.answer.status == 400);
}

}  // namespace
}  // namespace freshet::server
