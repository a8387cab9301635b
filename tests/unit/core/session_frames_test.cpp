#include <catch2/catch_test_macros.hpp>

#include "core/session.h"
#include "unit/core/client_driver.h"

namespace freshet::core {
namespace {

using Ids = std::vector<std::uint64_t>;

ClientConfig only(Transport transport) { return {.transports = {transport}}; }

TEST_CASE("nothing counts before hello", "[core][frames]") {
  ClientDriver driver{only(Transport::sse)};
  driver.subscribe("prices.*", "k3f9:10");
  const auto connection = driver.opened().connection;
  driver.frame(connection, message(11));
  driver.frame(connection, live("k3f9:50"));
  driver.frame(connection, R"({"op":"ping","cursor":"k3f9:60","window":1000})");
  CHECK(driver.delivered.empty());
  CHECK(driver.lives.empty());
  CHECK(driver.client.cursor(1) == "k3f9:10");
  driver.frame(connection, hello({.id = 10}));
  driver.frame(connection, message(11));
  CHECK(driver.ids(1) == Ids{11});
}

TEST_CASE("control frames of a later version are skipped", "[core][frames]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  driver.frame(connection, R"({"op":"weather","sun":true})");
  driver.frame(connection, message(101));
  CHECK(driver.ids(1) == Ids{101});
}

TEST_CASE("a frame that is none ends the connection, which returns by policy", "[core][frames]") {
  for (const std::string_view bad :
       {"<html>", R"({"op":"ping","cursor":7})", R"({"id":1,"data":2})"}) {
    ClientDriver driver;
    const auto connection = driver.go_live(Transport::websocket);
    driver.frame(connection, bad);
    CHECK(driver.is_closed(connection));
    CHECK(driver.is_waiting());
  }
}

TEST_CASE("frames of connections that are gone are ignored", "[core][frames]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  driver.lose(connection);
  driver.frame(connection, message(101));
  driver.frame(77, hello());
  driver.lose(77);
  CHECK(driver.delivered.empty());
  CHECK(driver.is_waiting());
}

TEST_CASE("ping, live and next move the cursors of what this connection carries",
          "[core][frames]") {
  ClientDriver driver;
  const auto prices = driver.subscribe("prices.*");
  const auto connection = driver.opened().connection;
  driver.greet_websocket(connection);
  const auto chat = driver.subscribe("chat.>");  // Sent, not yet answered.
  driver.frame(connection, R"({"op":"ping","cursor":"k3f9:130","window":1000})");
  CHECK(driver.client.cursor(prices) == "k3f9:130");
  CHECK(driver.client.cursor(chat).empty());

  ClientDriver poll{only(Transport::polling)};
  poll.go_live(Transport::polling);
  poll.time_until_opened();
  poll.answer(poll.opened().connection, {hello(), message(101), next("k3f9:140")});
  CHECK(poll.client.cursor(1) == "k3f9:140");
}

TEST_CASE("overlapping subscriptions each get a message once", "[core][frames]") {
  ClientDriver driver;
  const auto wide = driver.subscribe("prices.*");
  const auto narrow = driver.subscribe("prices.AAPL");
  const auto connection = driver.opened().connection;
  driver.greet_websocket(connection);
  driver.frame(connection, message(101));
  CHECK(driver.ids(wide) == Ids{101});
  CHECK(driver.ids(narrow) == Ids{101});
  driver.frame(connection, message(102, "prices.MSFT"));
  CHECK(driver.ids(narrow) == Ids{101});
}

// mercure#178: an update was lost between replay and live.
TEST_CASE("replay and live messages may overlap without loss or double delivery",
          "[core][frames]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  driver.frame(connection, message(105));
  const auto replayed = driver.subscribe("prices.*", "k3f9:90");
  driver.frame(connection, message(106));  // Live, and not yet this subscription's.
  driver.frame(connection, R"({"op":"subscribed","ref":4,"cursor":"k3f9:90"})");
  for (const std::uint64_t id : {91u, 105u, 106u, 107u}) driver.frame(connection, message(id));
  CHECK(driver.ids(1) == Ids{105, 106, 107});
  CHECK(driver.ids(replayed) == Ids{91, 105, 106, 107});
}

// mercure#704: a client with an unknown cursor never caught up.
TEST_CASE("an unknown cursor is answered by a gap, and messages flow from there",
          "[core][frames]") {
  ClientDriver driver{only(Transport::sse)};
  driver.subscribe("prices.*", "gone:900");
  const auto connection = driver.opened().connection;
  driver.frame(connection, hello({.epoch = "k3f9", .id = 40, .recovered = false}));
  driver.frame(connection, R"({"op":"gap","pattern":"prices.*","after":"gone:900",)"
                           R"("until":"k3f9:40","reason":"epoch"})");
  driver.frame(connection, message(41));
  REQUIRE(driver.gaps.size() == 1);
  CHECK(driver.gaps[0].gap.reason == "epoch");
  CHECK(driver.ids(1) == Ids{41});
}

TEST_CASE("another epoch is a gap although the server says nothing of it", "[core][frames]") {
  ClientDriver driver;
  driver.lose(driver.go_live(Transport::websocket));
  driver.time_until_opened();
  driver.greet_websocket(driver.opened().connection, {.epoch = "new1", .id = 3});
  REQUIRE(driver.gaps.size() == 1);
  CHECK(driver.gaps[0].gap.after == wire::Cursor{"k3f9", 100});
  CHECK(driver.gaps[0].gap.until == wire::Cursor{"new1", 3});
  driver.frame(driver.opened().connection, message(4));
  CHECK(driver.ids(1) == Ids{4});
}

TEST_CASE("a gap reaches the subscriptions of its pattern, before what survives",
          "[core][frames]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  driver.subscribe("chat.>");
  driver.frame(connection, R"({"op":"gap","pattern":"prices.*","after":"k3f9:100",)"
                           R"("until":"k3f9:150","reason":"retention"})");
  REQUIRE(driver.gaps.size() == 1);
  CHECK(driver.gaps[0].subscription == 1);
  driver.frame(connection, message(120));
  CHECK(driver.ids(1) == Ids{120});
}

TEST_CASE("streams and polls take several starts from hello's cursors, pairwise",
          "[core][frames]") {
  ClientDriver driver{only(Transport::sse)};
  driver.in_one_turn([&] {
    driver.subscribe("prices.*");
    driver.subscribe("chat.>", "last:5");
    driver.subscribe("news.*", "k3f9:20");
  });
  CHECK(parameters(driver.opened().target, "pattern") ==
        std::vector<std::string>{"prices.*", "chat.%3E", "news.*"});
  CHECK(parameters(driver.opened().target, "cursor") ==
        std::vector<std::string>{"latest", "last:5", "k3f9:20"});
  driver.frame(driver.opened().connection,
               hello({.id = 20, .cursors = {"k3f9:100", "k3f9:60", "k3f9:20"}}));
  CHECK(driver.client.cursor(1) == "k3f9:100");
  CHECK(driver.client.cursor(2) == "k3f9:60");
  CHECK(driver.client.cursor(3) == "k3f9:20");
}

TEST_CASE("what is given up before hello shifts none of hello's cursors", "[core][frames]") {
  for (const Transport transport : {Transport::sse, Transport::long_polling}) {
    ClientDriver driver{only(transport)};
    driver.in_one_turn([&] {
      driver.subscribe("chat.lobby", "k3f9:40");
      driver.subscribe("prices.*", "k3f9:60");
      driver.subscribe("chat.>", "latest");
    });
    const auto connection = driver.opened().connection;
    driver.unsubscribe(1);
    driver.frame(
        connection,
        hello({.id = 40, .recovered = false, .cursors = {"k3f9:40", "k3f9:60", "k3f9:90"}}));
    CHECK(driver.client.cursor(2) == "k3f9:60");
    CHECK(driver.client.cursor(3) == "k3f9:90");
    CHECK(driver.gaps.empty());
  }
}

TEST_CASE("live is told once after each connect", "[core][frames]") {
  ClientDriver driver{only(Transport::polling)};
  const auto connection = driver.go_live(Transport::polling);
  CHECK(driver.lives.size() == 1);
  driver.time_until_opened();
  driver.answer(connection, {hello(), next("k3f9:101")});
  CHECK(driver.lives.size() == 1);
  driver.lose(connection);
  driver.time_until_opened();
  driver.answer(driver.opened().connection, {hello(), next("k3f9:101")});
  CHECK(driver.lives.size() == 2);
}

// Polls ------------------------------------------------------------------------------------

TEST_CASE("polls follow each other by the advised interval, and at once when there is more",
          "[core][frames]") {
  ClientDriver driver{only(Transport::polling)};
  driver.go_live(Transport::polling);
  const Duration pause = driver.time_until_opened();
  CHECK((pause >= Duration{3'600} && pause <= Duration{4'400}));
  const Instant asked = driver.now;
  driver.answer(driver.opened().connection, {hello(), message(101), next("k3f9:101", true)});
  CHECK(driver.opened().at == asked);
  CHECK(parameters(driver.opened().target, "cursor") == std::vector<std::string>{"k3f9:101"});
  CHECK(driver.openings.size() == 3);
}

TEST_CASE("a long poll follows the answer at once, and waits", "[core][frames]") {
  ClientDriver driver{only(Transport::long_polling)};
  driver.go_live(Transport::long_polling);
  CHECK(parameters(driver.openings[0].target, "wait") == std::vector<std::string>{"0"});
  REQUIRE(driver.openings.size() == 2);
  CHECK(parameters(driver.openings[1].target, "wait") == std::vector<std::string>{"25000"});
  driver.answer(driver.opened().connection, {hello(), message(101), next("k3f9:101")});
  CHECK(driver.openings.size() == 3);
}

TEST_CASE("an answer cut before its last line is a loss, and what it brought is kept",
          "[core][frames]") {
  ClientDriver driver{only(Transport::polling)};
  const auto connection = driver.go_live(Transport::polling);
  driver.time_until_opened();
  driver.answer(connection, {hello(), message(101)});
  CHECK(driver.is_waiting());
  driver.time_until_opened();
  CHECK(parameters(driver.opened().target, "cursor") == std::vector<std::string>{"k3f9:101"});
  driver.answer(driver.opened().connection,
                {hello(), message(101), message(102), next("k3f9:102")});
  CHECK(driver.ids(1) == Ids{101, 102});
}

TEST_CASE("a new subscription replaces a poll that waits, and hurries one that rests",
          "[core][frames]") {
  ClientDriver waits{only(Transport::long_polling)};
  const auto connection = waits.go_live(Transport::long_polling);
  waits.subscribe("chat.>");
  CHECK(waits.is_closed(connection));
  CHECK(waits.is_live());
  CHECK(parameters(waits.opened().target, "cursor") ==
        std::vector<std::string>{"k3f9:100", "latest"});
  waits.answer(waits.opened().connection,
               {hello({.cursors = {"k3f9:100", "k3f9:107"}}), next("k3f9:107")});
  CHECK(waits.client.cursor(2) == "k3f9:107");
  // The word was answered at once: the next may wait.
  CHECK(waits.opened().at == waits.now);

  ClientDriver rests{only(Transport::polling)};
  rests.go_live(Transport::polling);
  rests.subscribe("chat.>");
  CHECK(rests.openings.size() == 2);
  CHECK(rests.opened().at == rests.now);
  CHECK(rests.closings.empty());
}

}  // namespace
}  // namespace freshet::core
