// What a WebSocket answers to each frame of its client, and for what it ends.
#include "transport/websocket.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "unit/transport/one_loop_server.h"
#include "wire/websocket_frame.h"

namespace freshet::server {
namespace {

class Peer {
 public:
  explicit Peer(OneLoopServer& server, std::string_view query = "") : client_(server.connect()) {
    client_.send("GET /v1/ws" + std::string(query) +
                 " HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
                 "Sec-WebSocket-Protocol: freshet.v1\r\n\r\n");
    client_.read_until("\r\n\r\n");
    client_.read_until("\"op\":\"hello\"");
    client_.read_until("}");
  }

  void send(wire::Opcode opcode, std::string_view payload) {
    client_.send(wire::encode_masked_frame(opcode, payload, 0x12345678));
  }
  // The answer to a text frame, up to its last brace.
  std::string answer(std::string_view text) {
    send(wire::Opcode::text, text);
    const std::string frame = client_.read_until("}");
    return frame.substr(frame.find('{'));
  }
  std::string read_until(std::string_view end) { return client_.read_until(end); }
  // The code of the close frame that ends the connection.
  unsigned close_code() {
    const std::string rest = client_.read_to_end();
    const std::size_t at = rest.find('\x88');
    REQUIRE(at != std::string::npos);
    REQUIRE(rest.size() >= at + 4);
    return static_cast<unsigned char>(rest[at + 2]) * 256u +
           static_cast<unsigned char>(rest[at + 3]);
  }

 private:
  park::LoopbackClient client_;
};

TEST_CASE("a subscribe is answered, then live; what it matches comes", "[transport][websocket]") {
  OneLoopServer server;
  Peer peer(server);
  CHECK(peer.answer(R"({"op":"subscribe","ref":3,"patterns":["a.*"]})") ==
        R"({"op":"subscribed","ref":3,"cursor":")" + server.cursor(0) + R"(","recovered":true})");
  CHECK(peer.read_until("}").find(R"({"op":"live","ref":3,)") != std::string::npos);
  server.publish("b", "1");
  server.publish("a.b", "2");
  CHECK(peer.read_until("}").ends_with(R"({"id":2,"topic":"a.b","time":0,"data":2})"));
}

TEST_CASE("after an unsubscribe nothing comes any more", "[transport][websocket]") {
  OneLoopServer server;
  Peer peer(server);
  peer.answer(R"({"op":"subscribe","ref":3,"patterns":["a"]})");
  peer.read_until("\"op\":\"live\"");
  peer.read_until("}");
  peer.send(wire::Opcode::text, R"({"op":"unsubscribe","ref":3})");
  CHECK(peer.answer(R"({"op":"publish","ref":4,"topic":"a","data":1})") ==
        R"({"op":"ack","ref":4,"id":1})");
}

TEST_CASE("a publish is acknowledged or says why not", "[transport][websocket]") {
  OneLoopServer server;
  Peer peer(server);
  CHECK(peer.answer(R"({"op":"publish","ref":1,"topic":"a","key":"k","data":1})") ==
        R"({"op":"ack","ref":1,"id":1})");
  CHECK(peer.answer(R"({"op":"publish","ref":2,"topic":"a","key":"k","data":1})") ==
        R"({"op":"ack","ref":2,"id":1})");
  CHECK(peer.answer(R"({"op":"publish","ref":3,"topic":"a..b","data":1})")
            .starts_with(R"({"op":"error","ref":3,"code":"invalid_topic")"));
  server.run([&](park::Loop&) {
    Overload& overload = server.context.overload;
    overload.set_bytes_max(1'000);
    overload.add(800);
    overload.note_slow("a");
  });
  CHECK(peer.answer(R"({"op":"publish","ref":4,"topic":"a","data":1})")
            .starts_with(R"({"op":"error","ref":4,"code":"busy")"));
  CHECK(server.context.counts.publishes_websocket.published.value() == 1);
  CHECK(server.context.counts.publishes_websocket.refused.value() == 2);
}

TEST_CASE("where a key is needed its holder may show it later", "[transport][websocket]") {
  OneLoopServer server([](ServerContext& context) { context.guard = Guard("s3cret"); });
  Peer peer(server);
  CHECK(peer.answer(R"({"op":"publish","ref":1,"topic":"a","data":1})")
            .starts_with(R"({"op":"error","ref":1,"code":"unauthorized")"));
  CHECK(peer.answer(R"({"op":"token","ref":2,"token":"wrong"})")
            .starts_with(R"({"op":"error","ref":2,"code":"unauthorized")"));
  CHECK(
      peer.answer(R"({"op":"token","ref":3,"token":"s3cret"})").find("\"op\":\"ack\",\"ref\":3") !=
      std::string::npos);
  CHECK(peer.answer(R"({"op":"publish","ref":4,"topic":"a","data":1})") ==
        R"({"op":"ack","ref":4,"id":1})");
}

TEST_CASE("a ping is answered with its payload, a close with its code", "[transport][websocket]") {
  OneLoopServer server;
  Peer peer(server);
  peer.send(wire::Opcode::ping, "are you there");
  CHECK(peer.read_until("are you there") == std::string("\x8A\x0D") + "are you there");
  peer.send(wire::Opcode::close, wire::close_payload(1000, "done"));
  CHECK(peer.close_code() == 1000);
}

TEST_CASE("who does not speak the protocol is told and closed", "[transport][websocket]") {
  OneLoopServer server;
  {
    Peer peer(server);
    peer.send(wire::Opcode::text, "what?");
    CHECK(peer.close_code() == 4004);
  }
  {
    Peer peer(server);
    peer.send(wire::Opcode::binary, "{}");
    CHECK(peer.close_code() == 1003);
  }
  server.run([&](park::Loop&) { CHECK(server.context.counts.websocket_faults.value() == 2); });
}

TEST_CASE("an unknown op is passed over", "[transport][websocket]") {
  OneLoopServer server;
  Peer peer(server);
  peer.send(wire::Opcode::text, R"({"op":"dance","ref":1})");
  CHECK(peer.answer(R"({"op":"publish","ref":2,"topic":"a","data":1})") ==
        R"({"op":"ack","ref":2,"id":1})");
}

}  // namespace
}  // namespace freshet::server
