// The server's HTTP surface on raw sockets; hostile requests are in server_bad_input_test.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "integration/server_fixture.h"

namespace freshet::tests {
namespace {

TEST_CASE("health, readiness and metrics answer", "[server][http]") {
  TestServer server;
  CHECK(server.get("/healthz").starts_with("HTTP/1.1 200 "));
  CHECK(server.get("/readyz").starts_with("HTTP/1.1 200 "));
  WebSocketPeer peer = server.websocket("/v1/ws?pattern=a");
  peer.next_with("\"op\":\"live\"");
  server.publish("a", "1");
  const std::string metrics = server.get("/metrics");
  CHECK(metrics.find("Content-Type: text/plain; version=0.0.4") != std::string::npos);
  CHECK(metrics.find("\nfreshet_subscribers{transport=\"websocket\"} 1\n") != std::string::npos);
  CHECK(metrics.find("\nfreshet_publishes_total{by=\"http\",outcome=\"published\"} 1\n") !=
        std::string::npos);
  CHECK(metrics.find("\nfreshet_log_head 1\n") != std::string::npos);
}

TEST_CASE("history and polls come compressed to who asks for it", "[server][http][gzip]") {
  TestServer server;
  const std::string_view wish = "Accept-Encoding: gzip\r\n";
  for (int i = 0; i < 40; ++i) server.publish("a", "{\"price\":" + std::to_string(i) + "}");
  for (const std::string_view target :
       {"/v1/topics/a/messages", "/v1/poll?pattern=a&cursor=earliest",
        "/v1/poll?pattern=a&cursor=earliest&wait=10000"}) {
    INFO(target);
    const std::string plain = server.get(target);
    const std::string zipped = server.get(target, wish);
    CHECK(plain.find("Content-Encoding") == std::string::npos);
    CHECK(plain.find("\r\nVary: Accept-Encoding\r\n") != std::string::npos);
    CHECK(zipped.find("\r\nContent-Encoding: gzip\r\n") != std::string::npos);
    CHECK(zipped.find("\r\nVary: Accept-Encoding\r\n") != std::string::npos);
    CHECK(zipped.find("\r\n\r\n\x1F\x8B") != std::string::npos);
    CHECK(zipped.size() < plain.size() / 2);
  }
  CHECK(server.get("/healthz", wish).find("Content-Encoding") == std::string::npos);
  CHECK(server.counts().gzip.answers.value() == 3);
  CHECK(server.get("/metrics").find("\nfreshet_gzip_answers_total 3\n") != std::string::npos);
}

TEST_CASE("event streams are not compressed, whatever is asked for", "[server][http][gzip]") {
  TestServer server;
  auto client = server.connect();
  client.send(request_text("GET", "/v1/sse?pattern=a", "Accept-Encoding: gzip\r\n"));
  CHECK(client.read_until("\r\n\r\n").find("Content-Encoding") == std::string::npos);
  CHECK(client.read_until("\"op\":\"live\"").find("event: control") != std::string::npos);
}

TEST_CASE("unknown paths and wrong methods are problems, not silence", "[server][http]") {
  TestServer server;
  const std::vector<std::pair<std::string, std::string>> cases{
      {"GET /v1/nothing", "404"},  {"GET /v2/sse", "404"},         {"POST /v1/sse", "405"},
      {"GET /v1/publish", "405"},  {"DELETE /v1/topics/a", "405"}, {"GET /v1/topics/a", "405"},
      {"POST /v1/topics/", "404"}, {"POST /v1/topics/a/b", "404"}, {"GET /../etc/passwd", "404"},
  };
  for (const auto& [line, status] : cases) {
    INFO(line);
    park::LoopbackClient client = server.connect();
    client.send(line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    const std::string answer = client.read_to_end();
    CHECK(answer.starts_with("HTTP/1.1 " + status + " "));
    CHECK(answer.find("application/problem+json") != std::string::npos);
  }
}

TEST_CASE("a chunked publish is one publish", "[server][http]") {
  TestServer server;
  park::LoopbackClient client = server.connect();
  client.send("POST /v1/topics/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send("3\r\n[1,\r\n4;x=y\r\n2,3]\r\n0\r\nTrailer: t\r\n\r\n");
  CHECK(client.read_answer().starts_with("HTTP/1.1 200 "));
  CHECK(server.get("/v1/poll?pattern=a&cursor=earliest").find("\"data\":[1,2,3]}") !=
        std::string::npos);
}

TEST_CASE("pages of other origins are refused on every path until they are named",
          "[server][http][guard]") {
  app::ServerOptions options;
  options.allowed_origins = {"https://app.example.com"};
  TestServer server(options);
  const std::string evil = "Origin: https://evil.example.com\r\n";
  const std::string good = "Origin: https://app.example.com\r\n";
  for (const char* path : {"/v1/poll?pattern=a", "/v1/sse?pattern=a", "/metrics"}) {
    CHECK(server.get(path, evil).starts_with("HTTP/1.1 403 "));
  }
  CHECK(server.post("/v1/topics/a", "1", evil).starts_with("HTTP/1.1 403 "));
  CHECK(server.server().log().head() == 0);
  park::LoopbackClient client = server.connect();
  client.send(handshake_text("/v1/ws", evil));
  CHECK(client.read_answer().starts_with("HTTP/1.1 403 "));

  CHECK(server.get("/v1/poll?pattern=a", good)
            .find("Access-Control-Allow-Origin: https://app.example.com\r\n") != std::string::npos);
  CHECK(server.get("/v1/poll?pattern=a", "Origin: http://test\r\n").starts_with("HTTP/1.1 200 "));
  server.websocket("/v1/ws", good).next();
}

TEST_CASE("an address that others reach needs a key or leave, and says why", "[server][guard]") {
  app::ServerOptions options;
  options.host = "0.0.0.0";
  options.port = 0;
  const auto refused = app::Server(options).start();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ErrorCode::invalid_argument);
  CHECK(refused.error().message ==
        "refusing to listen on 0.0.0.0: anybody who reaches it could publish; add --publish-key "
        "KEY so that only its holders can, or --open if that is meant");
  options.open = true;
  CHECK(app::Server(options).start());
  options.open = false;
  options.publish_key = "secret";
  CHECK(app::Server(options).start());
}

TEST_CASE("a port in use is told with what to do", "[server][http]") {
  TestServer server;
  app::ServerOptions options;
  options.port = server.port();
  const auto refused = app::Server(options).start();
  REQUIRE_FALSE(refused);
  CHECK(refused.error().message.starts_with("port " + std::to_string(server.port()) +
                                            " is in use (try --listen 127.0.0.1:"));
}

TEST_CASE("the server listens on IPv6", "[server][http]") {
  app::ServerOptions options;
  options.host = "::1";
  TestServer server(options);
  park::LoopbackClient client(server.port(), "::1");
  client.send(request_text("GET", "/healthz"));
  CHECK(client.read_answer().ends_with("ok\n"));
}

}  // namespace
}  // namespace freshet::tests
