// One poll: what it holds, where it is cut, and where to go on.
#include "transport/polling.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "unit/transport/one_loop_server.h"

namespace freshet::server {
namespace {

std::string ask(OneLoopServer& server, std::string_view query) {
  park::LoopbackClient client = server.connect();
  client.send("GET /v1/poll" + std::string(query) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  return client.read_answer();
}

std::size_t messages_in(std::string_view answer) {
  std::size_t count = 0;
  for (std::size_t at = answer.find("{\"id\":"); at != std::string_view::npos;
       at = answer.find("{\"id\":", at + 1)) {
    ++count;
  }
  return count;
}

bool holds(std::string_view answer, std::string_view part) {
  return answer.find(part) != std::string_view::npos;
}

TEST_CASE("a poll is hello, what there is, and next", "[transport][polling]") {
  OneLoopServer server;
  server.publish("a", "1");
  server.publish("b", "2");
  const std::string answer = ask(server, "?pattern=a&cursor=earliest");
  CHECK(holds(answer, "Content-Type: application/x-ndjson\r\n"));
  CHECK(holds(answer, "Cache-Control: no-store\r\n"));
  const std::string body = answer.substr(answer.find("\r\n\r\n") + 4);
  CHECK(body.starts_with("{\"op\":\"hello\","));
  CHECK(messages_in(body) == 1);
  CHECK(holds(body, "\n{\"op\":\"next\",\"cursor\":\"" + server.cursor(2) + "\","));
  CHECK(body.ends_with("\"more\":false}\n"));
  CHECK(server.context.counts.of(Transport::polling).opened.value() == 1);
}

TEST_CASE("a poll that is cut goes on behind its last message", "[transport][polling]") {
  OneLoopServer server([](ServerContext& context) { context.limits.poll_bytes_max = 120; });
  for (int i = 0; i < 5; ++i) server.publish("a", "1");
  const std::string by_count = ask(server, "?pattern=a&cursor=earliest&limit=1");
  CHECK(messages_in(by_count) == 1);
  CHECK(holds(by_count, "\"cursor\":\"" + server.cursor(1) + "\",\"window\""));
  CHECK(holds(by_count, "\"more\":true"));
  // The bytes are those of the whole answer, hello included; one message always fits.
  CHECK(messages_in(ask(server, "?pattern=a&cursor=earliest")) == 1);
  const LimitCounts& limits = server.context.counts.limits;
  CHECK(limits.of(LimitName::poll_messages).value() == 1);
  CHECK(limits.of(LimitName::poll_bytes).value() == 1);
}

TEST_CASE("a poll without a pattern tells an SDK where the log is", "[transport][polling]") {
  OneLoopServer server;
  server.publish("a", "1");
  CHECK(holds(ask(server, "?sdk=x"), "\"op\":\"next\",\"cursor\":\"" + server.cursor(1) + "\""));
  CHECK(ask(server, "").starts_with("HTTP/1.1 400 "));
}

TEST_CASE("while all outboxes are full no poll is answered from the log",
          "[transport][polling][overload]") {
  OneLoopServer server([](ServerContext& context) { context.overload.set_bytes_max(1'000); });
  Overload& overload = server.context.overload;
  overload.add(1'000);
  const std::string refused = ask(server, "?pattern=a&cursor=earliest");
  CHECK(refused.starts_with("HTTP/1.1 503 "));
  CHECK(holds(refused, "\r\nRetry-After: "));
  CHECK(holds(refused, "\r\nCache-Control: no-store\r\n"));
  CHECK(server.context.counts.refused_full.value() == 1);
  overload.add(-1'000);
  CHECK(ask(server, "?pattern=a&cursor=earliest").starts_with("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace freshet::server
