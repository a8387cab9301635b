// Clients that do as they like at a server's door: each try costs a refusal, and nobody else loses
// the slot that was promised.
#include <catch2/catch_test_macros.hpp>
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

TEST_CASE("who ignores tickets and comes again in a loop pushes nobody out of a slot",
          "[herd][hostile]") {
  TestServer server(narrow());
  Promise promise = promised(server, "ann");
  std::jthread hostile([&](const std::stop_token& stop) {
    for (int n = 0; !stop.stop_requested(); ++n) {
      // Let in or not, it hears no more than the head and comes again.
      park::LoopbackClient evil = server.connect();
      evil.send(request_text("GET", "/v1/sse?pattern=a&cursor=earliest&sdk=evil/1&client=evil" +
                                        std::to_string(n % 50)));
      evil.read_until("\r\n\r\n");
    }
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
  for (int i = 0; i < 200; ++i) silent.push_back(server.connect());
  REQUIRE(server.get("/v1/poll?pattern=a&sdk=test/1").starts_with("HTTP/1.1 200 "));
  CHECK(server.server().context().admission.counts().refused == 0);
}

TEST_CASE("forged and stolen tickets are worth nothing", "[herd][hostile]") {
  TestServer server(narrow());
  const Promise promise = promised(server, "ann");
  const std::string ticket = between(promise.target + "&", "&ticket=", "&");
  std::vector<std::string> targets;
  for (const std::string& forged : {std::string("1.0000000000000000"), "0" + ticket, ticket + "0",
                                    std::string("x"), std::string(512, '9')}) {
    targets.push_back("/v1/poll?pattern=a&sdk=test/1&client=cid&ticket=" + forged);
  }
  targets.push_back("/v1/poll?pattern=a&sdk=test/1&client=bob&ticket=" + ticket);
  get_at_once(server, targets);
  CHECK(server.server().context().admission.counts().tickets_honoured == 0);
  CHECK(server.server().context().admission.counts().tickets_invalid >= 5);
}

}  // namespace
}  // namespace freshet::tests
