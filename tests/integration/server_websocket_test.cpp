// WebSocket, against a real server on raw sockets: the protocol, and RFC 6455 under hostile input.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "integration/server_fixture.h"

namespace freshet::tests {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;
using wire::Opcode;

// One masked frame with any first byte and any mask bit.
std::string raw_frame(unsigned char first, std::string_view payload, bool masked = true) {
  std::string frame(1, static_cast<char>(first));
  const char mask_bit = masked ? '\x80' : '\0';
  if (payload.size() < 126) {
    frame += static_cast<char>(mask_bit | static_cast<char>(payload.size()));
  } else {
    frame += static_cast<char>(mask_bit | 126);
    frame += static_cast<char>(payload.size() >> 8);
    frame += static_cast<char>(payload.size() & 255);
  }
  if (masked) frame += "\0\0\0\0"sv;
  return frame.append(payload);
}

TEST_CASE("publish, subscribe and unsubscribe over one connection", "[server][websocket]") {
  TestServer server;
  WebSocketPeer peer = server.websocket("/v1/ws", "Sec-WebSocket-Protocol: x, freshet.v1\r\n");
  CHECK(peer.answer().find("Sec-WebSocket-Protocol: freshet.v1\r\n") != std::string::npos);
  CHECK(peer.answer().find("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n") !=
        std::string::npos);
  CHECK(peer.next().payload.starts_with("{\"op\":\"hello\",\"version\":1,"));
  peer.send_text(R"({"op":"subscribe","ref":3,"patterns":["chat.>"]})");
  CHECK(peer.next().payload == "{\"op\":\"subscribed\",\"ref\":3,\"cursor\":\"" + server.cursor(0) +
                                   "\",\"recovered\":true}");
  CHECK(peer.next().payload ==
        "{\"op\":\"live\",\"ref\":3,\"cursor\":\"" + server.cursor(0) + "\"}");
  peer.send_text(R"({"op":"publish","ref":7,"topic":"chat.lobby","data":{"text":"hi"}})");
  CHECK(peer.next().payload == R"({"op":"ack","ref":7,"id":1})");
  CHECK(peer.next().payload.ends_with(R"("data":{"text":"hi"}})"));
  peer.send_text(R"({"op":"unsubscribe","ref":3})");
  peer.send_text(R"({"op":"publish","ref":8,"topic":"chat.lobby","data":1})");
  CHECK(peer.next().payload == R"({"op":"ack","ref":8,"id":2})");
  peer.send(Opcode::close, wire::close_payload(1000, "bye"));
  CHECK(peer.close_code() == 1000);
  CHECK(peer.ended());
}

TEST_CASE("subscriptions by URL are live without a ref", "[server][websocket]") {
  TestServer server;
  server.publish("a", "1");
  server.publish("b", "2");
  WebSocketPeer peer =
      server.websocket("/v1/ws?pattern=a&pattern=b&cursor=earliest&cursor=" + server.cursor(2));
  const std::string hello = peer.next().payload;
  CHECK(hello.find("\"cursors\":[\"" + server.cursor(0) + "\",\"" + server.cursor(2) + "\"]") !=
        std::string::npos);
  CHECK(peer.next().payload.starts_with("{\"id\":1,"));
  CHECK(peer.next().payload == "{\"op\":\"live\",\"cursor\":\"" + server.cursor(2) + "\"}");
}

// All messages up to the one that says live.
std::vector<WebSocketPeer::Frame> replayed(WebSocketPeer peer) {
  std::vector<WebSocketPeer::Frame> messages;
  do {
    messages.push_back(peer.next());
  } while (messages.back().payload.find("\"op\":\"live\"") == std::string::npos);
  return messages;
}

TEST_CASE("what waits comes as lines of one message for those who ask for that, for others not",
          "[server][websocket]") {
  TestServer server;
  const std::string large = "\"" + std::string(3000, 'x') + "\"";
  for (const std::string& data : {"1"s, "2"s, "3"s, large, "4"s, "5"s}) server.publish("a", data);
  const std::string target = "/v1/ws?pattern=a&cursor=earliest";

  std::string bare;
  const auto each = replayed(server.websocket(target));
  CHECK(each.size() == 8);  // Hello, the messages, live.
  for (const auto& message : each) {
    CHECK(message.payload.find('\n') == std::string::npos);
    if (&message != &each.front()) bare += "\n" + message.payload;
  }
  for (const bool deflate : {false, true}) {
    const auto messages = replayed(server.websocket(
        target + "&lines=1", deflate ? "Sec-WebSocket-Extensions: permessage-deflate\r\n" : ""));
    std::string lines;
    for (const auto& message : messages) {
      lines += (lines.empty() ? "" : "\n") + message.payload;
      CHECK(message.compressed == (deflate && message.payload == each[4].payload));
    }
    CHECK(lines.substr(lines.find('\n')) == bare);
    CHECK(messages.size() < (deflate ? 5 : 3));
  }
}

TEST_CASE("pongs and the close frame stand between joined messages, never in them",
          "[server][websocket]") {
  TestServer server;
  WebSocketPeer peer = server.websocket("/v1/ws?lines=1");
  peer.next_with("\"hello\"");
  const auto malformed = [](int ref) {
    return raw_frame(0x81, R"({"op":"publish","ref":)" + std::to_string(ref) + "}");
  };
  // Answered in the turn in which they are read.
  peer.send_raw(malformed(1) + malformed(2) + raw_frame(0x89, "ping") + malformed(3) +
                malformed(4) + raw_frame(0x88, wire::close_payload(1000, "bye")));
  CHECK(count_of(peer.next().payload, "\n") == 1);
  const auto pong = peer.next();
  CHECK(pong.opcode == Opcode::pong);
  CHECK(pong.payload == "ping");
  CHECK(count_of(peer.next().payload, "\n") == 1);
  CHECK(peer.close_code() == 1000);
  CHECK(peer.ended());
}

TEST_CASE("a frame in the same packet as the handshake is not lost", "[server][websocket]") {
  TestServer server;
  park::LoopbackClient client = server.connect();
  client.send(handshake_text("/v1/ws") +
              wire::encode_masked_frame(Opcode::text,
                                        R"({"op":"publish","ref":1,"topic":"a","data":1})", 7));
  client.read_until(R"({"op":"ack","ref":1,"id":1})");
}

TEST_CASE("frames that come byte by byte are whole in the end", "[server][websocket]") {
  TestServer server;
  WebSocketPeer peer = server.websocket("/v1/ws");
  peer.next();
  const std::string frame = wire::encode_masked_frame(
      Opcode::text, R"({"op":"publish","ref":1,"topic":"a","data":"byte by byte"})", 99);
  for (const char byte : frame) peer.send_raw({&byte, 1});
  CHECK(peer.next().payload == R"({"op":"ack","ref":1,"id":1})");
}

TEST_CASE("fragments with control frames between them make one message", "[server][websocket]") {
  TestServer server;
  WebSocketPeer peer = server.websocket("/v1/ws");
  peer.next();
  peer.send_raw(raw_frame(0x01, R"({"op":"publish","ref":1,)"));
  peer.send_raw(raw_frame(0x89, "are you there"));
  peer.send_raw(raw_frame(0x00, R"("topic":"a",)"));
  peer.send_raw(raw_frame(0x8A, ""));
  peer.send_raw(raw_frame(0x80, R"("data":1})"));
  const auto pong = peer.next();
  CHECK(pong.opcode == Opcode::pong);
  CHECK(pong.payload == "are you there");
  CHECK(peer.next().payload == R"({"op":"ack","ref":1,"id":1})");
}

TEST_CASE("a peer that breaks RFC 6455 is closed with the right code and harms nobody",
          "[server][websocket]") {
  app::ServerOptions options;
  options.limits.message_bytes_max = 200'000;
  TestServer server(options);
  WebSocketPeer bystander = server.websocket("/v1/ws?pattern=a");
  bystander.next_with("\"op\":\"live\"");
  struct Case {
    std::string_view what;
    std::string bytes;
    std::uint16_t code;
  };
  const std::vector<Case> cases{
      {"unmasked", raw_frame(0x81, "{}", false), 1002},
      {"reserved bit", raw_frame(0xC1, "{}"), 1002},
      {"unknown opcode", raw_frame(0x83, "{}"), 1002},
      {"unknown control opcode", raw_frame(0x8B, ""), 1002},
      {"fragmented ping", raw_frame(0x09, ""), 1002},
      {"long ping", raw_frame(0x89, std::string(126, 'x')), 1002},
      {"continuation of nothing", raw_frame(0x80, "x"), 1002},
      {"new message in a message", raw_frame(0x01, "a") + raw_frame(0x81, "b"), 1002},
      {"not UTF-8", raw_frame(0x81, "\xC0\xAF"), 1007},
      {"UTF-8 cut at the end", raw_frame(0x01, "\xE2\x82") + raw_frame(0x80, ""), 1007},
      {"too big", std::string("\x81\xFF\0\0\0\0\x7F\xFF\xFF\xFF\0\0\0\0", 14), 1009},
      {"length with its top bit", std::string("\x81\xFF\x80\0\0\0\0\0\0\0\0\0\0\0", 14), 1002},
      {"binary", raw_frame(0x82, "x"), 1003},
      {"close with one byte", raw_frame(0x88, "x"), 1002},
      {"close with a bad code", raw_frame(0x88, "\x03\xEC"), 1002},
      {"not JSON", raw_frame(0x81, "hello"), 4004},
      {"JSON but no frame", raw_frame(0x81, "{}"), 4004},
      {"op is no text", raw_frame(0x81, R"({"op":1})"), 4004},
  };
  for (const Case& one : cases) {
    INFO(one.what);
    WebSocketPeer peer = server.websocket("/v1/ws");
    peer.next();
    peer.send_raw(one.bytes);
    CHECK(peer.close_code() == one.code);
    CHECK(peer.ended());
  }
  server.publish("a", "1");
  CHECK(bystander.next().payload.find("\"data\":1}") != std::string::npos);
  CHECK(server.counts().websocket_faults.value() == static_cast<std::int64_t>(cases.size()));
}

TEST_CASE("a peer that sends its last byte without a close frame is let go",
          "[server][websocket]") {
  app::ServerOptions options;
  options.echo = true;
  TestServer server(options);
  for (const char* path : {"/v1/ws?pattern=a", "/v1/echo"}) {
    INFO(path);
    WebSocketPeer peer = server.websocket(path);
    peer.half_close();
    peer.read_to_end();
  }
  CHECK(eventually([&] { return server.counts().open() == 0; }));
  CHECK(server.counts().websocket_faults.value() == 0);
}

TEST_CASE("what a frame asks wrongly is answered by an error with its ref", "[server][websocket]") {
  TestServer server;
  WebSocketPeer peer = server.websocket("/v1/ws");
  peer.next();
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"({"op":"publish","ref":1,"topic":"a..b","data":1})", "invalid_topic"},
      {R"({"op":"publish","ref":1,"topic":"$sys.x","data":1})", "forbidden"},
      {R"({"op":"publish","ref":1,"topic":"a","data":{bad}})", "invalid_json"},
      {R"({"op":"publish","ref":1,"topic":"a","data":01})", "malformed"},
      {R"({"op":"publish","ref":1,"topic":"a"})", "invalid_json"},
      {R"({"op":"publish","ref":1,"data":1})", "malformed"},
      {R"({"op":"subscribe","ref":1,"patterns":["a*"]})", "invalid_pattern"},
      {R"({"op":"subscribe","ref":1,"patterns":[]})", "malformed"},
      {R"({"op":"subscribe","ref":1,"patterns":["a"],"cursor":"soon"})", "invalid_cursor"},
  };
  for (const auto& [frame, code] : cases) {
    INFO(frame);
    peer.send_text(frame);
    const std::string answer = peer.next().payload;
    CHECK(between(answer, "\"ref\":", ",") == "1");
    CHECK(between(answer, "\"code\":\"", "\"") == code);
  }
  peer.send_text(R"({"op":"whatever","ref":1,"more":{}})");  // Unknown: skipped.
  peer.send_text(R"({"op":"publish","ref":2,"topic":"a","data":1})");
  CHECK(peer.next().payload == R"({"op":"ack","ref":2,"id":1})");
}

TEST_CASE("a publish over the limit fails alone, a frame over it ends the connection",
          "[server][websocket][limits]") {
  app::ServerOptions options;
  options.limits.message_bytes_max = 200'000;
  TestServer server(options);
  WebSocketPeer peer = server.websocket("/v1/ws");
  peer.next();
  const auto publish = [&](std::size_t bytes) {
    peer.send_text(R"({"op":"publish","ref":1,"topic":"a","data":")" + std::string(bytes - 2, 'x') +
                   "\"}");
  };
  publish(200'000);
  CHECK(peer.next().payload == R"({"op":"ack","ref":1,"id":1})");
  publish(200'001);
  CHECK(between(peer.next().payload, "\"code\":\"", "\"") == "too_large");
  publish(210'000);
  CHECK(peer.close_code() == 1009);
  CHECK(server.server().log().head() == 1);
}

TEST_CASE("a repeated key over WebSocket answers with the first id", "[server][websocket]") {
  TestServer server;
  WebSocketPeer peer = server.websocket("/v1/ws");
  peer.next();
  for (int ref = 1; ref <= 2; ++ref) {
    peer.send_text("{\"op\":\"publish\",\"ref\":" + std::to_string(ref) +
                   R"(,"topic":"a","key":"k","data":1})");
    CHECK(peer.next().payload.ends_with("\"id\":1}"));
  }
}

TEST_CASE("a request that is no handshake is answered over HTTP", "[server][websocket]") {
  TestServer server;
  CHECK(server.get("/v1/ws").starts_with("HTTP/1.1 426 "));
  const std::string key = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
  const std::string upgrade = "Upgrade: websocket\r\n";
  const std::string version = "Sec-WebSocket-Version: 13\r\n";
  const auto ask = [&](const std::string& headers) {
    park::LoopbackClient client = server.connect();
    client.send(request_text("GET", "/v1/ws", headers));
    return client.read_answer();
  };
  CHECK(ask("Connection: Upgrade\r\n" + key + upgrade + "Sec-WebSocket-Version: 8\r\n")
            .starts_with("HTTP/1.1 426 "));
  CHECK(ask(key + upgrade + version).starts_with("HTTP/1.1 400 "));
  CHECK(ask("Connection: Upgrade\r\n" + upgrade + version).starts_with("HTTP/1.1 400 "));
  CHECK(ask("Connection: Upgrade\r\nSec-WebSocket-Key: short\r\n" + upgrade + version)
            .starts_with("HTTP/1.1 400 "));
  CHECK(server.post("/v1/ws", "{}").starts_with("HTTP/1.1 405 "));
}

TEST_CASE("an SDK is refused inside the WebSocket, others by status", "[server][websocket]") {
  app::ServerOptions options;
  options.publish_key = "secret";
  options.limits.streams_max = 1;
  TestServer server(options);
  const auto refused = [&](std::string_view target, std::string_view headers = {}) {
    park::LoopbackClient client = server.connect();
    client.send(handshake_text(target, headers));
    return client.read_answer();
  };
  CHECK(refused("/v1/ws?pattern=a*").starts_with("HTTP/1.1 400 "));
  CHECK(refused("/v1/ws", "Authorization: Bearer wrong\r\n").starts_with("HTTP/1.1 401 "));

  WebSocketPeer malformed = server.websocket("/v1/ws?pattern=a*&sdk=test/1");
  CHECK(malformed.next().payload.starts_with("{\"op\":\"error\",\"code\":\"invalid_pattern\""));
  CHECK(malformed.close_code() == 4004);
  WebSocketPeer wrong = server.websocket("/v1/ws?sdk=test/1", "Authorization: Bearer wrong\r\n");
  CHECK(wrong.next().payload.starts_with("{\"op\":\"error\",\"code\":\"unauthorized\""));
  CHECK(wrong.close_code() == 4001);

  WebSocketPeer first = server.websocket("/v1/ws");
  first.next();
  CHECK(refused("/v1/ws").starts_with("HTTP/1.1 503 "));
  WebSocketPeer busy = server.websocket("/v1/ws?sdk=test/1");
  CHECK(busy.next().payload.starts_with("{\"op\":\"retry\",\"delay\":"));
  CHECK(busy.close_code() == 1013);
}

TEST_CASE("a token frame brings the right to publish", "[server][websocket][guard]") {
  app::ServerOptions options;
  options.publish_key = "secret";
  TestServer server(options);
  const std::string publish = R"({"op":"publish","ref":1,"topic":"a","data":1})";
  WebSocketPeer peer = server.websocket("/v1/ws");
  peer.next();
  peer.send_text(publish);
  CHECK(between(peer.next().payload, "\"code\":\"", "\"") == "unauthorized");
  peer.send_text(R"({"op":"token","ref":2,"token":"wrong"})");
  CHECK(between(peer.next().payload, "\"code\":\"", "\"") == "unauthorized");
  peer.send_text(R"({"op":"token","ref":3,"token":"secret"})");
  CHECK(peer.next().payload == R"({"op":"ack","ref":3})");
  peer.send_text(publish);
  CHECK(peer.next().payload == R"({"op":"ack","ref":1,"id":1})");

  WebSocketPeer holder = server.websocket("/v1/ws", "Authorization: Bearer secret\r\n");
  holder.next();
  holder.send_text(publish);
  CHECK(holder.next().payload == R"({"op":"ack","ref":1,"id":2})");
}

TEST_CASE("one publish reaches WebSockets on every loop once", "[server][websocket]") {
  TestServer server;
  std::vector<WebSocketPeer> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(server.websocket("/v1/ws?pattern=a.*&pattern=a.b&pattern=%3E"));
    peers.back().next_with("\"op\":\"live\"");
  }
  for (int i = 0; i < 50; ++i) server.publish("a.b", std::to_string(i));
  for (WebSocketPeer& peer : peers) {
    for (int i = 0; i < 50; ++i) {
      REQUIRE(peer.next().payload.ends_with("\"data\":" + std::to_string(i) + "}"));
    }
  }
}

TEST_CASE("the echo path sends messages of any kind and size back", "[server][websocket][echo]") {
  app::ServerOptions options;
  options.echo = true;
  TestServer server(options);
  WebSocketPeer peer = server.websocket("/v1/echo");
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65'535u, 65'536u, 4'000'000u}) {
    const std::string payload(size, '\xFE');
    peer.send(Opcode::binary, payload);
    const auto echoed = peer.next();
    CHECK(echoed.opcode == Opcode::binary);
    CHECK((echoed.payload == payload));
  }
  peer.send_raw(raw_frame(0x01, "fr") + raw_frame(0x80, "agments"));
  const auto text = peer.next();
  CHECK(text.opcode == Opcode::text);
  CHECK(text.payload == "fragments");
  peer.send(Opcode::close, {});
  CHECK(peer.close_code() == 0);
  CHECK(peer.ended());
  CHECK(TestServer().get("/v1/echo").starts_with("HTTP/1.1 404 "));
}

}  // namespace
}  // namespace freshet::tests
