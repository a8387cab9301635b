// The native client against the real server through a proxy that fails: each transport delivers in
// order and once, resumes, tells what is lost, and gives way to another.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "freshet/client.h"
#include "integration/served.h"
#include "integration/tcp_proxy.h"
#include "unit/native/recorder.h"

namespace freshet::tests {
namespace {

const std::vector<std::string> quick{"--window-min", "10ms", "--poll-interval", "100ms"};

constexpr Transport transports[] = {Transport::websocket, Transport::sse, Transport::long_polling,
                                    Transport::polling};

struct Told {
  std::vector<std::uint64_t> ids;
  std::vector<std::string> data;
  unsigned gaps = 0;
  unsigned lives = 0;
};

// What one subscription is told.
class Inbox {
 public:
  std::function<void(const Message&)> on_message() {
    return [this](const Message& message) {
      told_.change([&](Told& told) {
        told.ids.push_back(message.id);
        told.data.emplace_back(message.data);
      });
    };
  }
  SubscribeOptions options() {
    return {.on_gap = [this](const Gap&) { told_.change([](Told& told) { ++told.gaps; }); },
            .on_live = [this] { told_.change([](Told& told) { ++told.lives; }); }};
  }
  Told wait_for_messages(std::size_t count) {
    return told_.wait([&](const Told& told) { return told.data.size() >= count; });
  }
  Told wait_for_gap() {
    return told_.wait([](const Told& told) { return told.gaps > 0; });
  }
  Told wait_for_lives(unsigned count) {
    return told_.wait([&](const Told& told) { return told.lives >= count; });
  }

 private:
  test::Watched<Told> told_;
};

ClientOptions over(std::vector<Transport> list) {
  return {
      .transports = std::move(list), .reconnect = Reconnect::none, .hedge_after = Duration{500}};
}

std::optional<Transport> live_over(const Client& client) {
  const State state = client.state();
  const auto* const live = std::get_if<state::Live>(&state.kind);
  return live != nullptr ? std::optional(live->transport) : std::nullopt;
}

// Publishes straight to the server, whatever befalls the subscriber's path.
class Publisher {
 public:
  explicit Publisher(std::uint16_t port)
      : client_("http://127.0.0.1:" + std::to_string(port), over({Transport::websocket})) {}
  void publish(int first, int last) {
    for (int i = first; i <= last; ++i) {
      auto ack = client_.publish_json("t.a", std::to_string(i));
      REQUIRE(ack.wait_for(test::patience) == std::future_status::ready);
      const auto outcome = ack.get();
      REQUIRE(outcome);
    }
  }

 private:
  Client client_;
};

std::vector<std::string> numbers(int first, int last) {
  std::vector<std::string> all;
  for (int i = first; i <= last; ++i) all.push_back(std::to_string(i));
  return all;
}

bool rise(const std::vector<std::uint64_t>& ids) {
  return std::adjacent_find(ids.begin(), ids.end(), std::greater_equal<>()) == ids.end();
}

}  // namespace

TEST_CASE("each transport delivers every message in order, and takes publishes",
          "[integration][native]") {
  const Transport transport = GENERATE(from_range(transports));
  INFO(to_string(transport));
  Served served{quick};
  TcpProxy proxy{served.port()};
  Inbox inbox;
  Client client{proxy.url(), over({transport})};
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  REQUIRE(all);
  REQUIRE(inbox.wait_for_lives(1).lives >= 1);
  for (int i = 1; i <= 20; ++i) {
    auto ack = client.publish_json("t.a", std::to_string(i));
    REQUIRE(ack.wait_for(test::patience) == std::future_status::ready);
    REQUIRE(ack.get());
  }
  const Told told = inbox.wait_for_messages(20);
  CHECK(told.data == numbers(1, 20));
  CHECK(rise(told.ids));
  CHECK(told.gaps == 0);
  CHECK(live_over(client) == transport);
}

TEST_CASE("after a cut each transport resumes without loss, gap or repeat",
          "[integration][native]") {
  const Transport transport = GENERATE(from_range(transports));
  INFO(to_string(transport));
  Served served{quick};
  TcpProxy proxy{served.port()};
  Publisher publisher{served.port()};
  Inbox inbox;
  Client client{proxy.url(), over({transport})};
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  inbox.wait_for_lives(1);
  publisher.publish(1, 5);
  inbox.wait_for_messages(5);
  proxy.block("/");
  proxy.cut();
  publisher.publish(6, 10);
  proxy.block("");
  publisher.publish(11, 15);
  const Told told = inbox.wait_for_messages(15);
  CHECK(told.data == numbers(1, 15));
  CHECK(rise(told.ids));
  CHECK(told.gaps == 0);
}

TEST_CASE("after a kill and a restart each transport tells the gap and goes on",
          "[integration][native]") {
  const Transport transport = GENERATE(from_range(transports));
  INFO(to_string(transport));
  auto served = std::make_unique<Served>(quick);
  TcpProxy proxy{served->port()};
  Inbox inbox;
  Client client{proxy.url(), over({transport})};
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  inbox.wait_for_lives(1);
  Publisher{served->port()}.publish(1, 5);
  inbox.wait_for_messages(5);
  served->kill();
  served = std::make_unique<Served>(quick);
  proxy.set_target(served->port());
  REQUIRE(inbox.wait_for_gap().gaps >= 1);
  Publisher{served->port()}.publish(6, 10);
  const Told told = inbox.wait_for_messages(10);
  CHECK(told.data == numbers(1, 10));
}

TEST_CASE("a transport that is blocked gives way to the next", "[integration][native]") {
  Served served{quick};
  TcpProxy proxy{served.port()};
  proxy.block("/v1/ws");
  Inbox inbox;
  Client client{proxy.url(), over({Transport::websocket, Transport::sse})};
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  REQUIRE(inbox.wait_for_lives(1).lives >= 1);
  CHECK(live_over(client) == Transport::sse);
  Publisher{served.port()}.publish(1, 3);
  CHECK(inbox.wait_for_messages(3).data == numbers(1, 3));
}

TEST_CASE("a client goes back up when the better transport works again", "[integration][native]") {
  Served served{quick};
  TcpProxy proxy{served.port()};
  Publisher publisher{served.port()};
  proxy.block("/v1/ws");
  Inbox inbox;
  test::Watched<std::vector<Transport>> lived;
  ClientOptions options = over({Transport::websocket, Transport::sse});
  options.reprobe_after = Duration{200};
  Client client{proxy.url(), std::move(options)};
  client.on_state([&](const State& state) {
    const auto* const live = std::get_if<state::Live>(&state.kind);
    if (live != nullptr) lived.change([&](auto& all) { all.push_back(live->transport); });
  });
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  const auto is_live_over = [&](Transport transport) {
    const auto seen =
        lived.wait([&](const auto& l) { return !l.empty() && l.back() == transport; });
    return !seen.empty() && seen.back() == transport;
  };
  REQUIRE(is_live_over(Transport::sse));
  publisher.publish(1, 5);
  proxy.block("");
  publisher.publish(6, 10);
  REQUIRE(is_live_over(Transport::websocket));
  publisher.publish(11, 15);
  const Told told = inbox.wait_for_messages(15);
  CHECK(told.data == numbers(1, 15));
  CHECK(rise(told.ids));
  CHECK(told.gaps == 0);
}

TEST_CASE("a stream whose path stalls is given up and resumes without loss",
          "[integration][native]") {
  const Transport transport = GENERATE(Transport::websocket, Transport::sse);
  INFO(to_string(transport));
  auto flags = quick;
  flags.insert(flags.end(), {"--ping", "1s"});
  Served served{flags};
  TcpProxy stalling{served.port()};
  TcpProxy front{stalling.port()};
  Publisher publisher{served.port()};
  Inbox inbox;
  Client client{front.url(), over({transport})};
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  const unsigned lives = inbox.wait_for_lives(1).lives;
  publisher.publish(1, 5);
  inbox.wait_for_messages(5);
  stalling.stall(true);
  // New attempts find a way around the stalled one, as after a change of network.
  front.set_target(served.port());
  publisher.publish(6, 10);
  REQUIRE(inbox.wait_for_lives(lives + 1).lives > lives);
  const Told told = inbox.wait_for_messages(10);
  CHECK(told.data == numbers(1, 10));
  CHECK(rise(told.ids));
  CHECK(told.gaps == 0);
}

TEST_CASE("a change of transports while running loses and repeats nothing",
          "[integration][native]") {
  Served served{quick};
  TcpProxy proxy{served.port()};
  Publisher publisher{served.port()};
  Inbox inbox;
  Client client{proxy.url(), over({Transport::websocket})};
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  inbox.wait_for_lives(1);
  int last = 0;
  for (const Transport transport :
       {Transport::sse, Transport::long_polling, Transport::polling, Transport::websocket}) {
    REQUIRE(client.set_transports({transport}));
    publisher.publish(last + 1, last + 10);
    last += 10;
  }
  const Told told = inbox.wait_for_messages(static_cast<std::size_t>(last));
  CHECK(told.data == numbers(1, last));
  CHECK(rise(told.ids));
  CHECK(told.gaps == 0);
}

TEST_CASE("a thousand subscribers on each transport need no more threads",
          "[integration][native]") {
  const Transport transport = GENERATE(from_range(transports));
  INFO(to_string(transport));
  Served served{quick};
  const std::string url = "http://127.0.0.1:" + std::to_string(served.port());
  constexpr std::size_t count = 1'000;
  std::vector<Inbox> inboxes(count);
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<Subscription> subscriptions;
  for (Inbox& inbox : inboxes) {
    clients.push_back(std::make_unique<Client>(url, over({transport})));
    subscriptions.push_back(*clients.back()->subscribe("t.*", inbox.on_message(), inbox.options()));
  }
  for (Inbox& inbox : inboxes) REQUIRE(inbox.wait_for_lives(1).lives >= 1);
  Publisher{served.port()}.publish(1, 2);
  for (Inbox& inbox : inboxes) REQUIRE(inbox.wait_for_messages(2).data == numbers(1, 2));
  CHECK(served.thread_count() <= std::thread::hardware_concurrency() + 8);
}

}  // namespace freshet::tests
