// A server at its admission rate: how each kind of client is told its slot, and let in with it.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <charconv>
#include <chrono>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "integration/server_fixture.h"

namespace freshet::tests {
namespace {

// Lets one in at once, and two a second: a slow machine may take a while for what a test asks.
app::ServerOptions narrow() {
  app::ServerOptions options;
  options.admission.window.admission_rate = 2;
  options.admission.limiter.burst = 1;
  return options;
}

// A server whose burst is used up. Nobody without a ticket is let in before three slots have gone
// by that nobody came for: for more than a second.
class CrowdedServer : public TestServer {
 public:
  CrowdedServer() : TestServer(narrow()) {
    const auto answers =
        get_at_once(*this, std::vector<std::string>(3, "/v1/poll?pattern=a&sdk=test/1"));
    if (!answers.back().starts_with("HTTP/1.1 503 ")) throw std::runtime_error("no crowd");
  }

  server::AdmissionCounts admission() { return server().context().admission.counts(); }
};

Duration milliseconds(std::string_view digits) {
  Duration::rep value = -1;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return Duration{value};
}

struct Told {
  Duration delay{-1};
  std::string ticket;
};

Told from_frame(std::string_view text) {
  const std::string digits = between(text, "{\"op\":\"retry\",\"delay\":", ",");
  return {milliseconds(digits), between(text, "\"ticket\":\"", "\"")};
}

Told from_headers(std::string_view answer) {
  return {milliseconds(between(answer, "Freshet-Retry-After-Ms: ", "\r\n")),
          between(answer, "Freshet-Ticket: ", "\r\n")};
}

void check(const Told& told) {
  CHECK(told.delay > Duration{0});
  CHECK_FALSE(told.ticket.empty());
}

TEST_CASE("a poll above the rate is told its slot in headers", "[server][admission][polling]") {
  CrowdedServer server;
  for (const char* wait : {"", "&wait=55000&cursor=x:1"}) {
    const std::string answer =
        server.get("/v1/poll?pattern=a&client=ann&sdk=test/1" + std::string(wait));
    CHECK(answer.starts_with("HTTP/1.1 503 "));
    CHECK(answer.find("\r\nRetry-After: ") != std::string::npos);
    check(from_headers(answer));
  }
  CHECK(server.counts().of(Transport::long_polling).opened.value() == 0);
}

TEST_CASE("an event stream above the rate is told its slot inside the stream",
          "[server][admission][sse]") {
  CrowdedServer server;
  const std::string answer = server.get("/v1/sse?pattern=a&sdk=test/1");
  CHECK(answer.starts_with("HTTP/1.1 200 "));
  check(from_frame(answer));
  CHECK(answer.find("{\"op\":\"close\",\"code\":1013") != std::string::npos);
  CHECK(answer.find("\"op\":\"hello\"") == std::string::npos);
}

TEST_CASE("a WebSocket above the rate is told its slot in a frame, then closed",
          "[server][admission][websocket]") {
  CrowdedServer server;
  WebSocketPeer peer = server.websocket("/v1/ws?pattern=a&sdk=test/1");
  check(from_frame(peer.next().payload));
  CHECK(peer.close_code() == 1013);
}

TEST_CASE("a bare EventSource above the rate is told a time of its own, and takes no slot",
          "[server][admission][sse]") {
  CrowdedServer server;
  const auto issued = server.admission().tickets_issued;
  for (int i = 0; i < 3; ++i) {
    const std::string answer = server.get("/v1/sse?pattern=a", "Accept: text/event-stream\r\n");
    CHECK(answer.starts_with("HTTP/1.1 200 "));
    CHECK(milliseconds(between(answer, "\r\n\r\nretry: ", "\n")) > Duration{0});
  }
  CHECK(server.admission().tickets_issued == issued);
}

// As every client has to: whoever comes before finds the burst used up, and gives its slot away.
// Coming later, within the tolerance of two seconds, is as good, so a slow machine changes nothing.
void wait_for_slot(const Told& told) { std::this_thread::sleep_for(told.delay); }

TEST_CASE("at its slot a client is let in with its ticket over any transport, and only once",
          "[server][admission]") {
  const auto [path, wait] =
      GENERATE(table<std::string, std::string>({{"/v1/sse", {}},
                                                {"/v1/poll", {}},
                                                {"/v1/poll", "&wait=1&cursor=earliest"},
                                                {"/v1/ws", {}}}));
  INFO(path << wait);
  CrowdedServer server;
  const Told told = from_headers(server.get("/v1/poll?pattern=a&client=ann&sdk=test/1"));
  const std::string shown = "?pattern=a&sdk=test/1" + wait + "&ticket=" + told.ticket + "&client=";
  // Of another client it is worth nothing.
  CHECK(server.get("/v1/sse" + shown + "bob").find("\"op\":\"retry\"") != std::string::npos);
  CHECK(server.admission().tickets_invalid == 1);
  wait_for_slot(told);
  park::LoopbackClient client = server.connect();
  const std::string target = path + shown + "ann";
  client.send(path == "/v1/ws" ? handshake_text(target) : request_text("GET", target));
  client.read_until("\"client\":\"ann\"");
  CHECK(server.admission().tickets_honoured == 1);
}

TEST_CASE("who is in opens hedges and polls on without a slot of its own", "[server][admission]") {
  TestServer server(narrow());
  const std::string client = "&sdk=test/1&client=ann";
  WebSocketPeer first = server.websocket("/v1/ws?pattern=a" + client);
  first.next_with("\"op\":\"hello\"");
  park::LoopbackClient hedge = server.connect();
  hedge.send(request_text("GET", "/v1/sse?pattern=a" + client));
  hedge.read_until("\"op\":\"hello\"");
  const std::string poll = "/v1/poll?pattern=b&sdk=test/1&client=ben";
  std::string answer = server.get(poll);
  // On a slow machine it may come to its slot too late, and is given another.
  for (int tries = 0; tries < 5 && !answer.starts_with("HTTP/1.1 200 "); ++tries) {
    const Told told = from_headers(answer);
    wait_for_slot(told);
    answer = server.get(poll + "&ticket=" + told.ticket);
  }
  REQUIRE(answer.starts_with("HTTP/1.1 200 "));
  for (int i = 0; i < 20; ++i) CHECK(server.get(poll).starts_with("HTTP/1.1 200 "));
  CHECK(server.server().context().admission.counts().admitted == 2);
  CHECK(server.server().context().admission.counts().passed == 21);
}

TEST_CASE("a refused client asking again is told the same slot", "[server][admission]") {
  CrowdedServer server;
  const std::string poll = "/v1/poll?pattern=a&client=ann&sdk=test/1";
  const Told first = from_headers(server.get(poll));
  CHECK(from_headers(server.get(poll)).ticket == first.ticket);
  CHECK(from_frame(server.get("/v1/sse?pattern=a&client=ann&sdk=test/1")).ticket == first.ticket);
}

TEST_CASE("refusals are counted by reason, and tickets by what became of them",
          "[server][admission][metrics]") {
  CrowdedServer server;
  const auto count = [&](const std::string& sample) {
    return between(server.get("/metrics"), "\n" + sample + " ", "\n");
  };
  const auto refused = server.admission().refused;
  const auto issued = server.admission().tickets_issued;
  server.get("/v1/sse?pattern=a&sdk=test/1");
  CHECK(count("freshet_refused_total{reason=\"rate\"}") == std::to_string(refused + 1));
  CHECK(count("freshet_refused_total{reason=\"full\"}") == "0");
  CHECK(count("freshet_refused_total{reason=\"draining\"}") == "0");
  CHECK(count("freshet_tickets_total{outcome=\"issued\"}") == std::to_string(issued + 1));
  CHECK(count("freshet_admitted_total") == std::to_string(server.admission().admitted));
}

}  // namespace
}  // namespace freshet::tests
