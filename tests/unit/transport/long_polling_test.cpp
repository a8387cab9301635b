// A poll that waits: for a message, for the end of its time, or for its client.
#include "transport/long_polling.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "unit/transport/one_loop_server.h"

namespace freshet::server {
namespace {

park::LoopbackClient ask(OneLoopServer& server, std::string_view query) {
  park::LoopbackClient client = server.connect();
  client.send("GET /v1/poll?pattern=a" + std::string(query) + " HTTP/1.1\r\nHost: a\r\n\r\n");
  return client;
}

std::int64_t waiting(OneLoopServer& server) {
  return server.context.counts.of(Transport::long_polling).open.value();
}

// Asks, and returns once the poll is parked.
park::LoopbackClient wait_at(OneLoopServer& server, std::uint64_t id) {
  park::LoopbackClient client = ask(server, "&wait=55000&cursor=" + server.cursor(id));
  while (waiting(server) == 0) server.run([](park::Loop&) {});
  return client;
}

bool holds(std::string_view answer, std::string_view part) {
  return answer.find(part) != std::string_view::npos;
}

TEST_CASE("a message ends the wait, and is no longer waited for", "[transport][long-polling]") {
  OneLoopServer server;
  park::LoopbackClient client = wait_at(server, 0);
  server.publish("b", "1");
  server.publish("a", "2");
  const std::string answer = client.read_answer();
  CHECK(holds(answer, "{\"id\":2,\"topic\":\"a\""));
  CHECK(holds(answer, "\"op\":\"next\",\"cursor\":\"" + server.cursor(2) + "\""));
  server.run([&](park::Loop&) { CHECK(waiting(server) == 0); });
  CHECK(server.context.counts.of(Transport::long_polling).opened.value() == 1);
}

TEST_CASE("what is there already needs no wait", "[transport][long-polling]") {
  OneLoopServer server;
  server.publish("a", "1");
  park::LoopbackClient client = ask(server, "&wait=55000&cursor=" + server.cursor(0));
  CHECK(holds(client.read_answer(), "{\"id\":1,"));
}

TEST_CASE("a gap is news as well", "[transport][long-polling]") {
  OneLoopServer server;
  park::LoopbackClient client = ask(server, "&wait=55000&cursor=other:9");
  CHECK(holds(client.read_answer(), "\"reason\":\"epoch\""));
}

TEST_CASE("without a cursor there is nothing to wait behind", "[transport][long-polling]") {
  OneLoopServer server;
  CHECK(holds(ask(server, "&wait=55000").read_answer(), "\"op\":\"next\""));
  CHECK(server.context.counts.of(Transport::long_polling).opened.value() == 0);
}

TEST_CASE("the wait ends with where to go on", "[transport][long-polling]") {
  OneLoopServer server([](ServerContext& context) { context.limits.wait_max = Duration{20}; });
  server.publish("b", "1");
  park::LoopbackClient client = ask(server, "&wait=55000&cursor=" + server.cursor(1));
  const std::string answer = client.read_answer();
  CHECK(holds(answer, "\"op\":\"next\",\"cursor\":\"" + server.cursor(1) + "\""));
  CHECK_FALSE(holds(answer, "{\"id\":"));
  CHECK(server.context.counts.limits.of(LimitName::long_poll).value() == 1);
}

TEST_CASE("a client that will send no more is answered at once", "[transport][long-polling]") {
  OneLoopServer server;
  park::LoopbackClient client = wait_at(server, 0);
  client.half_close();
  CHECK(holds(client.read_to_end(), "\"op\":\"next\""));
}

TEST_CASE("a server that drains answers who waits", "[transport][long-polling]") {
  OneLoopServer server;
  park::LoopbackClient client = wait_at(server, 0);
  server.drain();
  CHECK(holds(client.read_answer(), "\"op\":\"next\",\"cursor\":\"" + server.cursor(0) + "\""));
}

}  // namespace
}  // namespace freshet::server
