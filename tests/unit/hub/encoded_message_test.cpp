#include "hub/encoded_message.h"

#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <string>
#include <utility>

#include "log/memory_log.h"
#include "wire/websocket_frame.h"

namespace freshet::server {
namespace {

MessageRef message(std::string_view data = "1") {
  MemoryLog log(1);
  REQUIRE(log.append({.topic = "a", .data = data, .time = 5}, {}));
  return std::as_const(log).read({.after = 0}).messages.at(0);
}

TEST_CASE("the frame is the log's own, not a copy", "[hub][encoded]") {
  const MessageRef kept = message();
  const EncodedMessage encoded(kept, "k3f9");
  CHECK(encoded.frame().get() == &kept->frame);
  CHECK(encoded.id() == 1);
}

TEST_CASE("every form carries the same frame and is made once", "[hub][encoded]") {
  EncodedMessage encoded(message(), "k3f9");
  const std::string frame = R"({"id":1,"topic":"a","time":5,"data":1})";
  CHECK(*encoded.line() == frame + "\n");
  CHECK(*encoded.sse() == "id: k3f9:1\ndata: " + frame + "\n\n");
  CHECK(*encoded.sse_chunk() == "39\r\n" + *encoded.sse() + "\r\n");
  CHECK(*encoded.websocket() == wire::encode_frame(wire::Opcode::text, frame));
  CHECK(encoded.sse().get() == encoded.sse().get());
  CHECK(encoded.websocket().get() == encoded.websocket().get());
}

TEST_CASE("the compressed frame is made at first need, once", "[hub][encoded]") {
  struct Counting final : WebSocketDeflate {
    std::string deflate(std::string_view frame) override {
      ++calls;
      return std::string(frame.size() / 2, 'z');
    }
    int calls = 0;
  } deflate;
  EncodedMessage encoded(message(), "k3f9");
  encoded.websocket();
  CHECK(deflate.calls == 0);
  CHECK(*encoded.websocket_deflated(deflate) == std::string(19, 'z'));
  CHECK(encoded.websocket_deflated(deflate).get() == encoded.websocket_deflated(deflate).get());
  CHECK(deflate.calls == 1);
}

TEST_CASE("what compression makes no shorter goes as it is", "[hub][encoded]") {
  struct Longer final : WebSocketDeflate {
    std::string deflate(std::string_view frame) override { return std::string(frame) + "zz"; }
  } deflate;
  EncodedMessage encoded(message(), "k3f9");
  CHECK(encoded.websocket_deflated(deflate).get() == encoded.websocket().get());
}

TEST_CASE("a control frame is a named event, with its cursor as id", "[hub][encoded]") {
  EncodedMessage ping(R"({"op":"ping"})", "k3f9:7");
  CHECK(ping.is_control());
  CHECK(*ping.sse() == "event: control\nid: k3f9:7\ndata: {\"op\":\"ping\"}\n\n");
  EncodedMessage error(R"({"op":"error"})");
  CHECK(*error.sse() == "event: control\ndata: {\"op\":\"error\"}\n\n");
}

TEST_CASE("a chunk begins with its size in hexadecimal", "[hub][encoded]") {
  EncodedMessage encoded(message('"' + std::string(300, 'x') + '"'), "k3f9");
  CHECK(encoded.sse()->size() == 0x166);
  CHECK(encoded.sse_chunk()->starts_with("166\r\nid: k3f9:1\n"));
  CHECK(encoded.sse_chunk()->ends_with("\n\n\r\n"));
}

}  // namespace
}  // namespace freshet::server
