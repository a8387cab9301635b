// The native client against the real server, on each transport.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "freshet/client.h"
#include "integration/server_process.h"

namespace freshet::test {
namespace {

// What a subscription was told, to be waited for.
class Told {
 public:
  void add(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
    changed_.notify_all();
  }
  // Everything told once `wanted` has been; fails the test after a minute.
  std::vector<std::string> until(const std::string& wanted, std::size_t times = 1) {
    std::unique_lock lock(mutex_);
    const bool came = changed_.wait_for(lock, std::chrono::minutes(1), [&] {
      return static_cast<std::size_t>(std::count(lines_.begin(), lines_.end(), wanted)) >= times;
    });
    INFO("waited for " << wanted);
    REQUIRE(came);
    return lines_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> lines_;
};

Transport any_transport() {
  return GENERATE(Transport::websocket, Transport::sse, Transport::long_polling,
                  Transport::polling);
}

ClientOptions over(Transport transport) {
  return {.transports = {transport}, .reconnect = Reconnect::none, .poll_interval = Duration{50}};
}

Result<Subscription> listen(Client& client, Told& told, std::string cursor = "latest") {
  return client.subscribe("chat.*", [&told](const Message& m) { told.add(std::string(m.data)); },
                          {.cursor = std::move(cursor),
                           .on_gap = [&told](const Gap& gap) { told.add("gap " + gap.reason); },
                           .on_live = [&told] { told.add("live"); }});
}

// A publish that a restart may have hit is repeated by the client itself.
void publish(Client& client, const std::string& json) {
  auto answer = client.publish_json("chat.lobby", json).get();
  INFO((answer ? "" : answer.error().message));
  REQUIRE(answer);
}

TEST_CASE("a publish reaches a subscriber once and in order", "[integration]") {
  const Transport transport = any_transport();
  CAPTURE(to_string(transport));
  ServerProcess server;
  Told told;
  Client client{server.url(), over(transport)};
  auto subscription = listen(client, told);
  REQUIRE(subscription);
  told.until("live");
  for (int i = 1; i <= 20; ++i) publish(client, std::to_string(i));
  auto lines = told.until("20");
  std::erase(lines, "live");
  std::vector<std::string> expected;
  for (int i = 1; i <= 20; ++i) expected.push_back(std::to_string(i));
  CHECK(lines == expected);
}

TEST_CASE("history comes before what is live", "[integration]") {
  const Transport transport = any_transport();
  CAPTURE(to_string(transport));
  ServerProcess server;
  Client client{server.url(), over(transport)};
  for (int i = 1; i <= 5; ++i) publish(client, std::to_string(i));
  Told told;
  auto subscription = listen(client, told, "last:2");
  REQUIRE(subscription);
  told.until("live");
  publish(client, "6");
  auto lines = told.until("6");
  std::erase(lines, "live");
  CHECK(lines == std::vector<std::string>{"4", "5", "6"});
}

TEST_CASE("a kill and restart of the server is told as a gap, and messages go on",
          "[integration]") {
  const Transport transport = any_transport();
  CAPTURE(to_string(transport));
  ServerProcess server;
  Told told;
  Client client{server.url(), over(transport)};
  auto subscription = listen(client, told);
  REQUIRE(subscription);
  told.until("live");
  publish(client, "1");
  told.until("1");
  server.restart();
  told.until("gap epoch");
  Client publisher{server.url()};
  publish(publisher, "2");
  const auto lines = told.until("2");
  CHECK(std::count(lines.begin(), lines.end(), "1") == 1);
  CHECK(std::count(lines.begin(), lines.end(), "2") == 1);
}

TEST_CASE("a client changes its transport while it runs and loses nothing", "[integration]") {
  ServerProcess server;
  Told told;
  Client client{server.url(), over(Transport::sse)};
  Client publisher{server.url(), over(Transport::websocket)};
  auto subscription = listen(client, told);
  REQUIRE(subscription);
  told.until("live");
  int number = 0;
  for (const Transport next : {Transport::websocket, Transport::long_polling, Transport::sse}) {
    REQUIRE(client.set_transports({next}));
    for (int i = 0; i < 20; ++i) publish(publisher, std::to_string(++number));
  }
  auto lines = told.until(std::to_string(number));
  std::erase(lines, "live");
  std::vector<std::string> expected;
  for (int i = 1; i <= number; ++i) expected.push_back(std::to_string(i));
  CHECK(lines == expected);
}

TEST_CASE("many subscribers on each transport get one publish, from few threads", "[integration]") {
  constexpr std::size_t each = 250;
  ServerProcess server;
  Told told;
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<Subscription> subscriptions;
  for (const Transport transport :
       {Transport::websocket, Transport::sse, Transport::long_polling, Transport::polling}) {
    for (std::size_t i = 0; i < each; ++i) {
      clients.push_back(std::make_unique<Client>(server.url(), over(transport)));
      auto subscription = listen(*clients.back(), told);
      REQUIRE(subscription);
      subscriptions.push_back(*std::move(subscription));
    }
  }
  told.until("live", 4 * each);
  publish(*clients.front(), "\"all\"");
  const auto lines = told.until("\"all\"", 4 * each);
  CHECK(std::count(lines.begin(), lines.end(), "\"all\"") == static_cast<std::ptrdiff_t>(4 * each));
  CHECK(server.thread_count() <= std::thread::hardware_concurrency() + 8);
}

TEST_CASE("SIGTERM ends the server cleanly with streams open", "[integration]") {
  ServerProcess server;
  Told told;
  Client client{server.url()};
  auto subscription = listen(client, told);
  told.until("live");
  CHECK(server.stop() == 0);
}

}  // namespace
}  // namespace freshet::test
