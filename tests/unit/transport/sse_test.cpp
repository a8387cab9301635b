// What an event stream says, byte for byte, and to whom.
#include "transport/sse.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "unit/transport/one_loop_server.h"

namespace freshet::server {
namespace {

park::LoopbackClient ask(OneLoopServer& server, std::string_view query,
                         std::string_view version = "1.1") {
  park::LoopbackClient client = server.connect();
  client.send("GET /v1/sse" + std::string(query) + " HTTP/" + std::string(version) +
              "\r\nHost: a\r\n\r\n");
  return client;
}

TEST_CASE("an event's id is its cursor and its data the frame", "[transport][sse]") {
  OneLoopServer server;
  park::LoopbackClient client = ask(server, "?pattern=a&sdk=x");
  CHECK(client.read_until("\r\n\r\n").find("Transfer-Encoding: chunked\r\n") != std::string::npos);
  client.read_until("\"op\":\"live\"");
  client.read_until("\r\n");
  server.publish("a", "1");
  const std::string chunk = client.read_until("\n\n\r\n");
  const std::string event =
      "id: " + server.cursor(1) + "\ndata: {\"id\":1,\"topic\":\"a\",\"time\":0,\"data\":1}\n\n";
  CHECK(chunk.ends_with("\r\n" + event + "\r\n"));
  CHECK(std::stoul(chunk, nullptr, 16) == event.size());
}

TEST_CASE("a client of HTTP/1.0 gets the same events without chunks", "[transport][sse]") {
  OneLoopServer server;
  park::LoopbackClient client = ask(server, "?pattern=a&sdk=x", "1.0");
  CHECK(client.read_until("\r\n\r\n").find("chunked") == std::string::npos);
  CHECK(client.read_until("\n\n").starts_with("event: control\nid: " + server.cursor(0) + "\n"));
}

TEST_CASE("a bare EventSource is told how long to wait after a loss, an SDK knows it",
          "[transport][sse]") {
  OneLoopServer server;
  park::LoopbackClient bare = ask(server, "?pattern=a");
  CHECK(bare.read_until("\"op\":\"hello\"").find("retry: ") != std::string::npos);
  park::LoopbackClient sdk = ask(server, "?pattern=a&sdk=x");
  CHECK(sdk.read_until("\"op\":\"hello\"").find("retry: ") == std::string::npos);
}

TEST_CASE("a bare client without a pattern has forgotten it", "[transport][sse]") {
  OneLoopServer server;
  CHECK(ask(server, "").read_answer().find("\"code\":\"invalid_pattern\"") != std::string::npos);
  CHECK(server.context.counts.refused_malformed.value() == 1);
  ask(server, "?sdk=x").read_until("\"op\":\"hello\"");
}

TEST_CASE("a stream that is closed says so in an event, then ends its body", "[transport][sse]") {
  OneLoopServer server;
  park::LoopbackClient client = ask(server, "?pattern=a&sdk=x");
  client.read_until("\"op\":\"live\"");
  server.drain();
  const std::string rest = client.read_to_end();
  CHECK(rest.find("\"op\":\"retry\"") < rest.find("{\"op\":\"close\",\"code\":1001"));
  CHECK(rest.ends_with("0\r\n\r\n"));
}

}  // namespace
}  // namespace freshet::server
