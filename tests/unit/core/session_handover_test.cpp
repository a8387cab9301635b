#include <algorithm>
#include <catch2/catch_test_macros.hpp>

#include "core/session.h"
#include "unit/core/client_driver.h"

namespace freshet::core {
namespace {

using Ids = std::vector<std::uint64_t>;
constexpr Duration minute{60'000};

// Live over SSE, because the WebSocket was too slow to say hello.
ConnectionId go_live_below_first(ClientDriver& driver) {
  driver.subscribe("prices.*");
  driver.advance(Duration{2'500});
  const auto sse = driver.opened().connection;
  driver.frame(sse, hello());
  driver.frame(sse, live("k3f9:100"));
  REQUIRE(driver.state() == "live over sse");
  return sse;
}

// Keeps a stream alive while time passes.
void stay_alive(ClientDriver& driver, ConnectionId connection, Duration duration) {
  const Instant until = driver.now + duration;
  const std::size_t before = driver.openings.size();
  while (driver.now < until && driver.openings.size() == before) {
    driver.frame(connection, R"({"op":"ping","cursor":"k3f9:100","window":1000})");
    driver.advance(Duration{5'000});
  }
}

// A changed set of subscriptions on GET streams ---------------------------------------------

TEST_CASE("a new subscription on SSE is a new stream that takes over once it is live",
          "[core][handover]") {
  ClientDriver driver{{.transports = {Transport::sse}}};
  const auto old = driver.go_live(Transport::sse);
  driver.frame(old, message(101));
  const auto chat = driver.subscribe("chat.>");
  const auto fresh = driver.opened().connection;
  REQUIRE(fresh != old);
  CHECK(parameters(driver.opened().target, "cursor") ==
        std::vector<std::string>{"k3f9:101", "latest"});
  CHECK(driver.is_live());

  driver.frame(old, message(102));
  driver.frame(fresh, hello({.id = 101, .cursors = {"k3f9:101", "k3f9:102"}}));
  CHECK_FALSE(driver.is_closed(old));
  driver.frame(fresh, message(102));
  driver.frame(fresh, message(103));
  driver.frame(old, message(103));
  driver.frame(old, message(104));
  driver.frame(fresh, live("k3f9:104"));
  CHECK(driver.is_closed(old));
  driver.frame(old, message(105));
  driver.frame(fresh, message(104));
  driver.frame(fresh, message(105));
  driver.frame(fresh, message(106, "chat.lobby"));
  CHECK(driver.ids(1) == Ids{101, 102, 103, 104, 105});
  CHECK(driver.ids(chat) == Ids{106});
  CHECK(driver.states.back() == "live over sse");
}

TEST_CASE("changes while a stream takes over are gathered into the next", "[core][handover]") {
  ClientDriver driver{{.transports = {Transport::sse}}};
  driver.go_live(Transport::sse);
  for (const std::string_view pattern : {"a", "b", "c", "d"}) driver.subscribe(pattern);
  CHECK(driver.openings.size() == 2);
  driver.frame(driver.opened().connection, hello());
  driver.frame(driver.opened().connection, live("k3f9:100"));
  REQUIRE(driver.openings.size() == 3);
  CHECK(parameters(driver.opened().target, "pattern").size() == 5);
}

TEST_CASE("what nobody wants any more is left by a new stream, too", "[core][handover]") {
  ClientDriver driver{{.transports = {Transport::sse}}};
  const auto first = driver.subscribe("firehose.>");
  driver.subscribe("prices.*");
  driver.frame(driver.opened().connection, hello());
  driver.frame(driver.opened().connection, live("k3f9:100"));
  driver.frame(driver.opened().connection, hello());
  driver.frame(driver.opened().connection, live("k3f9:100"));
  driver.unsubscribe(first);
  CHECK(parameters(driver.opened().target, "pattern") == std::vector<std::string>{"prices.*"});
  driver.frame(driver.opened().connection, hello());
  driver.frame(driver.opened().connection, live("k3f9:100"));
  const std::size_t opened = driver.openings.size();
  driver.in_one_turn([] {});
  CHECK(driver.openings.size() == opened);
}

TEST_CASE("when the new stream fails the old one goes on, and the change backs off",
          "[core][handover]") {
  ClientDriver driver{{.transports = {Transport::sse}}};
  const auto old = driver.go_live(Transport::sse);
  driver.subscribe("chat.>");
  const Instant begin = driver.now;
  for (int count = 0; count < 6; ++count) {
    driver.refuse(driver.opened().connection, 500);
    CHECK(driver.is_live());
    driver.frame(old, message(101 + static_cast<std::uint64_t>(count)));
    driver.time_until_opened();
  }
  CHECK(driver.now - begin > Duration{1'000});
  CHECK(driver.ids(1).size() == 6);
}

TEST_CASE("when the old stream is lost the new one serves at once", "[core][handover]") {
  ClientDriver driver{{.transports = {Transport::sse}}};
  const auto old = driver.go_live(Transport::sse);
  driver.subscribe("chat.>");
  const auto fresh = driver.opened().connection;
  driver.frame(fresh, hello());
  driver.lose(old);
  CHECK(driver.is_live());
  driver.frame(fresh, message(101));
  driver.frame(fresh, live("k3f9:101"));
  CHECK(driver.ids(1) == Ids{101});
  // Both are live again after the loss.
  CHECK(driver.lives == std::vector<SubscriptionId>{1, 1, 2});
}

TEST_CASE("a loss before the new stream said hello makes it the attempt", "[core][handover]") {
  ClientDriver driver{{.transports = {Transport::sse}}};
  const auto old = driver.go_live(Transport::sse);
  driver.subscribe("chat.>");
  const auto fresh = driver.opened().connection;
  driver.lose(old);
  CHECK(driver.state() == "connecting over sse");
  driver.frame(fresh, hello());
  CHECK(driver.is_live());
  CHECK(driver.openings.size() == 2);
}

TEST_CASE("a drain closes the new stream with the old", "[core][handover]") {
  ClientDriver driver{{.transports = {Transport::sse}}};
  const auto old = driver.go_live(Transport::sse);
  driver.subscribe("chat.>");
  const auto fresh = driver.opened().connection;
  driver.frame(old, R"({"op":"retry","delay":4000,"ticket":"slot","reason":"drain"})");
  driver.end(old, {.kind = EndKind::finished, .http_status = 200});
  CHECK(driver.is_closed(fresh));
  CHECK(driver.time_until_opened() == Duration{4'000});
}

// Healing ----------------------------------------------------------------------------------

// centrifuge-js#426 → #432: one slow first answer moved a client to HTTP until the page reloaded.
TEST_CASE("a slow first answer on a hedged transport heals back", "[core][handover]") {
  ClientDriver driver;
  const auto sse = go_live_below_first(driver);
  const Instant begin = driver.now;
  stay_alive(driver, sse, 40 * minute);
  CHECK(driver.now - begin >= 30 * minute);
  CHECK(driver.opened().transport == Transport::websocket);
  const auto websocket = driver.opened().connection;

  driver.frame(websocket, hello());
  CHECK(driver.state() == "live over sse");
  CHECK(driver.sent(websocket) ==
        std::vector<std::string>{
            R"({"op":"subscribe","ref":2,"patterns":["prices.*"],"cursor":"k3f9:100"})"});
  driver.frame(sse, message(101));
  driver.frame(websocket, R"({"op":"subscribed","ref":2,"cursor":"k3f9:100"})");
  driver.frame(websocket, message(101));
  driver.frame(websocket, R"({"op":"live","ref":2,"cursor":"k3f9:101"})");
  CHECK(driver.state() == "live over websocket");
  CHECK(driver.is_closed(sse));
  driver.frame(websocket, message(102));
  CHECK(driver.ids(1) == Ids{101, 102});
  CHECK(driver.lives.size() == 1);  // The application notices nothing.
  CHECK(driver.is_live());
}

TEST_CASE("probes are spread, for those that fell back together", "[core][handover]") {
  Duration low{1'000 * minute};
  Duration high{0};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    ClientDriver driver{{.reprobe_after = Duration{10'000}}, seed};
    go_live_below_first(driver);
    const Duration waited = driver.time_until_opened();
    low = std::min(low, waited);
    high = std::max(high, waited);
  }
  CHECK(low >= Duration{10'000});
  CHECK(high <= Duration{12'500});
  CHECK(high - low > Duration{2'000});
}

// phoenix#6208: a restart of the server moved every browser to long polling.
TEST_CASE("what an outage of the server led to is left once the connection is stable",
          "[core][handover]") {
  const Duration ping{25'000};
  Duration high{0};
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    ClientDriver driver{{}, seed};
    driver.lose(driver.go_live(Transport::websocket));
    driver.time_until_opened();
    while (driver.opened().transport == Transport::websocket) {
      driver.end(driver.opened().connection, {.kind = EndKind::unreachable});
      driver.time_until_opened();
    }
    const auto sse = driver.opened().connection;
    driver.frame(sse, hello());
    driver.frame(sse, live("k3f9:100"));
    REQUIRE(driver.state() == "live over sse");

    const Instant live_since = driver.now;
    stay_alive(driver, sse, 40 * minute);
    CHECK(driver.opened().transport == Transport::websocket);
    CHECK(driver.now - live_since >= ping);
    CHECK(driver.now - live_since <= 3 * ping);
    high = std::max(high, driver.now - live_since);
    // It was the transport after all: it is left alone for as long as any other.
    driver.end(driver.opened().connection, {.kind = EndKind::unreachable});
    const Instant failed_at = driver.now;
    stay_alive(driver, sse, 40 * minute);
    CHECK(driver.now - failed_at >= 30 * minute);
  }
  CHECK(high > 3 * ping / 2);
}

TEST_CASE("a failed probe disturbs nothing, and the next better one is tried behind it",
          "[core][handover]") {
  ClientDriver driver{{.reprobe_after = Duration{5'000}}};
  driver.subscribe("prices.*");
  driver.end(driver.opened().connection, {.kind = EndKind::unreachable});
  driver.end(driver.opened().connection, {.kind = EndKind::unreachable});
  const auto poll = driver.opened().connection;
  driver.answer(poll, {hello(), next("k3f9:100")});
  REQUIRE(driver.state() == "live over long-polling");
  const std::size_t states = driver.states.size();

  driver.time_until_opened();
  REQUIRE(driver.opened().transport == Transport::websocket);
  driver.refuse(driver.opened().connection, 403);  // A proxy's; no word of our server.
  CHECK(driver.opened().transport == Transport::sse);
  driver.end(driver.opened().connection, {.kind = EndKind::unreachable});
  CHECK(driver.is_live());
  CHECK(driver.states.size() == states);
  driver.answer(poll, {hello(), message(101), next("k3f9:101")});
  CHECK(driver.ids(1) == Ids{101});
}

TEST_CASE("a probe that is told to wait is given up until the next", "[core][handover]") {
  ClientDriver driver{{.reprobe_after = Duration{5'000}}};
  go_live_below_first(driver);
  driver.time_until_opened();
  const std::size_t opened = driver.openings.size();
  driver.refuse(driver.opened().connection, 503);
  CHECK(driver.openings.size() == opened);
  CHECK(driver.time_until_opened() >= Duration{5'000});
}

TEST_CASE("probes wait while the page is hidden", "[core][handover]") {
  ClientDriver driver{{.reprobe_after = Duration{5'000}}};
  const auto sse = go_live_below_first(driver);
  driver.network(NetworkEvent::hidden);
  const std::size_t opened = driver.openings.size();
  stay_alive(driver, sse, 2 * minute);
  CHECK(driver.openings.size() == opened);
  driver.network(NetworkEvent::shown);
  driver.time_until_opened();
  CHECK(driver.opened().transport == Transport::websocket);
}

// Another order ----------------------------------------------------------------------------

TEST_CASE("another order of transports is handed over without loss", "[core][handover]") {
  ClientDriver driver;
  const auto websocket = driver.go_live(Transport::websocket);
  for (const Transport transport : {Transport::sse, Transport::long_polling, Transport::polling}) {
    const auto old = driver.openings.back().connection;
    driver.client.set_transports(driver.now, {transport});
    driver.in_one_turn([] {});
    const auto fresh = driver.opened().connection;
    CHECK(driver.is_live());
    if (transport == Transport::sse) {
      driver.frame(fresh, hello());
      driver.frame(fresh, live("k3f9:100"));
    } else {
      driver.answer(fresh, {hello(), next("k3f9:100")});
    }
    CHECK(driver.state() == "live over " + std::string{to_string(transport)});
    CHECK(driver.is_closed(old));
  }
  CHECK(driver.is_closed(websocket));
  CHECK(driver.lives.size() == 1);
}

TEST_CASE("a transport that left the list is held until another one works", "[core][handover]") {
  ClientDriver driver;
  driver.go_live(Transport::websocket);
  driver.client.set_transports(driver.now, {Transport::sse});
  driver.in_one_turn([] {});
  for (int count = 0; count < 3; ++count) {
    CHECK(driver.opened().transport == Transport::sse);
    driver.end(driver.opened().connection, {.kind = EndKind::unreachable});
    CHECK(driver.state() == "live over websocket");
    driver.time_until_opened();
  }
  driver.frame(driver.opened().connection, hello());
  driver.frame(driver.opened().connection, live("k3f9:100"));
  CHECK(driver.state() == "live over sse");
}

TEST_CASE("an order given while connecting starts anew", "[core][handover]") {
  ClientDriver driver;
  driver.subscribe("prices.*");
  const auto websocket = driver.opened().connection;
  driver.client.set_transports(driver.now, {Transport::polling});
  driver.in_one_turn([] {});
  CHECK(driver.is_closed(websocket));
  CHECK(driver.opened().transport == Transport::polling);
}

TEST_CASE("the answer to a word that a second connection gave later is asked for again",
          "[core][handover]") {
  ClientDriver driver;
  driver.subscribe("prices.*");
  const auto websocket = driver.opened().connection;
  driver.frame(websocket, hello());
  driver.client.set_transports(driver.now, {Transport::sse});
  driver.in_one_turn([] {});
  const auto sse = driver.opened().connection;
  CHECK(parameters(driver.opened().target, "cursor").empty());
  driver.frame(websocket, R"({"op":"subscribed","ref":2,"cursor":"k3f9:100"})");
  driver.frame(sse, hello({.id = 105}));  // 101 to 105 are neither's to skip.
  CHECK(driver.is_closed(sse));
  CHECK(parameters(driver.opened().target, "cursor") == std::vector<std::string>{"k3f9:100"});
}

}  // namespace
}  // namespace freshet::core
