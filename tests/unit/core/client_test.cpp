#include "core/client.h"

#include <catch2/catch_test_macros.hpp>

#include "unit/core/client_driver.h"

namespace freshet::core {
namespace {

TEST_CASE("profiles name an order of transports", "[core][client]") {
  using T = Transport;
  CHECK(transports_of(Profile::bidirectional) ==
        TransportOrder{T::websocket, T::sse, T::long_polling, T::polling});
  CHECK(transports_of(Profile::feed) ==
        TransportOrder{T::sse, T::websocket, T::long_polling, T::polling});
  CHECK(transports_of(Profile::occasional) == TransportOrder{T::long_polling, T::polling});
}

TEST_CASE("a client without a list of transports has the ordinary one", "[core][client]") {
  ClientDriver driver{{.transports = {}}};
  driver.subscribe("prices.*");
  CHECK(driver.opened().transport == Transport::websocket);
}

TEST_CASE("bad patterns and cursors are refused with a sentence", "[core][client]") {
  ClientDriver driver;
  CHECK(driver.client.subscribe("prices*", "", driver.refused) == 0);
  CHECK(driver.refused.code == ErrorCode::invalid_pattern);
  CHECK(driver.refused.message.find("prices*") != std::string::npos);
  CHECK(driver.client.subscribe("prices.*", "yesterday", driver.refused) == 0);
  CHECK(driver.refused.code == ErrorCode::invalid_cursor);
  CHECK_FALSE(driver.client.poll_action(driver.now));
}

TEST_CASE("the cursor of a subscription is where it was started until it has moved",
          "[core][client]") {
  ClientDriver driver;
  CHECK(driver.client.cursor(driver.subscribe("prices.*", "k3f9:7")) == "k3f9:7");
  CHECK(driver.client.cursor(driver.subscribe("chat.>")).empty());
  CHECK(driver.client.cursor(99).empty());
}

TEST_CASE("unknown ids are ignored", "[core][client]") {
  ClientDriver driver;
  driver.unsubscribe(77);
  driver.client.cancel_publish(77);
  driver.client.handle_publish_answer(7, *wire::flatten(R"({"op":"ack","ref":0,"id":3})"));
  driver.client.handle_post_end(driver.now, 7, {});
  driver.client.handle_timeout(driver.now);
  CHECK_FALSE(driver.client.poll_action(driver.now));
}

TEST_CASE("behind the end of a client only what ends things comes out", "[core][client]") {
  ClientDriver driver;
  driver.go_live(Transport::websocket);
  driver.lives.clear();
  driver.in_one_turn([&] {
    driver.subscribe("prices.*");
    driver.publish();
    driver.client.set_transports(driver.now, {Transport::sse});
    driver.close();
  });
  CHECK(driver.lives.empty());
  CHECK(driver.openings.size() == 1);
  CHECK(driver.outcomes.size() == 1);
  CHECK(driver.state() == "closed");
}

TEST_CASE("the same seed and events give the same actions", "[core][client]") {
  const auto run = [] {
    ClientDriver driver{{}, 42};
    driver.subscribe("prices.*");
    std::vector<Duration> waits;
    for (int count = 0; count < 20; ++count) {
      driver.lose(driver.opened().connection);
      waits.push_back(driver.time_until_opened());
    }
    return waits;
  };
  CHECK(run() == run());
}

}  // namespace
}  // namespace freshet::core
