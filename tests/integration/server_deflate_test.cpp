// Compression over real sockets: permessage-deflate (RFC 7692) on /v1/ws and /v1/echo. The cases of
// negotiation and of message sizes follow groups 12 and 13 of the public conformance suite.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "compress/deflater.h"
#include "integration/server_fixture.h"

namespace freshet::tests {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view offer = "Sec-WebSocket-Extensions: permessage-deflate\r\n";
constexpr std::string_view agreed =
    "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
    "client_no_context_takeover";

// First bytes: FIN, RSV1 and the opcode.
constexpr unsigned text = 0xC1;
constexpr unsigned binary = 0xC2;

std::string frame(unsigned first, std::string_view payload) {
  std::string bytes = wire::encode_masked_frame(wire::Opcode::text, payload, 0x37FA213D);
  bytes[0] = static_cast<char>(first);
  return bytes;
}

std::string deflated(std::string_view plain) {
  return server::Deflater(server::Deflater::Format::message).deflate(plain);
}

std::string json_text(std::size_t bytes) {
  std::string json = "\"";
  for (int i = 0; json.size() < bytes; ++i) json += "price " + std::to_string(i) + ", ";
  json.resize(bytes - 1);
  return json + '"';
}

std::string publish_frame(std::string_view data) {
  return R"({"op":"publish","ref":7,"topic":"a","data":)" + std::string(data) + "}";
}

app::ServerOptions with_echo() {
  app::ServerOptions options;
  options.echo = true;
  return options;
}

TEST_CASE("compression is agreed when it is offered", "[server][deflate]") {
  TestServer server(with_echo());
  for (const std::string_view target : {"/v1/ws", "/v1/echo"}) {
    INFO(target);
    CHECK(server.websocket(target, offer).answer().find(agreed) != std::string::npos);
    CHECK(server.websocket(target).answer().find("Extensions") == std::string::npos);
    CHECK(server
              .websocket(target,
                         "Sec-WebSocket-Extensions: permessage-deflate; a=1\r\n"
                         "Sec-WebSocket-Extensions: permessage-deflate; "
                         "server_max_window_bits=9\r\n")
              .answer()
              .find(std::string(agreed) + "; server_max_window_bits=9\r\n") != std::string::npos);
    auto client = server.connect();
    client.send(handshake_text(target, "Sec-WebSocket-Extensions: permessage-deflate;;\r\n"));
    CHECK(client.read_until("\r\n\r\n").starts_with("HTTP/1.1 400 "));
  }
}

TEST_CASE("nothing is compressed when that is switched off", "[server][deflate]") {
  TestServer server({.compression = {.on = false}});
  WebSocketPeer peer = server.websocket("/v1/ws?pattern=a", offer);
  CHECK(peer.answer().find("Extensions") == std::string::npos);
  peer.next_with("\"live\"");
  server.publish("a", json_text(5000));
  CHECK(peer.next().payload.find("price 7") != std::string::npos);
  peer.send_raw(frame(text, deflated("{}")));
  CHECK(peer.close_code() == 1002);
}

TEST_CASE("a large message is compressed once for each loop and shared", "[server][deflate]") {
  TestServer server;
  std::vector<WebSocketPeer> peers;
  for (int i = 0; i < 12; ++i) peers.push_back(server.websocket("/v1/ws?pattern=a", offer));
  peers.push_back(server.websocket("/v1/ws?pattern=a"));
  peers.push_back(server.websocket(
      "/v1/ws?pattern=a",
      "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=10\r\n"));
  for (WebSocketPeer& peer : peers) peer.next_with("\"live\"");

  const std::string large = json_text(5000);
  server.publish("a", "1");
  server.publish("a", large);
  for (std::size_t i = 0; i < peers.size(); ++i) {
    CAPTURE(i);
    CHECK_FALSE(peers[i].next().compressed);
    const auto received = peers[i].next();
    CHECK(received.payload.ends_with("\"data\":" + large + "}"));
    CHECK(received.compressed == (i < 12));
  }
  const server::ServerCounts& counts = server.counts();
  REQUIRE(eventually([&] { return counts.deflated_deliveries.value() == 12; }));
  CHECK(counts.deflated_messages.value() >= 1);
  CHECK(counts.deflated_messages.value() <= 2);  // Of two loops.
  CHECK(counts.deflated_bytes_out.value() < counts.deflated_bytes_in.value() / 2);
  const std::string metrics = server.get("/metrics");
  CHECK(metrics.find("freshet_deflated_deliveries_total 12\n") != std::string::npos);

  INFO("and again for who returns by a cursor");
  WebSocketPeer returned = server.websocket("/v1/ws?pattern=a&cursor=" + server.cursor(1), offer);
  CHECK(returned.next_with("price 7").ends_with("\"data\":" + large + "}"));
}

TEST_CASE("a client may send compressed, whole and in fragments", "[server][deflate]") {
  TestServer server;
  WebSocketPeer peer = server.websocket("/v1/ws?pattern=a", offer);
  peer.next_with("\"live\"");
  peer.send_raw(frame(text, deflated(publish_frame("1"))));
  CHECK(peer.next_with("\"ack\"") == R"({"op":"ack","ref":7,"id":1})");
  CHECK(peer.next_with("\"topic\"").ends_with("\"data\":1}"));

  const std::string compressed = deflated(publish_frame(json_text(300)));
  peer.send_raw(frame(0x41, compressed.substr(0, 20)) + frame(0x89, "between") +
                frame(0x00, compressed.substr(20, 50)) + frame(0x80, compressed.substr(70)));
  CHECK(peer.next().opcode == wire::Opcode::pong);
  CHECK(peer.next_with("\"ack\"") == R"({"op":"ack","ref":7,"id":2})");
  peer.next_with("price 7");

  INFO("and a plain one beside them, and byte by byte");
  peer.send_text(publish_frame("3"));
  CHECK(peer.next_with("\"ack\"") == R"({"op":"ack","ref":7,"id":3})");
  for (const char byte : frame(text, deflated(publish_frame("4")))) {
    peer.send_raw(std::string_view(&byte, 1));
  }
  CHECK(peer.next_with("\"ack\"") == R"({"op":"ack","ref":7,"id":4})");
  CHECK(eventually([&] { return server.counts().inflated_messages.value() == 3; }));
}

TEST_CASE("what is wrong with a compressed message ends its connection", "[server][deflate]") {
  TestServer server({.limits = {.message_bytes_max = 200'000}});
  struct Case {
    std::string_view what;
    std::string bytes;
    unsigned code;
  };
  const std::string bomb = deflated(std::string(50 << 20, ' '));
  for (const auto& [what, bytes, code] : {
           Case{"no DEFLATE data", frame(text, "\xFF\xFF\xFF"), 1007},
           Case{"a cut block", frame(text, deflated(publish_frame("1")).substr(0, 12)), 1007},
           Case{"nothing", frame(text, ""), 1007},
           Case{"no UTF-8", frame(text, deflated("\"\xC3\"")), 1007},
           Case{"binary", frame(binary, deflated("x")), 1003},
           Case{"a bomb", frame(text, bomb), 1009},
           Case{"RSV1 on a continuation", frame(0x41, "\xF2") + frame(0xC0, "\x48"), 1002},
           Case{"RSV1 on a ping", frame(0xC9, ""), 1002},
           Case{"RSV2", frame(0xE1, deflated("{}")), 1002},
           Case{"RSV3", frame(0x91, "{}"), 1002},
           Case{"no frame of ours", frame(text, deflated("hello")), 4004},
       }) {
    INFO(what);
    WebSocketPeer peer = server.websocket("/v1/ws", offer);
    peer.send_raw(bytes);
    CHECK(peer.close_code() == code);
  }
  CHECK(server.counts().limits.of(server::LimitName::message_bytes).value() == 1);
  WebSocketPeer peer = server.websocket("/v1/ws");
  peer.send_raw(frame(text, deflated("{}")));
  CHECK(peer.close_code() == 1002);
}

TEST_CASE("a limit on messages holds for what they inflate to", "[server][deflate]") {
  TestServer server({.limits = {.message_bytes_max = 200'000}});
  WebSocketPeer peer = server.websocket("/v1/ws", offer);
  peer.send_raw(frame(text, deflated(publish_frame(json_text(200'000)))));
  CHECK(peer.next_with("ref\":7") == R"({"op":"ack","ref":7,"id":1})");
  peer.send_raw(frame(text, deflated(publish_frame(json_text(200'001)))));
  CHECK(peer.next_with("ref\":7").find("too_large") != std::string::npos);
}

TEST_CASE("conformance: compressed messages of each size, by each offer", "[conformance]") {
  TestServer server(with_echo());
  for (const std::string_view parameters :
       {"", "; client_max_window_bits", "; server_no_context_takeover",
        "; client_no_context_takeover; client_max_window_bits=8", "; server_max_window_bits=8",
        "; server_max_window_bits=9; client_max_window_bits=9", "; server_max_window_bits=15",
        "; server_max_window_bits=12; server_no_context_takeover; client_no_context_takeover"}) {
    CAPTURE(parameters);
    WebSocketPeer peer =
        server.websocket("/v1/echo", "Sec-WebSocket-Extensions: permessage-deflate" +
                                         std::string(parameters) + "\r\n");
    for (const std::size_t size : {2u, 16u, 64u, 256u, 257u, 1024u, 4096u, 8192u, 131'072u}) {
      CAPTURE(size);
      const std::string plain = json_text(size);
      const std::string compressed = deflated(plain);
      for (const unsigned first : {text, binary}) {
        peer.send_raw(frame(first, compressed));
        const auto echoed = peer.next();
        CHECK((echoed.payload == plain));
        CHECK(static_cast<unsigned>(echoed.opcode) == (first & 15));
      }
      for (std::size_t at = 0; at < compressed.size(); at += 256) {
        const bool is_last = at + 256 >= compressed.size();
        peer.send_raw(frame((at == 0 ? 0x41u : 0u) | (is_last ? 0x80u : 0u),
                            std::string_view(compressed).substr(at, 256)));
      }
      CHECK((peer.next().payload == plain));
    }
  }
}

TEST_CASE("conformance: a thousand compressed messages come back in order", "[conformance]") {
  TestServer server(with_echo());
  WebSocketPeer peer = server.websocket("/v1/echo", offer);
  for (int i = 0; i < 1'000; ++i) {
    const std::string plain = std::to_string(i) + json_text(400);
    peer.send_raw(frame(text, deflated(plain)));
    REQUIRE((peer.next().payload == plain));
  }
}

}  // namespace
}  // namespace freshet::tests
