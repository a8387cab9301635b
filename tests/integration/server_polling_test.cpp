// Polling and long polling, against a real server on raw sockets.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "integration/server_fixture.h"

namespace freshet::tests {
namespace {

std::string body_of(const std::string& answer) {
  return answer.substr(answer.find("\r\n\r\n") + 4);
}

std::string next_cursor(const std::string& answer) {
  return between(answer.substr(answer.find("{\"op\":\"next\"")), "\"cursor\":\"", "\"");
}

bool long_poll_is_parked(const TestServer& server) {
  return eventually([&] { return server.counts().of(Transport::long_polling).open.value() == 1; });
}

TEST_CASE("a poll without a cursor answers at once with where to go on", "[server][polling]") {
  TestServer server;
  server.publish("a", "1");
  for (const char* wait : {"", "&wait=55000", "&wait=55000&cursor=latest"}) {
    const std::string answer = server.get("/v1/poll?pattern=a" + std::string(wait));
    CHECK(answer.starts_with("HTTP/1.1 200 "));
    CHECK(answer.find("Content-Type: application/x-ndjson") != std::string::npos);
    CHECK(answer.find("Cache-Control: no-store") != std::string::npos);
    CHECK(body_of(answer).starts_with("{\"op\":\"hello\",\"version\":1,"));
    CHECK(next_cursor(answer) == server.cursor(1));
    CHECK(count_of(answer, "\"data\"") == 0);
  }
}

TEST_CASE("polls in a loop miss nothing and get nothing twice, on one connection",
          "[server][polling]") {
  TestServer server;
  park::LoopbackClient client = server.connect();
  std::string cursor = "earliest";
  std::string seen;
  for (int round = 0; round < 20; ++round) {
    for (int i = 0; i < round % 3; ++i) server.publish("a.b", std::to_string(round));
    client.send(request_text("GET", "/v1/poll?pattern=a.*&cursor=" + cursor));
    const std::string answer = client.read_answer();
    for (std::size_t at = answer.find("{\"id\":"); at != std::string::npos;
         at = answer.find("{\"id\":", at + 1)) {
      seen += between(answer.substr(at), "{\"id\":", ",") + " ";
    }
    cursor = next_cursor(answer);
  }
  std::string expected;
  for (std::uint64_t id = 1; id <= server.server().log().head(); ++id) {
    expected += std::to_string(id) + " ";
  }
  CHECK(seen == expected);
}

TEST_CASE("an answer that is cut says so and names its last message", "[server][polling]") {
  TestServer server;
  for (int i = 0; i < 5; ++i) server.publish("a", "1");
  const std::string answer = server.get("/v1/poll?pattern=a&cursor=earliest&limit=2");
  CHECK(count_of(answer, "\"data\"") == 2);
  CHECK(next_cursor(answer) == server.cursor(2));
  CHECK(answer.find("\"more\":true") != std::string::npos);
  const std::string rest = server.get("/v1/poll?pattern=a&cursor=" + next_cursor(answer));
  CHECK(count_of(rest, "\"data\"") == 3);
  CHECK(rest.find("\"more\":false") != std::string::npos);
}

TEST_CASE("a long history comes in one answer, up to its bytes", "[server][polling]") {
  app::ServerOptions options;
  options.limits.poll_bytes_max = 100'000;
  TestServer server(options);
  for (int i = 0; i < 150; ++i) server.publish("a", '"' + std::string(1000, 'x') + '"');
  const std::string answer = server.get("/v1/poll?pattern=a&cursor=earliest");
  CHECK(count_of(answer, "\"data\"") > 90);
  CHECK(count_of(answer, "\"data\"") < 100);
  CHECK(answer.find("\"more\":true") != std::string::npos);
}

TEST_CASE("a POST takes the same as JSON", "[server][polling]") {
  TestServer server;
  server.publish("a", "1");
  server.publish("b", "2");
  const std::string answer =
      server.post("/v1/poll", "{\"patterns\":[\"a\",\"b\"],\"cursors\":[\"" + server.cursor(1) +
                                  "\",\"earliest\"],\"wait\":0,\"limit\":10}");
  CHECK(answer.starts_with("HTTP/1.1 200 "));
  CHECK(count_of(answer, "\"data\"") == 1);
  CHECK(answer.find("\"cursors\":[\"" + server.cursor(1) + "\",\"" + server.cursor(0) + "\"]") !=
        std::string::npos);
  for (const char* body :
       {"", "[]", "{\"patterns\":[\"a*\"]}", "{\"patterns\":7}", "{\"patterns\":[1]}", "{}",
        "{\"pattern\":\"a\",\"wait\":\"soon\"}", "{\"pattern\":\"a\",\"wait\":[]}",
        "{\"pattern\":\"a\",\"cursors\":[\"latest\",\"latest\"]}"}) {
    INFO(body);
    CHECK(server.post("/v1/poll", body).starts_with("HTTP/1.1 400 "));
  }
}

TEST_CASE("what is not a poll is refused with a code and a sentence", "[server][polling]") {
  TestServer server;
  const std::vector<std::pair<std::string, std::string>> cases{
      {"/v1/poll", "invalid_pattern"},
      {"/v1/poll?pattern=", "invalid_pattern"},
      {"/v1/poll?pattern=a..b", "invalid_pattern"},
      {"/v1/poll?pattern=a%3E", "invalid_pattern"},
      {"/v1/poll?pattern=%3E.a", "invalid_pattern"},
      {"/v1/poll?pattern=a&cursor=soon", "invalid_cursor"},
      {"/v1/poll?pattern=a&cursor=k3f9:-1", "invalid_cursor"},
      {"/v1/poll?pattern=a&cursor=k3f9:99999999999999999", "invalid_cursor"},
      {"/v1/poll?pattern=a&cursor=last:0", "invalid_cursor"},
      {"/v1/poll?pattern=a&cursor=latest&cursor=latest", "invalid_cursor"},
      {"/v1/poll?pattern=a&wait=55001", "invalid_argument"},
      {"/v1/poll?pattern=a&wait=-1", "invalid_argument"},
      {"/v1/poll?pattern=a&limit=0", "invalid_argument"},
      {"/v1/poll?pattern=a&limit=1e3", "invalid_argument"},
      {"/v1/poll?pattern=a&client=a%22b", "invalid_argument"},
  };
  for (const auto& [target, code] : cases) {
    INFO(target);
    const std::string answer = server.get(target);
    CHECK(answer.starts_with("HTTP/1.1 400 "));
    CHECK(between(answer, "\"code\":\"", "\"") == code);
  }
  std::string many = "/v1/poll?pattern=a";
  for (int i = 0; i < 256; ++i) many += "&pattern=a";
  CHECK(between(server.get(many), "\"code\":\"", "\"") == "too_many");
  CHECK(server.get("/v1/poll?pattern=a").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("a cursor of another life is told a gap and gets this one whole", "[server][polling]") {
  TestServer server;
  server.publish("a", "1");
  const std::string answer = server.get("/v1/poll?pattern=a&cursor=other:900&wait=20000");
  CHECK(answer.find("\"recovered\":false") != std::string::npos);
  CHECK(answer.find("{\"op\":\"gap\",\"pattern\":\"a\",\"after\":\"other:900\"") !=
        std::string::npos);
  CHECK(count_of(answer, "\"data\"") == 1);
}

TEST_CASE("a long poll is answered by the message it waits for, and goes on",
          "[server][long-polling]") {
  TestServer server;
  park::LoopbackClient client = server.connect();
  client.send(request_text("GET", "/v1/poll?pattern=a&wait=55000&cursor=" + server.cursor(0)));
  REQUIRE(long_poll_is_parked(server));
  server.publish("b", "0");  // Not ours; its id is part of the next cursor all the same.
  server.publish("a", "1");
  const std::string answer = client.read_answer();
  CHECK(count_of(answer, "\"data\"") == 1);
  CHECK(next_cursor(answer) == server.cursor(2));
  client.send(request_text("GET", "/v1/poll?pattern=a&wait=55000&cursor=" + next_cursor(answer)));
  REQUIRE(long_poll_is_parked(server));
  server.publish("a", "2");
  CHECK(count_of(client.read_answer(), "\"data\":2}") == 1);
}

TEST_CASE("a message published before the long poll parks is not missed",
          "[server][long-polling]") {
  TestServer server;
  park::LoopbackClient publisher = server.connect();
  park::LoopbackClient poller = server.connect();
  std::string cursor = server.cursor(0);
  // Both at once, again and again: whichever comes first, the message arrives with this poll.
  for (int round = 0; round < 200; ++round) {
    publisher.send(request_text("POST", "/v1/topics/a", {}, std::to_string(round)));
    poller.send(request_text("GET", "/v1/poll?pattern=a&wait=55000&cursor=" + cursor));
    const std::string answer = poller.read_answer();
    REQUIRE(answer.find("\"data\":" + std::to_string(round) + "}") != std::string::npos);
    cursor = next_cursor(answer);
    publisher.read_answer();
  }
}

TEST_CASE("a long poll ends when its wait is over, with where to go on", "[server][long-polling]") {
  TestServer server;
  const std::string answer = server.get("/v1/poll?pattern=a&wait=50&cursor=" + server.cursor(0));
  CHECK(answer.starts_with("HTTP/1.1 200 "));
  CHECK(count_of(answer, "\n{") == 2);
  CHECK(next_cursor(answer) == server.cursor(0));
}

TEST_CASE("a request behind a parked long poll waits for its answer", "[server][long-polling]") {
  TestServer server;
  park::LoopbackClient client = server.connect();
  client.send(request_text("GET", "/v1/poll?pattern=a&wait=55000&cursor=" + server.cursor(0)) +
              request_text("GET", "/healthz"));
  REQUIRE(long_poll_is_parked(server));
  CHECK(client.quiet());
  server.publish("a", "1");
  CHECK(count_of(client.read_answer(), "\"data\"") == 1);
  CHECK(client.read_answer().ends_with("ok\n"));
}

TEST_CASE("a client that will not send any more gets its answer at once",
          "[server][long-polling]") {
  TestServer server;
  park::LoopbackClient client = server.connect();
  client.send(request_text("GET", "/v1/poll?pattern=a&wait=55000&cursor=" + server.cursor(0)));
  client.half_close();
  CHECK(next_cursor(client.read_to_end()) == server.cursor(0));
}

TEST_CASE("a client that goes away frees its long poll", "[server][long-polling]") {
  TestServer server;
  const bool by_reset = GENERATE(true, false);
  park::LoopbackClient client = server.connect();
  client.send(request_text("GET", "/v1/poll?pattern=a&wait=55000&cursor=" + server.cursor(0)));
  REQUIRE(long_poll_is_parked(server));
  by_reset ? client.reset() : client.close();
  CHECK(eventually([&] { return server.counts().of(Transport::long_polling).open.value() == 0; }));
}

TEST_CASE("answers of many long polls are held back, and bring what comes meanwhile",
          "[server][long-polling]") {
  app::ServerOptions options;
  // Everybody here comes at once.
  options.admission.limiter.burst = 2'000;
  options.limits.long_poll_spread = Duration{250};
  TestServer server(options);
  std::vector<park::LoopbackClient> polls;
  for (int i = 0; i < 1'200; ++i) {
    polls.push_back(server.connect());
    polls.back().send(
        request_text("GET", "/v1/poll?pattern=a&wait=55000&sdk=test/1&cursor=" + server.cursor(0)));
  }
  REQUIRE(eventually(
      [&] { return server.counts().of(Transport::long_polling).open.value() == 1'200; }));
  server.publish("a", "1");
  server.publish("a", "2");
  std::size_t both = 0;
  for (park::LoopbackClient& poll : polls) {
    const std::string answer = poll.read_answer();
    const bool has_second = answer.find("\"data\":2") != std::string::npos;
    CHECK(answer.find("\"data\":1") != std::string::npos);
    CHECK(next_cursor(answer) == server.cursor(has_second ? 2 : 1));
    both += has_second ? 1 : 0;
  }
  CHECK(both > 0);
}

TEST_CASE("the hold grows with the number of long polls, up to the spread",
          "[server][long-polling]") {
  CHECK(server::long_poll_hold_max(0, Duration{250}) == Duration{0});
  CHECK(server::long_poll_hold_max(39, Duration{250}) == Duration{0});
  CHECK(server::long_poll_hold_max(1'000, Duration{250}) == Duration{25});
  CHECK(server::long_poll_hold_max(100'000, Duration{250}) == Duration{250});
  CHECK(server::long_poll_hold_max(100'000, Duration{0}) == Duration{0});
}

TEST_CASE("holds end on steps of the clock, never later than drawn", "[server][long-polling]") {
  const server::Instant now{Duration{1'003}};
  CHECK(server::long_poll_hold_on_step(now, Duration{0}) == Duration{0});
  CHECK(server::long_poll_hold_on_step(now, Duration{6}) == Duration{0});
  CHECK(server::long_poll_hold_on_step(now, Duration{7}) == Duration{7});
  CHECK(server::long_poll_hold_on_step(now, Duration{16}) == Duration{7});
  CHECK(server::long_poll_hold_on_step(now, Duration{101}) == Duration{97});
}

TEST_CASE("a long poll over the limit of streams is told to come later", "[server][limits]") {
  app::ServerOptions options;
  options.limits.streams_max = 1;
  TestServer server(options);
  park::LoopbackClient client = server.connect();
  const std::string target = "/v1/poll?pattern=a&wait=55000&cursor=" + server.cursor(0);
  client.send(request_text("GET", target));
  REQUIRE(long_poll_is_parked(server));
  const std::string answer = server.get(target);
  CHECK(answer.starts_with("HTTP/1.1 503 "));
  CHECK(answer.find("Retry-After: ") != std::string::npos);
  CHECK(answer.find("Freshet-Retry-After-Ms: ") != std::string::npos);
  CHECK(server.get("/v1/poll?pattern=a").starts_with("HTTP/1.1 200 "));
  CHECK(server.counts().refused_full.value() == 1);
}

}  // namespace
}  // namespace freshet::tests
