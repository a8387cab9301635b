// Drain: every client is told its own time, newcomers are refused, nothing published is lost.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <csignal>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "integration/native_fixture.h"
#include "integration/served.h"
#include "integration/server_fixture.h"
#include "integration/tcp_proxy.h"
#include "paths.h"

namespace freshet::tests {
namespace {

constexpr std::string_view says_retry = "{\"op\":\"retry\",\"delay\":";

TEST_CASE("a drain tells many streams times of their own, spread over the window",
          "[server][drain]") {
  app::ServerOptions options;
  options.admission.window.window_min = Duration{60'000};
  TestServer server(options);
  std::vector<WebSocketPeer> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(server.websocket("/v1/ws?pattern=a"));
    peers.back().next_with("\"op\":\"live\"");
  }
  server.server().drain();
  std::set<std::string> delays;
  for (WebSocketPeer& peer : peers) {
    delays.insert(between(peer.next_with("\"reason\":\"drain\""), says_retry, ","));
    CHECK(peer.close_code() == 1001);
  }
  CHECK(delays.size() > 15);
}

TEST_CASE("a drain tells a long poll its time before the last line, with what was published",
          "[server][drain][long-polling]") {
  TestServer server;
  park::LoopbackClient poll = server.connect();
  poll.send(
      request_text("GET", "/v1/poll?pattern=a&sdk=test/1&wait=55000&cursor=" + server.cursor(0)));
  REQUIRE(
      eventually([&] { return server.counts().of(Transport::long_polling).open.value() == 1; }));
  server.server().drain();
  const std::string answer = poll.read_to_end();
  const auto retry = answer.find(says_retry);
  CHECK(retry != std::string::npos);
  CHECK(answer.find("\"op\":\"next\"") > retry);
}

TEST_CASE("every answer of a draining server ends its connection", "[server][drain]") {
  app::ServerOptions options;
  options.drain_spread = Duration{60'000};
  options.drain_max = Duration{60'000};
  TestServer server(options);
  const std::string poll = "/v1/poll?pattern=a&cursor=" + server.cursor(0);
  // One that was held before, and a file's worth of ways to answer after. Of two clients one leaves
  // at the end of the minute, so that the drain lasts.
  WebSocketPeer stays = server.websocket("/v1/ws?pattern=b");
  WebSocketPeer goes = server.websocket("/v1/ws?pattern=b");
  stays.next_with("\"op\":\"live\"");
  goes.next_with("\"op\":\"live\"");
  park::LoopbackClient held = server.connect();
  held.send(request_text("GET", poll + "&wait=55000"));
  REQUIRE(
      eventually([&] { return server.counts().of(Transport::long_polling).open.value() == 1; }));
  std::thread drain([&] { server.server().drain(); });
  REQUIRE(eventually([&] { return server.server().context().draining.load(); }));
  for (const std::string& request :
       {request_text("GET", "/healthz"), request_text("GET", "/readyz"),
        request_text("HEAD", "/healthz"), request_text("GET", "/nowhere"),
        request_text("OPTIONS", "/v1/publish"), request_text("DELETE", "/healthz"),
        request_text("GET", poll), request_text("GET", poll + "&sdk=test/1"),
        request_text("POST", "/v1/poll", {}, "{\"pattern\":\"a\"}"),
        request_text("GET", "/v1/poll?pattern=a..b"), request_text("GET", "/v1/ws"),
        request_text("POST", "/v1/topics/c", {}, "1"), request_text("GET", "/v1/topics/c/messages"),
        request_text("POST", "/v1/publish", {}, "{\"topic\":\"c\",\"data\":1}"),
        request_text("GET", "/v1/sse?pattern=a"), handshake_text("/v1/ws?pattern=a")}) {
    INFO(request);
    park::LoopbackClient client = server.connect();
    client.send(request);
    CHECK(client.read_to_end().find("\r\nConnection: close\r\n") != std::string::npos);
  }
  server.publish("a", "1");
  const std::string answer = held.read_to_end();
  CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(answer.find("\"topic\":\"a\"") != std::string::npos);
  stays.half_close();
  goes.half_close();
  drain.join();
}

TEST_CASE("a drain tells a bare EventSource by the field that it reads", "[server][drain][sse]") {
  TestServer server;
  park::LoopbackClient bare = server.connect();
  bare.send(request_text("GET", "/v1/sse?pattern=a"));
  bare.read_until("\"op\":\"live\"");
  server.server().drain();
  CHECK(bare.read_to_end().find("\nretry: ") != std::string::npos);
}

TEST_CASE("while clients leave one by one the others are served and newcomers are refused",
          "[server][drain]") {
  app::ServerOptions options;
  options.drain_spread = Duration{60'000};
  options.drain_max = Duration{60'000};
  TestServer server(options);
  std::vector<std::unique_ptr<WebSocketPeer>> peers;
  for (int i = 0; i < 50; ++i) {
    peers.push_back(std::make_unique<WebSocketPeer>(server.port(), "/v1/ws?pattern=a&sdk=test/1"));
    peers.back()->next_with("\"op\":\"live\"");
  }
  std::thread drain([&] { server.server().drain(); });
  REQUIRE(eventually([&] { return server.get("/readyz").starts_with("HTTP/1.1 503 "); }));
  WebSocketPeer newcomer = server.websocket("/v1/ws?pattern=a&sdk=test/1");
  CHECK(newcomer.next().payload.starts_with(says_retry));
  CHECK(server.get("/v1/poll?pattern=a&sdk=test/1").starts_with("HTTP/1.1 503 "));
  CHECK(server.counts().refused_draining.value() == 2);
  server.publish("a", "\"still here\"");
  // Each in turn has a minute's fiftieth, so that most are here still.
  std::size_t heard = 0;
  for (auto& peer : peers) {
    for (;;) {
      const WebSocketPeer::Frame frame = peer->next();
      if (frame.opcode == wire::Opcode::close) break;
      if (frame.payload.find("still here") == std::string::npos) continue;
      ++heard;
      break;
    }
  }
  CHECK(heard > 0);
  peers.clear();  // Whoever is left goes, and the drain is over.
  drain.join();
  CHECK(server.counts().open() == 0);
}

std::string admin_drain(std::uint16_t port, const std::string& headers) {
  park::LoopbackClient client(port);
  client.send(request_text("POST", "/v1/admin/drain", "Connection: close\r\n" + headers));
  return client.read_to_end();
}

TEST_CASE("POST /v1/admin/drain ends the program with 0, for the holder of the key only",
          "[server][drain][program]") {
  Program serve{{program_path, "serve", "--port", "0", "--log-level", "off", "--publish-key", "k"}};
  const std::string said = serve.read_line();
  const auto port = static_cast<std::uint16_t>(std::stoul(said.substr(said.rfind(':') + 1)));
  CHECK(admin_drain(port, {}).starts_with("HTTP/1.1 401 "));
  CHECK(admin_drain(port, "Authorization: Bearer x\r\n").starts_with("HTTP/1.1 401 "));
  const std::string answer = admin_drain(port, "Authorization: Bearer k\r\n");
  CHECK(answer.starts_with("HTTP/1.1 202 "));
  CHECK(answer.find("{\"draining\":true,\"clients\":0}") != std::string::npos);
  CHECK(serve.wait() == 0);
}

TEST_CASE("without a key nobody drains a server over HTTP", "[server][drain][program]") {
  Program serve{{program_path, "serve", "--port", "0", "--log-level", "off"}};
  const std::string said = serve.read_line();
  const auto port = static_cast<std::uint16_t>(std::stoul(said.substr(said.rfind(':') + 1)));
  CHECK(admin_drain(port, {}).starts_with("HTTP/1.1 403 "));
  serve.signal(SIGINT);
  CHECK(serve.wait() == 0);
}

TEST_CASE("a second signal ends a drain at once", "[server][drain][program]") {
  Program serve{{program_path, "serve", "--port", "0", "--log-level", "off", "--drain-spread", "1h",
                 "--drain-max", "1h"}};
  const std::string said = serve.read_line();
  const auto port = static_cast<std::uint16_t>(std::stoul(said.substr(said.rfind(':') + 1)));
  // The one that leaves last is here for most of an hour.
  WebSocketPeer one(port, "/v1/ws?pattern=a&sdk=test/1");
  WebSocketPeer two(port, "/v1/ws?pattern=a&sdk=test/1");
  one.next_with("\"op\":\"live\"");
  two.next_with("\"op\":\"live\"");
  serve.signal(SIGTERM);
  REQUIRE(eventually([&] {
    park::LoopbackClient probe(port);
    probe.send(request_text("GET", "/readyz", "Connection: close\r\n"));
    return probe.read_to_end().starts_with("HTTP/1.1 503 ");
  }));
  serve.signal(SIGTERM);
  CHECK(serve.wait() == -1);
}

TEST_CASE("nothing published before a drain is lost, and the next server is joined",
          "[server][drain][native]") {
  const Transport transport = GENERATE(from_range(all_transports));
  INFO(to_string(transport));
  auto server = std::make_unique<Served>(quick_flags());
  const std::string address = "127.0.0.1:" + std::to_string(server->port());
  Inbox inbox;
  Client client(server->url(), over({transport}));
  const auto subscription = client.subscribe("t.a", inbox.on_message(), inbox.options());
  REQUIRE(subscription);
  inbox.wait_for_lives(1);
  Publisher(server->port()).publish(1, 50);
  // A stream has all by its end. Who is between two polls asks the next server, whose log is
  // another.
  if (transport == Transport::polling || transport == Transport::long_polling) {
    inbox.wait_for_messages(50);
  }
  CHECK(server->stop() == 0);
  server = std::make_unique<Served>(quick_flags(), address);
  inbox.wait_for_gap();
  Publisher(server->port()).publish(51, 60);
  const Told told = inbox.wait_for_messages(60);
  CHECK(told.data == numbers(1, 60));
  CHECK(told.gaps == 1);
}

TEST_CASE("whom a drain sends to a node with another log is told the gap, and joins that one",
          "[server][drain][native]") {
  const Transport transport = GENERATE(from_range(all_transports));
  INFO(to_string(transport));
  Served first(quick_flags({"--drain-spread", "200ms"}));
  Served second(quick_flags());
  TcpProxy balancer(first.port());
  Inbox inbox;
  Client client(balancer.url(), over({transport}));
  const auto subscription = client.subscribe("t.a", inbox.on_message(), inbox.options());
  REQUIRE(subscription);
  inbox.wait_for_lives(1);
  Publisher(first.port()).publish(1, 50);
  inbox.wait_for_messages(50);
  // Who comes now reaches the second, as through a balancer that has read that the first is not
  // ready.
  balancer.set_target(second.port());
  CHECK(first.stop() == 0);
  inbox.wait_for_gap();
  Publisher(second.port()).publish(51, 60);
  const Told told = inbox.wait_for_messages(60);
  CHECK(told.data == numbers(1, 60));
  CHECK(told.gaps == 1);
}

}  // namespace
}  // namespace freshet::tests
