// A server that lies about when to return: the native client takes no more than the bounds of the
// protocol from it.
#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <string>
#include <thread>
#include <variant>

#include "freshet/client.h"
#include "unit/native/fake_server.h"
#include "unit/native/recorder.h"

namespace freshet::tests {
namespace {

constexpr Duration window_max{10 * 60'000};
constexpr Duration floor_max{60 * 60'000};

// How long a client means to wait after its first event stream was answered so.
std::optional<Duration> wait_after(const std::string& answer) {
  test::FakeServer server;
  test::Watched<std::optional<Duration>> waiting;
  Client client{server.url(), {.transports = {Transport::sse}}};
  client.on_state([&](const State& state) {
    if (const auto* wait = std::get_if<state::Waiting>(&state.kind)) {
      waiting.change([&](auto& value) { value = wait->retry_in; });
    }
  });
  const auto subscription = client.subscribe("a", [](const Message&) {});
  if (!subscription) return std::nullopt;
  {
    test::Peer peer = server.accept();
    peer.read_request();
    peer.write(answer);
  }
  return waiting.wait([](const auto& value) { return value.has_value(); });
}

std::string stream(const std::string& frames) {
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + frames;
}

std::string hello(const std::string& window) {
  return stream(
      "event: control\ndata: {\"op\":\"hello\",\"version\":1,\"epoch\":\"e\",\"cursor\":\"e:0\","
      "\"window\":" +
      window + "}\n\n");
}

std::string retry(const std::string& delay) {
  return stream("event: control\ndata: {\"op\":\"retry\",\"delay\":" + delay +
                ",\"ticket\":\"t\"}\n\n");
}

TEST_CASE("whatever window a server names, the client comes back within ten minutes",
          "[herd][native][lying]") {
  for (const char* window : {"31536000000", "-1", "1e300", "\"soon\"", "null", "0", "NaN"}) {
    INFO(window);
    const auto wait = wait_after(hello(window));
    REQUIRE(wait);
    CHECK(*wait >= Duration{0});
    CHECK(*wait <= window_max);
  }
}

TEST_CASE("whatever slot a server names, the client comes back within an hour and never spins",
          "[herd][native][lying]") {
  for (const char* delay : {"31536000000", "-1", "1e300", "\"soon\"", "null", "0"}) {
    INFO(delay);
    const auto wait = wait_after(retry(delay));
    REQUIRE(wait);
    CHECK(*wait >= Duration{0});
    CHECK(*wait <= floor_max);
  }
}

TEST_CASE("whatever Retry-After says, the client comes back within an hour and a window",
          "[herd][native][lying]") {
  for (const char* header :
       {"Retry-After: 31536000", "Retry-After: -1", "Retry-After: soon",
        "Freshet-Retry-After-Ms: 99999999999999999999", "Freshet-Retry-After-Ms: -5"}) {
    INFO(header);
    const auto wait = wait_after("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n" +
                                 std::string(header) + "\r\n\r\n");
    REQUIRE(wait);
    CHECK(*wait >= Duration{0});
    CHECK(*wait <= floor_max + window_max);
  }
}

}  // namespace
}  // namespace freshet::tests
