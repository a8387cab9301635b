// Server-Sent Events, against a real server on raw sockets: what curl and a bare EventSource see.
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

#include "integration/server_fixture.h"

namespace freshet::tests {
namespace {

// A stream that was asked for and has answered.
park::LoopbackClient open_stream(TestServer& server, std::string_view target,
                                 std::string_view headers = {}) {
  park::LoopbackClient client = server.connect();
  client.send(request_text("GET", target, headers));
  return client;
}

TEST_CASE("a stream begins with hello and brings messages with their cursor as id",
          "[server][sse]") {
  TestServer server;
  park::LoopbackClient client = open_stream(server, "/v1/sse?pattern=a.*");
  const std::string head = client.read_until("\r\n\r\n");
  CHECK(head.starts_with("HTTP/1.1 200 "));
  CHECK(head.find("Content-Type: text/event-stream") != std::string::npos);
  CHECK(head.find("Transfer-Encoding: chunked") != std::string::npos);
  CHECK(head.find("X-Accel-Buffering: no") != std::string::npos);
  CHECK(head.find("Cache-Control: no-store") != std::string::npos);
  const std::string opening = client.read_until("\"op\":\"live\"");
  CHECK(opening.find("retry: ") != std::string::npos);
  CHECK(opening.find("event: control\nid: " + server.cursor(0) + "\ndata: {\"op\":\"hello\"") !=
        std::string::npos);
  server.publish("b", "0");
  server.publish("a.b", "1");
  const std::string event = client.read_until("\"data\":1}\n\n");
  CHECK(event.find("id: " + server.cursor(2) + "\ndata: {\"id\":2,\"topic\":\"a.b\"") !=
        std::string::npos);
  CHECK(event.find("\"topic\":\"b\"") == std::string::npos);
}

TEST_CASE("an old client gets the stream unframed", "[server][sse]") {
  TestServer server;
  server.publish("a", "1");
  park::LoopbackClient client = server.connect();
  client.send("GET /v1/sse?pattern=a&cursor=earliest HTTP/1.0\r\n\r\n");
  const std::string head = client.read_until("\r\n\r\n");
  CHECK(head.find("chunked") == std::string::npos);
  CHECK(client.read_until("\n\n").starts_with("retry: "));
  CHECK(client.read_until("\n\n").starts_with("event: control\nid: "));
  CHECK(client.read_until("\n\n").starts_with("id: " + server.cursor(1) + "\ndata: {\"id\":1,"));
}

TEST_CASE("Last-Event-ID resumes, whatever the address says", "[server][sse]") {
  TestServer server;
  for (int i = 1; i <= 4; ++i) server.publish("a", std::to_string(i));
  for (const std::string query :
       {"", "&cursor=earliest", "&cursor=last:3", "&cursor=OLD", "&cursor=other:77"}) {
    std::string target = "/v1/sse?pattern=a" + query;
    if (query == "&cursor=OLD") target = "/v1/sse?pattern=a&cursor=" + server.cursor(1);
    park::LoopbackClient client =
        open_stream(server, target, "Last-Event-ID: " + server.cursor(3) + "\r\n");
    const std::string stream = client.read_until("\"op\":\"live\"");
    INFO(stream);
    CHECK(count_of(stream, "\"data\":") == 1);
    CHECK(stream.find("\"data\":4}") != std::string::npos);
    CHECK(stream.find("\"op\":\"gap\"") == std::string::npos);
  }
  // A cursor that is further on stays.
  park::LoopbackClient client = open_stream(server, "/v1/sse?pattern=a&cursor=" + server.cursor(4),
                                            "Last-Event-ID: " + server.cursor(2) + "\r\n");
  CHECK(count_of(client.read_until("\"op\":\"live\""), "\"data\":") == 0);
}

TEST_CASE("pings tell how far the stream has come", "[server][sse]") {
  app::ServerOptions options;
  options.ping = Duration{100};
  TestServer server(options);
  park::LoopbackClient client = open_stream(server, "/v1/sse?pattern=a");
  client.read_until("\"op\":\"live\"");
  server.publish("b", "1");
  client.read_until("{\"op\":\"ping\",\"cursor\":\"" + server.cursor(1) + "\"");
}

TEST_CASE("a bad request gets its status, or is told in the stream to an SDK", "[server][sse]") {
  TestServer server;
  for (const char* query : {"", "?pattern=a*", "?pattern=a&cursor=x", "?pattern=a&wait=-1"}) {
    INFO(query);
    CHECK(server.get("/v1/sse" + std::string(query)).starts_with("HTTP/1.1 400 "));
  }
  const std::string told = server.get("/v1/sse?pattern=a*&sdk=test/1");
  CHECK(told.starts_with("HTTP/1.1 200 "));
  CHECK(told.find("Content-Type: text/event-stream") != std::string::npos);
  CHECK(told.find("event: control\ndata: {\"op\":\"error\",\"code\":\"invalid_pattern\"") !=
        std::string::npos);
  CHECK(told.find("event: control\ndata: {\"op\":\"close\",\"code\":4004") != std::string::npos);
}

TEST_CASE("a full server tells each kind of client in a way it understands",
          "[server][sse][limits]") {
  app::ServerOptions options;
  options.limits.streams_max = 1;
  TestServer server(options);
  park::LoopbackClient first = open_stream(server, "/v1/sse?pattern=a");
  first.read_until("\"op\":\"live\"");
  CHECK(server.get("/v1/sse?pattern=a").starts_with("HTTP/1.1 503 "));
  const std::string bare = server.get("/v1/sse?pattern=a", "Accept: text/event-stream\r\n");
  CHECK(bare.starts_with("HTTP/1.1 200 "));
  CHECK(bare.find("\r\n\r\nretry: ") != std::string::npos);
  const std::string sdk = server.get("/v1/sse?pattern=a&sdk=test/1");
  CHECK(sdk.starts_with("HTTP/1.1 200 "));
  CHECK(sdk.find("{\"op\":\"retry\",\"delay\":") != std::string::npos);
  CHECK(sdk.find("{\"op\":\"close\",\"code\":1013") != std::string::npos);
  CHECK(server.counts().refused_full.value() == 3);
  first.close();
  CHECK(eventually([&] { return server.counts().of(Transport::sse).open.value() == 0; }));
  open_stream(server, "/v1/sse?pattern=a").read_until("\"op\":\"live\"");
}

TEST_CASE("a client that will not send any more still gets its stream", "[server][sse]") {
  TestServer server;
  park::LoopbackClient client = open_stream(server, "/v1/sse?pattern=a");
  client.half_close();
  client.read_until("\"op\":\"ping\"");
  server.publish("a", "1");
  client.read_until("\"data\":1}\n\n");
}

TEST_CASE("HEAD of a stream ends", "[server][sse]") {
  TestServer server;
  park::LoopbackClient client = server.connect();
  client.send(request_text("HEAD", "/v1/sse?pattern=a", "Connection: close\r\n"));
  CHECK(client.read_to_end().starts_with("HTTP/1.1 200 "));
  CHECK(server.counts().of(Transport::sse).open.value() == 0);
}

TEST_CASE("a replay larger than any outbox comes through whole", "[server][sse]") {
  app::ServerOptions options;
  options.limits.message_bytes_max = 64 * 1024;
  options.limits.outbox_bytes_max = 256 * 1024;
  TestServer server(options);
  const std::string data = '"' + std::string(32 * 1024, 'x') + '"';
  constexpr int count = 300;  // 10 MB
  for (int i = 0; i < count; ++i) server.publish("a", data);
  park::LoopbackClient client(server.port(), "127.0.0.1", 16 * 1024);
  client.send(request_text("GET", "/v1/sse?pattern=a&cursor=earliest"));
  const std::string stream = client.read_until("\"op\":\"live\"");
  CHECK(count_of(stream, "\"data\":") == count);
  CHECK(stream.find("\"op\":\"gap\"") == std::string::npos);
}

TEST_CASE("a slow consumer is closed with 4100 and the others get everything",
          "[server][sse][limits]") {
  app::ServerOptions options;
  options.limits.message_bytes_max = 64 * 1024;
  options.limits.outbox_bytes_max = 256 * 1024;
  TestServer server(options);
  park::LoopbackClient slow(server.port(), "127.0.0.1", 16 * 1024);
  slow.send(request_text("GET", "/v1/sse?pattern=a"));
  slow.read_until("\"op\":\"live\"");
  park::LoopbackClient good = open_stream(server, "/v1/sse?pattern=a");
  good.read_until("\"op\":\"live\"");
  const std::string data = '"' + std::string(60 * 1024, 'x') + '"';
  const auto is_closed = [&] { return server.counts().of(Transport::sse).open.value() == 1; };
  int published = 0;
  for (; published < 500 && !is_closed(); ++published) {
    const std::uint64_t id = server.publish("a", data);
    good.read_until("{\"id\":" + std::to_string(id) + ",");
    // Its farewell waits for it to read; whether it was given up shows in what it gets.
    if (published > 200) break;
  }
  const std::string rest = slow.read_to_end();
  CHECK(count_of(rest, "\"data\":") < static_cast<std::size_t>(published));
  CHECK(rest.find("{\"op\":\"close\",\"code\":4100") != std::string::npos);
  CHECK(rest.ends_with("0\r\n\r\n"));
}

}  // namespace
}  // namespace freshet::tests
