#include "core/session.h"

#include <catch2/catch_test_macros.hpp>

#include "unit/core/client_driver.h"

namespace freshet::core {
namespace {

TEST_CASE("a client does nothing until something is wanted", "[core][session]") {
  ClientDriver driver;
  CHECK_FALSE(driver.client.poll_action());
  CHECK_FALSE(driver.client.poll_timeout());
  CHECK(driver.state() == "idle");
}

TEST_CASE("the first subscription connects at once, and hello makes it live", "[core][session]") {
  ClientDriver driver;
  const auto prices = driver.subscribe("prices.*");
  CHECK(driver.state() == "connecting over websocket");
  CHECK(driver.opened().target == "/v1/ws?sdk=core%2F0.1.0");
  const auto connection = driver.opened().connection;

  driver.frame(connection, hello());
  CHECK(driver.state() == "live over websocket");
  CHECK(driver.sent(connection) ==
        std::vector<std::string>{R"({"op":"subscribe","ref":2,"patterns":["prices.*"]})"});

  driver.frame(connection, message(101));
  CHECK(driver.ids(prices).empty());
  driver.frame(connection, R"({"op":"subscribed","ref":2,"cursor":"k3f9:101","recovered":true})");
  driver.frame(connection, R"({"op":"live","ref":2,"cursor":"k3f9:101"})");
  CHECK(driver.lives == std::vector<SubscriptionId>{prices});
  driver.frame(connection, message(102));
  driver.frame(connection, message(103, "chat.lobby"));
  CHECK(driver.ids(prices) == std::vector<std::uint64_t>{102});
  CHECK(driver.client.cursor(prices) == "k3f9:102");
}

TEST_CASE("a lost connection resumes after the last delivered id", "[core][session]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  driver.advance(Duration{25'000});
  driver.frame(connection, message(141));
  driver.lose(connection);
  REQUIRE(driver.is_waiting());
  CHECK(driver.waiting().attempt == 0);
  CHECK(driver.time_until_opened() <= Duration{1'000});

  const auto again = driver.opened().connection;
  CHECK(parameters(driver.opened().target, "client") == std::vector<std::string>{"c1"});
  driver.frame(again, hello({.id = 150}));
  REQUIRE(driver.sent(again).size() == 1);
  CHECK(driver.sent(again)[0] ==
        R"({"op":"subscribe","ref":2,"patterns":["prices.*"],"cursor":"k3f9:141"})");
}

}  // namespace
}  // namespace freshet::core
