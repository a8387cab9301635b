// Clients that do as they like at a server's door: each try costs a refusal, and nobody else loses
// the slot that was promised.
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

using SteadyClock = std::chrono::steady_clock;

// So few a second that a slow machine asks for more, too.
app::ServerOptions narrow() {
  app::ServerOptions options;
  options.admission.window.admission_rate = 5;
  options.admission.limiter.burst = 2;
  return options;
}

struct Promise {
  SteadyClock::time_point due;
  std::string target;
};

// Comes as more newcomers at once than are let in, and gives what the last was promised.
Promise promised(TestServer& server, const std::string& name) {
  std::vector<std::string> targets;
  for (int n = 0; n < 5; ++n) {
    targets.push_back("/v1/poll?pattern=a&sdk=test/1&client=" + name + std::to_string(n));
  }
  const std::string answer = get_at_once(server, targets).back();
  if (!answer.starts_with("HTTP/1.1 503 ")) throw std::runtime_error("nobody is refused");
  const std::string digits = between(answer, "Freshet-Retry-After-Ms: ", "\r\n");
  long delay = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), delay);
  return {SteadyClock::now() + std::chrono::milliseconds(delay),
          targets.back() + "&ticket=" + between(answer, "Freshet-Ticket: ", "\r\n")};
}

// One request for each transport, by a client of this name; `more` is added to the query. Ends its
// own direction, so that a long poll is answered at once.
std::string ask(TestServer& server, Transport transport, const std::string& name,
                const std::string& more = {}) {
  const std::string query = "?pattern=a&sdk=evil/1&client=" + name + more;
  park::LoopbackClient client = server.connect();
  switch (transport) {
    case Transport::websocket:
      client.send(handshake_text("/v1/ws" + query));
      return client.read_until("\r\n\r\n");
    case Transport::sse:
      client.send(request_text("GET", "/v1/sse" + query));
      return client.read_until("\r\n\r\n");
    case Transport::long_polling:
      client.send(request_text("GET", "/v1/poll" + query + "&wait=55000&cursor=earliest"));
      client.half_close();
      return client.read_until("\r\n\r\n");
    case Transport::polling:
      client.send(request_text("GET", "/v1/poll" + query));
      return client.read_until("\r\n\r\n");
  }
  return {};
}

TEST_CASE("who ignores tickets and comes again in a loop pushes nobody out of a slot",
          "[herd][hostile]") {
  const Transport transport =
      GENERATE(Transport::websocket, Transport::sse, Transport::long_polling, Transport::polling);
  INFO(to_string(transport));
  TestServer server(narrow());
  Promise promise = promised(server, "ann");
  std::jthread hostile([&](const std::stop_token& stop) {
    // Let in or not, it hears no more than the head and comes again, under ever new names: who was
    // let in may go on polling.
    for (int n = 0; !stop.stop_requested(); ++n) ask(server, transport, "e" + std::to_string(n));
  });
  std::string answer;
  // Crowded out of its slot it would be told another soon: once is enough to say so.
  for (int tries = 0; tries < 3; ++tries) {
    std::this_thread::sleep_until(promise.due);
    answer = server.get(promise.target);
    if (answer.starts_with("HTTP/1.1 200 ")) break;
    promise = promised(server, "ann");
  }
  hostile.request_stop();
  hostile.join();
  CHECK(answer.starts_with("HTTP/1.1 200 "));
  const server::AdmissionCounts counts = server.server().context().admission.counts();
  CHECK(counts.refused > 0);
  CHECK(counts.admitted + counts.passed < counts.refused);
}

TEST_CASE("who opens a connection and never speaks takes nothing of the rate", "[herd][hostile]") {
  TestServer server(narrow());
  std::vector<park::LoopbackClient> silent;
  const std::string half[] = {{},
                              handshake_text("/v1/ws?pattern=a&sdk=evil/1").substr(0, 60),
                              request_text("GET", "/v1/sse?pattern=a&sdk=evil/1").substr(0, 40),
                              request_text("POST", "/v1/poll", "Content-Length: 100\r\n")};
  for (int i = 0; i < 200; ++i) {
    silent.push_back(server.connect());
    silent.back().send(half[i % 4]);
  }
  REQUIRE(server.get("/v1/poll?pattern=a&sdk=test/1").starts_with("HTTP/1.1 200 "));
  CHECK(server.server().context().admission.counts().admitted == 1);
  CHECK(server.server().context().admission.counts().refused == 0);
}

TEST_CASE("who opens a WebSocket and never speaks is refused above the rate, and cut off",
          "[herd][hostile]") {
  TestServer server(narrow());
  std::vector<park::LoopbackClient> silent;
  for (int i = 0; i < 40; ++i) {
    silent.push_back(server.connect());
    silent.back().send(handshake_text("/v1/ws?sdk=evil/1"));
  }
  std::size_t refused = 0;
  for (park::LoopbackClient& client : silent) {
    client.read_until("{\"op\":\"");
    if (client.read_until("\"") != "retry\"") continue;
    ++refused;
    // It ends with the close code 1013, though the client says and closes nothing.
    CHECK(
        client.read_to_end().ends_with("\x03\xf5"
                                       "busy"));
  }
  const server::AdmissionCounts counts = server.server().context().admission.counts();
  CHECK(refused > 0);
  CHECK(counts.refused == refused);
  CHECK(counts.admitted + refused == silent.size());
}

TEST_CASE("forged and stolen tickets are worth nothing, on any transport", "[herd][hostile]") {
  const Transport transport =
      GENERATE(Transport::websocket, Transport::sse, Transport::long_polling, Transport::polling);
  INFO(to_string(transport));
  TestServer server(narrow());
  const Promise promise = promised(server, "ann");
  const std::string ticket = between(promise.target + "&", "&ticket=", "&");
  // Each a client of its own: whoever is in is asked for no ticket.
  int n = 0;
  for (const std::string& forged : {std::string("1.0000000000000000"), "0" + ticket, ticket + "0",
                                    std::string("x"), std::string(512, '9')}) {
    ask(server, transport, "cid" + std::to_string(n++), "&ticket=" + forged);
  }
  ask(server, transport, "bob", "&ticket=" + ticket);
  CHECK(server.server().context().admission.counts().tickets_honoured == 0);
  CHECK(server.server().context().admission.counts().tickets_invalid >= 5);
}

}  // namespace
}  // namespace freshet::tests
