// A server that lies about when to return: the native client takes no more than the bounds of the
// protocol from it.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "freshet/client.h"
#include "integration/native_fixture.h"
#include "unit/native/fake_server.h"
#include "unit/native/recorder.h"

namespace freshet::tests {
namespace {

constexpr Duration window_max{10 * 60'000};
constexpr Duration floor_max{60 * 60'000};

constexpr std::string_view not_there = "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n";

// How long a client means to wait that was told these frames by its first connection, after which
// nothing answers any more. `head`, if given, is told in place of them, with an empty body.
std::optional<Duration> wait_after(Transport transport, const std::vector<std::string>& frames,
                                   const std::string& head = {}) {
  test::FakeServer server;
  test::Watched<std::optional<Duration>> waiting;
  Client client{server.url(), {.transports = {transport}}};
  client.on_state([&](const State& state) {
    if (const auto* wait = std::get_if<state::Waiting>(&state.kind)) {
      waiting.change([&](auto& value) { value = wait->retry_in; });
    }
  });
  const auto subscription = client.subscribe("a", [](const Message&) {});
  if (!subscription) return std::nullopt;
  {
    test::Peer peer = server.accept();
    server.stop();
    if (!head.empty()) {
      peer.read_request();
      peer.write(head + "\r\n");
    } else if (transport == Transport::websocket) {
      peer.accept_websocket();
      for (const std::string& frame : frames) peer.write_text(frame);
    } else if (transport == Transport::sse) {
      peer.read_request();
      peer.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n");
      for (const std::string& frame : frames) peer.write("event: control\ndata: " + frame + "\n\n");
    } else {
      peer.read_request();
      std::string body;
      for (const std::string& frame : frames) body += frame + "\n";
      peer.write("HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
    }
  }
  return waiting.wait([](const auto& value) { return value.has_value(); });
}

// What a stream says first; a poll says all of it, and ends with `next`.
std::vector<std::string> greeting(Transport transport, const std::string& window) {
  std::vector<std::string> frames{
      R"({"op":"hello","version":1,"epoch":"e","cursor":"e:0","window":)" + window + "}"};
  if (transport == Transport::polling || transport == Transport::long_polling) {
    frames.push_back(R"({"op":"next","cursor":"e:0","window":)" + window +
                     R"(,"interval":100,"more":false})");
  }
  return frames;
}

TEST_CASE("whatever window a server names, the client comes back within ten minutes",
          "[herd][native][lying]") {
  const Transport transport = GENERATE(from_range(all_transports));
  INFO(to_string(transport));
  for (const char* window : {"31536000000", "-1", "1e300", "\"soon\"", "null", "0", "NaN"}) {
    INFO(window);
    const auto wait = wait_after(transport, greeting(transport, window));
    REQUIRE(wait);
    CHECK(*wait >= Duration{0});
    CHECK(*wait <= window_max);
  }
}

TEST_CASE("whatever slot a server names, the client comes back within an hour and never spins",
          "[herd][native][lying]") {
  const Transport transport = GENERATE(from_range(all_transports));
  INFO(to_string(transport));
  for (const char* delay : {"31536000000", "-1", "1e300", "\"soon\"", "null", "0", "NaN"}) {
    INFO(delay);
    const auto wait = wait_after(
        transport, {R"({"op":"retry","delay":)" + std::string(delay) + R"(,"ticket":"t"})"});
    REQUIRE(wait);
    CHECK(*wait >= Duration{0});
    CHECK(*wait <= floor_max);
  }
}

TEST_CASE("whatever Retry-After says, the client comes back within an hour and a window",
          "[herd][native][lying]") {
  const Transport transport = GENERATE(from_range(all_transports));
  INFO(to_string(transport));
  for (const char* header :
       {"Retry-After: 31536000", "Retry-After: -1", "Retry-After: soon", "Retry-After: NaN",
        "Freshet-Retry-After-Ms: 99999999999999999999", "Freshet-Retry-After-Ms: -5"}) {
    INFO(header);
    const auto wait = wait_after(transport, {}, std::string(not_there) + header + "\r\n");
    REQUIRE(wait);
    CHECK(*wait >= Duration{0});
    CHECK(*wait <= floor_max + window_max);
  }
}

}  // namespace
}  // namespace freshet::tests
