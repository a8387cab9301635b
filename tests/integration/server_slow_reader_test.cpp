// Readers that do not take what is sent to them, over real sockets with small buffers: what each
// rule makes of it, and that a reader beside them hears every message at once.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "integration/server_fixture.h"

namespace freshet::tests {
namespace {

struct Seen {
  std::uint64_t id;
  std::string topic;
};

std::uint64_t number_at(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// The messages in what a stream or a poll brought, however framed.
std::vector<Seen> messages_in(std::string_view text) {
  std::vector<Seen> seen;
  constexpr std::string_view head = "{\"id\":";
  constexpr std::string_view topic = ",\"topic\":\"";
  for (std::size_t at = text.find(head); at != std::string_view::npos; at = text.find(head, at)) {
    at += head.size();
    seen.push_back({number_at(text.substr(at)), between(text.substr(at, 300), topic, "\"")});
  }
  return seen;
}

// The reader of one stream, by either transport.
class Reader {
 public:
  Reader(const TestServer& server, Transport transport, std::string_view query,
         int receive_buffer_bytes)
      : client_(server.port(), "127.0.0.1", receive_buffer_bytes) {
    const std::string path(transport == Transport::sse ? "/v1/sse?" : "/v1/ws?");
    const std::string target = path + std::string(query);
    client_.send(transport == Transport::sse ? request_text("GET", target)
                                             : handshake_text(target));
    client_.read_until("\"op\":\"live\"");
  }

  std::string read_until(std::string_view end) { return client_.read_until(end); }
  // Everything up to this message and with it.
  std::string read_through(std::uint64_t id) {
    const std::string before = client_.read_until("{\"id\":" + std::to_string(id) + ",");
    return before + client_.read_until("}");
  }

 private:
  park::LoopbackClient client_;
};

// A server, a reader that takes nothing for now, and one that takes everything.
struct Pair {
  Pair(std::initializer_list<const char*> rules, Transport transport)
      : server(options_with(rules)),
        slow(server, transport, query, 16 * 1024),
        quick(server, transport, query, 0) {}

  static app::ServerOptions options_with(std::initializer_list<const char*> rules) {
    app::ServerOptions options;
    options.limits.message_bytes_max = 64 * 1024;
    options.limits.outbox_bytes_max = 256 * 1024;
    for (const char* rule : rules) REQUIRE(options.rules.add(rule));
    return options;
  }

  void publish(const std::string& topic, const std::string& data) {
    const auto now = std::chrono::floor<Duration>(std::chrono::steady_clock::now());
    server.server().log().append({.topic = topic, .data = data}, now,
                                 [&](const Result<server::Appended>& appended) {
                                   REQUIRE(appended);
                                   head = appended->id;
                                 });
  }
  // A round over ten topics, which the quick reader has heard when this returns.
  void round(const std::string& data) {
    for (char number = '0'; number <= '9'; ++number) publish(std::string("a.") + number, data);
    const std::string heard = quick.read_through(head);
    REQUIRE(messages_in(heard).size() == 10);
    REQUIRE(heard.find("\"op\":\"gap\"") == std::string::npos);
  }
  // Until a reader has left the live flow.
  void overwhelm() {
    const std::string data = '"' + std::string(4'000, 'x') + '"';
    REQUIRE(eventually([&] {
      round(data);
      return server.counts().fell_behind.value() > 0;
    }));
    // And more of it than any rule keeps.
    for (int more = 0; more < 20; ++more) round(data);
    round("\"end\"");
  }

  static constexpr std::string_view query = "pattern=a.*";
  TestServer server;
  Reader slow;
  Reader quick;
  std::uint64_t head = 0;
};

void check_rising(const std::vector<Seen>& seen) {
  for (std::size_t i = 1; i < seen.size(); ++i) REQUIRE(seen[i].id > seen[i - 1].id);
}

TEST_CASE("a stuck reader of latest topics is spared all but the newest and delays nobody",
          "[server][slow]") {
  const Transport transport = GENERATE(Transport::sse, Transport::websocket);
  Pair pair({"a.>:latest"}, transport);
  pair.overwhelm();
  const std::string text = pair.slow.read_through(pair.head);
  const std::vector<Seen> seen = messages_in(text);
  check_rising(seen);
  CHECK(seen.size() < pair.head);
  std::map<std::string, std::uint64_t> newest;
  for (const Seen& message : seen) newest[message.topic] = message.id;
  REQUIRE(newest.size() == 10);
  for (const auto& [topic, id] : newest) CHECK(id > pair.head - 10);
  CHECK(text.find("\"op\":\"gap\"") == std::string::npos);
  CHECK(pair.server.counts().slow_consumers.value() == 0);

  // It is live again.
  pair.publish("a.0", "\"live\"");
  pair.slow.read_until("\"live\"");
}

TEST_CASE("a stuck reader of drop-oldest topics is told what it lost and delays nobody",
          "[server][slow]") {
  const Transport transport = GENERATE(Transport::sse, Transport::websocket);
  Pair pair({"a.>:drop-oldest"}, transport);
  pair.overwhelm();
  const std::string text = pair.slow.read_through(pair.head);
  const std::vector<Seen> seen = messages_in(text);
  check_rising(seen);
  std::vector<bool> accounted(pair.head + 1, false);
  accounted[0] = true;
  for (const Seen& message : seen) accounted[message.id] = true;
  std::size_t gaps = 0;
  for (std::size_t at = text.find("\"op\":\"gap\""); at != std::string::npos;
       at = text.find("\"op\":\"gap\"", at + 1), ++gaps) {
    const std::string gap = text.substr(at, text.find('}', at) - at);
    CHECK(gap.find("\"reason\":\"slow\"") != std::string::npos);
    const std::string epoch = pair.server.server().log().epoch() + ":";
    const std::uint64_t after = number_at(between(gap, "\"after\":\"" + epoch, "\""));
    const std::uint64_t until = number_at(between(gap, "\"until\":\"" + epoch, "\""));
    REQUIRE(until <= pair.head);
    for (std::uint64_t id = after + 1; id <= until; ++id) accounted[id] = true;
  }
  CHECK(gaps > 0);
  CHECK(accounted == std::vector<bool>(pair.head + 1, true));
  CHECK(seen.size() < pair.head);
  CHECK(pair.server.counts().slow_consumers.value() == 0);
}

TEST_CASE("a poll from a cursor gets the newest of each latest topic, history all of it",
          "[server][slow][polling]") {
  TestServer server(Pair::options_with({"a.>:latest"}));
  for (const char* topic : {"a.1", "a.1", "b", "a.2", "a.1", "b"}) server.publish(topic, "1");
  const auto ids = [&](const std::string& cursor) {
    std::vector<std::uint64_t> found;
    for (const Seen& one :
         messages_in(server.get("/v1/poll?pattern=%3E&wait=1000&cursor=" + cursor))) {
      found.push_back(one.id);
    }
    return found;
  };
  CHECK(ids(server.cursor(0)) == std::vector<std::uint64_t>{3, 4, 5, 6});
  CHECK(ids("earliest") == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6});
  CHECK(ids("last:1") == std::vector<std::uint64_t>{4, 5, 6});
}

}  // namespace
}  // namespace freshet::tests
