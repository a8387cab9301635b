// The native client against the real server: each transport delivers in order and once, changes to
// another while it runs, and costs no threads. What a failing path does is in native_faults_test.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "freshet/native.h"
#include "integration/native_fixture.h"
#include "integration/served.h"

namespace freshet::tests {
namespace {

TEST_CASE("each transport delivers every message in order, and takes publishes",
          "[integration][native]") {
  const Transport transport = GENERATE(from_range(all_transports));
  INFO(to_string(transport));
  Served served{quick_flags()};
  Inbox inbox;
  Lived lived;
  Client client{served.url(), over({transport})};
  lived.watch(client);
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  REQUIRE(all);
  REQUIRE(inbox.wait_for_lives(1).lives >= 1);
  for (int i = 1; i <= 20; ++i) {
    auto ack = client.publish_json("t.a", std::to_string(i));
    REQUIRE(ack.wait_for(test::patience) == std::future_status::ready);
    REQUIRE(ack.get());
  }
  check_whole(inbox.wait_for_messages(20), 20);
  CHECK(lived.over(transport));
}

TEST_CASE("history comes before what is live", "[integration][native]") {
  const Transport transport = GENERATE(from_range(all_transports));
  INFO(to_string(transport));
  Served served{quick_flags()};
  Publisher publisher{served.port()};
  publisher.publish(1, 5);
  Inbox inbox;
  Client client{served.url(), over({transport})};
  auto newest = client.subscribe("t.*", inbox.on_message(), inbox.options("last:2"));
  REQUIRE(inbox.wait_for_lives(1).lives >= 1);
  publisher.publish(6, 6);
  CHECK(inbox.wait_for_messages(3).data == numbers(4, 6));
}

TEST_CASE("a change of transports while running loses and repeats nothing",
          "[integration][native]") {
  Served served{quick_flags()};
  Publisher publisher{served.port()};
  Inbox inbox;
  Client client{served.url(), over({Transport::websocket})};
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  inbox.wait_for_lives(1);
  int last = 0;
  for (const Transport transport :
       {Transport::sse, Transport::long_polling, Transport::polling, Transport::websocket}) {
    REQUIRE(client.set_transports({transport}));
    publisher.publish(last + 1, last + 10);
    last += 10;
  }
  check_whole(inbox.wait_for_messages(static_cast<std::size_t>(last)), last);
}

TEST_CASE("a thousand subscribers on each transport at once need no more threads",
          "[integration][native]") {
  Served served{quick_flags({"--admission-rate", "100000"})};
  constexpr std::size_t count = 1'000;
  std::vector<Inbox> inboxes(count * std::size(all_transports));
  std::vector<std::shared_ptr<Platform>> platforms;
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<Subscription> subscriptions;
  for (Inbox& inbox : inboxes) {
    const std::size_t number = clients.size();
    // libcurl looks through all connections of a platform for each of its requests.
    if (number % 250 == 0) platforms.push_back(make_native_platform());
    ClientOptions options = over({all_transports[number / count]});
    options.poll_interval = Duration{1'000};
    clients.push_back(std::make_unique<Client>(served.url(), options, platforms.back()));
    subscriptions.push_back(*clients.back()->subscribe("t.*", inbox.on_message(), inbox.options()));
  }
  for (Inbox& inbox : inboxes) REQUIRE(inbox.wait_for_lives(1).lives >= 1);
  Publisher{served.port()}.publish(1, 2);
  for (Inbox& inbox : inboxes) REQUIRE(inbox.wait_for_messages(2).data == numbers(1, 2));
  CHECK(served.thread_count() <= std::thread::hardware_concurrency() + 8);
}

TEST_CASE("SIGTERM ends a server with streams open, cleanly", "[integration][native]") {
  Served served{quick_flags()};
  Inbox inbox;
  Client client{served.url()};
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  REQUIRE(inbox.wait_for_lives(1).lives >= 1);
  CHECK(served.stop() == 0);
}

}  // namespace
}  // namespace freshet::tests
