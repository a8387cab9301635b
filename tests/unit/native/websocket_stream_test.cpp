#include "native/websocket_stream.h"

#include <catch2/catch_test_macros.hpp>
#include <memory>

#include "freshet/native.h"
#include "unit/native/recorder.h"

namespace freshet::test {
namespace {

// A platform, a scripted server, and one WebSocket.
struct Scene {
  FakeServer server;
  std::shared_ptr<Platform> platform = make_native_platform();
  WebSocketRecorder recorder;
  std::unique_ptr<Platform::WebSocket> socket;

  explicit Scene(HttpHeaders headers = {}) {
    on_platform(*platform, [&] {
      socket = platform->open_websocket(
          {.url = server.url() + "/v1/ws?pattern=a", .headers = std::move(headers)}, "freshet.v1",
          recorder);
    });
  }
  void act(std::function<void()> task) { on_platform(*platform, std::move(task)); }
  ~Scene() {
    act([&] { socket.reset(); });
  }
};

std::string closing(std::uint16_t code, std::string_view reason) {
  return wire::encode_frame(wire::Opcode::close, wire::close_payload(code, reason));
}

}  // namespace

TEST_CASE("a WebSocket shakes hands and carries text both ways", "[native][websocket]") {
  Scene scene{{{"Authorization", "Bearer t"}}};
  Peer peer = scene.server.accept();
  const auto request = peer.accept_websocket();
  CHECK(request.line() == "GET /v1/ws?pattern=a HTTP/1.1");
  CHECK(request.header("Host") == "127.0.0.1:" + std::to_string(scene.server.port()));
  CHECK(request.header("Sec-WebSocket-Version") == "13");
  CHECK(request.header("Sec-WebSocket-Protocol") == "freshet.v1");
  CHECK(request.header("Authorization") == "Bearer t");
  CHECK(wire::is_websocket_key(request.header("Sec-WebSocket-Key")));
  peer.write_text("hello");
  CHECK(scene.recorder.wait_for_texts(1).texts.at(0) == "hello");
  scene.act([&] { scene.socket->send("and back"); });
  const auto frame = peer.read_frame();
  CHECK(frame.opcode == 1);
  CHECK(frame.payload == "and back");
}

TEST_CASE("the answer to a handshake may come byte by byte, and with frames behind it",
          "[native][websocket]") {
  Scene scene;
  Peer peer = scene.server.accept();
  const auto request = peer.read_request();
  const std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nconnection: keep-alive, upgrade\r\nUPGRADE: "
      "WebSocket\r\n"
      "Sec-WebSocket-Accept: " +
      wire::websocket_accept(request.header("Sec-WebSocket-Key")) +
      "\r\nSec-WebSocket-Protocol: freshet.v1\r\n\r\n" +
      wire::encode_frame(wire::Opcode::text, "first") +
      wire::encode_frame(wire::Opcode::text, std::string(70'000, 'x'));
  SECTION("byte by byte") {
    for (const char byte : answer) peer.write({&byte, 1});
  }
  SECTION("whole") { peer.write(answer); }
  const auto record = scene.recorder.wait_for_texts(2);
  REQUIRE(record.texts.size() == 2);
  CHECK(record.texts[0] == "first");
  CHECK(record.texts[1].size() == 70'000);
}

TEST_CASE("a refused handshake shows its status and headers", "[native][websocket]") {
  Scene scene;
  Peer peer = scene.server.accept();
  peer.read_request();
  peer.write("HTTP/1.1 503 Service Unavailable\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n");
  const auto record = scene.recorder.wait_for_end();
  REQUIRE(record.refused);
  CHECK(record.refused->status == 503);
  CHECK(record.refused->headers.at(0).second == "3");
  CHECK_FALSE(record.end);
}

TEST_CASE("an answer to another handshake, or without the subprotocol, is malformed",
          "[native][websocket]") {
  Scene scene;
  Peer peer = scene.server.accept();
  const auto request = peer.read_request();
  const std::string accept = wire::websocket_accept(request.header("Sec-WebSocket-Key"));
  const std::string start =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n";
  SECTION("accept") {
    peer.write(start + "Sec-WebSocket-Accept: AAAA\r\nSec-WebSocket-Protocol: freshet.v1\r\n\r\n");
  }
  SECTION("subprotocol") { peer.write(start + "Sec-WebSocket-Accept: " + accept + "\r\n\r\n"); }
  SECTION("extension") {
    peer.write(start + "Sec-WebSocket-Accept: " + accept +
               "\r\nSec-WebSocket-Protocol: freshet.v1\r\n"
               "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n");
  }
  SECTION("no HTTP") { peer.write("SSH-2.0-OpenSSH_9.2\r\n"); }
  const auto record = scene.recorder.wait_for_end();
  REQUIRE(record.end);
  CHECK(record.end->kind == EndKind::malformed);
  CHECK(!record.end->reason.empty());
  CHECK(peer.read_end());
}

TEST_CASE("a server that hangs up in the handshake is lost, one that is not there unreachable",
          "[native][websocket]") {
  Scene scene;
  {
    Peer peer = scene.server.accept();
    peer.read_request();
  }
  CHECK(scene.recorder.wait_for_end().end->kind == EndKind::lost);

  scene.server.stop();
  WebSocketRecorder recorder;
  std::unique_ptr<Platform::WebSocket> socket;
  scene.act([&] {
    socket = scene.platform->open_websocket({.url = scene.server.url()}, "freshet.v1", recorder);
  });
  CHECK(recorder.wait_for_end().end->kind == EndKind::unreachable);
  scene.act([&] { socket.reset(); });
}

TEST_CASE("a ping is answered with its payload, also between fragments", "[native][websocket]") {
  Scene scene;
  Peer peer = scene.server.accept();
  peer.accept_websocket();
  peer.write(std::string("\x01\x03") + "one" + wire::encode_frame(wire::Opcode::ping, "p1") +
             std::string("\x80\x03") + "two");
  const auto frame = peer.read_frame();
  CHECK(frame.opcode == 10);
  CHECK(frame.payload == "p1");
  CHECK(scene.recorder.wait_for_texts(1).texts.at(0) == "onetwo");
}

TEST_CASE("the server's close is told with code and reason, and answered", "[native][websocket]") {
  Scene scene;
  Peer peer = scene.server.accept();
  peer.accept_websocket();
  peer.write_text("last");
  peer.write(closing(4100, "slow consumer"));
  const auto record = scene.recorder.wait_for_end();
  CHECK(record.texts.size() == 1);
  REQUIRE(record.end);
  CHECK(record.end->kind == EndKind::closed);
  CHECK(record.end->close_code == 4100);
  CHECK(record.end->reason == "slow consumer");
  const auto frame = peer.read_frame();
  CHECK(frame.opcode == 8);
  CHECK(frame.payload == wire::close_payload(4100, ""));
  CHECK(peer.read_end());
}

TEST_CASE("a close of ours waits for the server's, and tells nothing", "[native][websocket]") {
  Scene scene;
  Peer peer = scene.server.accept();
  peer.accept_websocket();
  peer.write_text("hello");
  scene.recorder.wait_for_texts(1);
  scene.act([&] {
    scene.socket->close(1000);
    scene.socket.reset();
  });
  const auto frame = peer.read_frame();
  CHECK(frame.opcode == 8);
  CHECK(frame.payload == wire::close_payload(1000, ""));
  peer.write_text("crossing");
  peer.write(closing(1000, ""));
  CHECK(peer.read_end());
  const auto record = scene.recorder.wait_for_texts(1);
  CHECK(record.texts.size() == 1);
  CHECK_FALSE(record.end);
}

TEST_CASE("what comes before a close of ours is sent", "[native][websocket]") {
  Scene scene;
  Peer peer = scene.server.accept();
  peer.accept_websocket();
  peer.write_text("hello");
  scene.recorder.wait_for_texts(1);
  const std::string large(2 * 1024 * 1024, 'y');
  scene.act([&] {
    scene.socket->send(large);
    scene.socket->close(1000);
    scene.socket.reset();
  });
  CHECK(peer.read_frame().payload == large);
  CHECK(peer.read_frame().opcode == 8);
}

TEST_CASE("a peer that takes nothing ends the connection at the queue's limit",
          "[native][websocket]") {
  Scene scene;
  Peer peer = scene.server.accept();
  peer.accept_websocket();
  peer.write_text("hello");
  scene.recorder.wait_for_texts(1);
  const std::string large(1024 * 1024, 'y');
  scene.act([&] {
    for (int i = 0; i < 40; ++i) scene.socket->send(large);
  });
  CHECK(scene.recorder.wait_for_end().end->kind == EndKind::lost);
}

TEST_CASE(
    "a WebSocket is lost when the connection breaks, malformed when the peer breaks the rules",
    "[native][websocket]") {
  Scene scene;
  Peer peer = scene.server.accept();
  peer.accept_websocket();
  SECTION("orderly, without a close frame") {
    peer.close();
    CHECK(scene.recorder.wait_for_end().end->kind == EndKind::lost);
  }
  SECTION("reset") {
    peer.write_text("hello");
    scene.recorder.wait_for_texts(1);
    peer.reset();
    CHECK(scene.recorder.wait_for_end().end->kind == EndKind::lost);
  }
  SECTION("a masked frame") {
    peer.write(wire::encode_masked_frame(wire::Opcode::text, "x", 7));
    CHECK(scene.recorder.wait_for_end().end->kind == EndKind::malformed);
    const auto frame = peer.read_frame();
    CHECK(frame.opcode == 8);
    CHECK(frame.payload.substr(0, 2) == wire::close_payload(1002, "").substr(0, 2));
  }
}

TEST_CASE("a WebSocket destroyed inside its own handler tells nothing more",
          "[native][websocket]") {
  Scene scene;
  scene.act([&] { scene.recorder.in_text = [&](std::string_view) { scene.socket.reset(); }; });
  Peer peer = scene.server.accept();
  peer.accept_websocket();
  peer.write(wire::encode_frame(wire::Opcode::text, "one") +
             wire::encode_frame(wire::Opcode::text, "two"));
  CHECK(peer.read_end());
  const auto record = scene.recorder.wait_for_texts(1);
  CHECK(record.texts == std::vector<std::string>{"one"});
  CHECK_FALSE(record.end);
}

TEST_CASE("a platform that ends finishes its closing handshakes, but waits for nobody for long",
          "[native][websocket]") {
  FakeServer server;
  auto platform = make_native_platform();
  WebSocketRecorder recorder;
  std::unique_ptr<Platform::WebSocket> socket;
  on_platform(*platform, [&] {
    socket = platform->open_websocket({.url = server.url()}, "freshet.v1", recorder);
  });
  Peer peer = server.accept();
  peer.accept_websocket();
  peer.write_text("hello");
  recorder.wait_for_texts(1);
  platform->post([&] {
    socket->close(1001);
    socket.reset();
  });
  platform.reset();
  CHECK(peer.read_frame().payload == wire::close_payload(1001, ""));
  CHECK(peer.read_end());
}

}  // namespace freshet::test
