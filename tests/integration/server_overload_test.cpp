// Publishing faster than the network drains, over real sockets: memory stays bounded, the
// publishers are told, other topics go on, and nothing that was accepted is lost.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cstdint>
#include <deque>
#include <stdexcept>
#include <string>
#include <string_view>

#include "integration/native_fixture.h"
#include "integration/server_fixture.h"

namespace freshet::tests {
namespace {

constexpr std::int64_t total_max = 4 * 1024 * 1024;

app::ServerOptions small_outboxes() {
  app::ServerOptions options;
  options.limits.message_bytes_max = 64 * 1024;
  options.limits.outbox_total_bytes_max = total_max;
  return options;
}

const std::string value = '"' + std::string(16 * 1024, 'x') + '"';

// Readers of one topic that take nothing until they are asked to.
struct Readers {
  Readers(TestServer& server, Transport transport, int count) {
    const std::string target(transport == Transport::sse ? "/v1/sse?pattern=hot"
                                                         : "/v1/ws?pattern=hot");
    for (int i = 0; i < count; ++i) {
      clients.emplace_back(server.port(), "127.0.0.1", 4 * 1024);
      clients.back().send(transport == Transport::sse ? request_text("GET", target)
                                                      : handshake_text(target));
      clients.back().read_until("\"op\":\"live\"");
    }
  }
  std::deque<park::LoopbackClient> clients;
};

// Far more than the server and the kernel's buffers of all readers hold.
constexpr std::uint64_t publishes_max = 2'000;

// Publishes to the hot topic until that is refused; the answer that said so.
std::string publish_until_refused(TestServer& server, std::uint64_t& accepted) {
  while (accepted < publishes_max) {
    std::string answer = server.post("/v1/topics/hot", value);
    if (!answer.starts_with("HTTP/1.1 200 ")) return answer;
    ++accepted;
  }
  throw std::runtime_error("no publish is refused, whatever waits for the readers");
}

TEST_CASE("publishers to slow readers are told to come later, and other topics go on",
          "[server][overload]") {
  TestServer server(small_outboxes());
  const Transport transport = GENERATE(Transport::sse, Transport::websocket);
  Readers slow(server, transport, 6);
  WebSocketPeer other = server.websocket("/v1/ws?pattern=cool");
  other.next_with("\"op\":\"live\"");

  std::uint64_t accepted = 0;
  const std::string refused = publish_until_refused(server, accepted);
  CHECK(refused.starts_with("HTTP/1.1 503 "));
  CHECK(refused.find("\r\nRetry-After: 1\r\n") != std::string::npos);
  CHECK(between(refused, "\"code\":\"", "\"") == "busy");
  CHECK(server.server().context().overload.bytes() <= total_max);

  // A batch tells it for each line, and as a whole when there is nothing else to tell.
  const std::string hot = "{\"topic\":\"hot\",\"data\":1}\n";
  CHECK(server.post("/v1/publish", hot + hot).starts_with("HTTP/1.1 503 "));
  const std::string mixed = server.post("/v1/publish", hot + "{\"topic\":\"cool\",\"data\":1}\n");
  CHECK(mixed.starts_with("HTTP/1.1 200 "));
  CHECK(mixed.find("{\"op\":\"error\",\"ref\":0,\"code\":\"busy\"") != std::string::npos);
  CHECK(mixed.find("{\"op\":\"ack\",\"ref\":1,") != std::string::npos);
  other.next_with("\"topic\":\"cool\"");
  other.send_text(R"({"op":"publish","ref":7,"topic":"hot","data":1})");
  CHECK(other.next_with("\"ref\":7").find("\"code\":\"busy\"") != std::string::npos);
  other.send_text(R"({"op":"publish","ref":8,"topic":"cool","data":2})");
  other.next_with("\"data\":2");
  CHECK(server.counts().limits.of(server::LimitName::outbox_total_bytes).value() >= 4);

  // Nobody was closed: when they read, they have all that was accepted, and it goes on.
  for (park::LoopbackClient& client : slow.clients) {
    for (std::uint64_t i = 0; i < accepted; ++i) client.read_until("\"topic\":\"hot\"");
  }
  REQUIRE(
      eventually([&] { return server.post("/v1/topics/hot", "1").starts_with("HTTP/1.1 200 "); }));
  for (park::LoopbackClient& client : slow.clients) client.read_until("\"data\":1}");
  CHECK(server.counts().slow_consumers.value() == 0);
}

TEST_CASE("readers that take nothing at all are cut off and the publishers go on",
          "[server][overload]") {
  app::ServerOptions options = small_outboxes();
  options.connection.write_stall_max = Duration{200};
  TestServer server(options);
  Readers stuck(server, Transport::sse, 6);
  const auto cut_off = [&] {
    return server.counts().limits.of(server::LimitName::write_stall).value();
  };
  // A slow machine has not published too much for them yet when the first is cut off.
  std::uint64_t accepted = 0;
  while (accepted < publishes_max && cut_off() == 0 &&
         server.post("/v1/topics/hot", value).starts_with("HTTP/1.1 200 ")) {
    ++accepted;
  }
  CHECK(accepted < publishes_max);
  REQUIRE(
      eventually([&] { return server.post("/v1/topics/hot", "1").starts_with("HTTP/1.1 200 "); }));
  REQUIRE(eventually([&] { return cut_off() == 6; }));
  CHECK(server.counts().of(Transport::sse).open.value() == 0);
}

TEST_CASE("our client publishes again by itself what slow readers had no room for",
          "[server][overload][native]") {
  TestServer server(small_outboxes());
  const Transport transport = GENERATE(Transport::websocket, Transport::sse);
  Readers slow(server, Transport::websocket, 6);
  std::uint64_t accepted = 0;
  publish_until_refused(server, accepted);
  const auto refused = [&] {
    return server.counts().publishes_websocket.refused.value() +
           server.counts().publishes_http.refused.value();
  };
  const std::int64_t before = refused();
  Client client{"http://127.0.0.1:" + std::to_string(server.port()), over({transport})};
  auto ack = client.publish_json("hot", "\"again\"");
  REQUIRE(eventually([&] { return refused() > before; }));
  for (park::LoopbackClient& reader : slow.clients) {
    for (std::uint64_t i = 0; i < accepted; ++i) reader.read_until("\"topic\":\"hot\"");
  }
  REQUIRE(ack.wait_for(test::patience) == std::future_status::ready);
  CHECK(ack.get());
  for (park::LoopbackClient& reader : slow.clients) reader.read_until("\"data\":\"again\"");
}

}  // namespace
}  // namespace freshet::tests
