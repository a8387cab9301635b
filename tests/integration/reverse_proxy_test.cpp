// The native client through Debian's nginx and HAProxy, set up as deploy/ says: each transport
// delivers message by message, carries the largest message both ways, and comes through a reload
// and a restart of the proxy without loss.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <string>

#include "integration/native_fixture.h"
#include "integration/reverse_proxy.h"
#include "integration/served.h"

namespace freshet::tests {
namespace {

using Kind = ReverseProxy::Kind;

std::string name_of(Kind kind) { return kind == Kind::nginx ? "nginx" : "HAProxy"; }

// A server, a proxy before it, and a client live through it.
struct Behind {
  Behind(Kind kind, Transport transport)
      : proxy(kind, served.port()), client(proxy.url(), over({transport})) {
    lived.watch(client);
    auto subscribed = client.subscribe("t.*", inbox.on_message(), inbox.options());
    REQUIRE(subscribed);
    subscription = *std::move(subscribed);
    REQUIRE(inbox.wait_for_lives(1).lives >= 1);
    CHECK(lived.over(transport));
  }
  // Each is published when the one before has come: a proxy that holds back what is written would
  // hold up all.
  void publish_one_by_one(int first, int last) {
    for (int i = first; i <= last; ++i) {
      publisher.publish(i, i);
      REQUIRE(inbox.wait_for_messages(static_cast<std::size_t>(i)).data.size() ==
              static_cast<std::size_t>(i));
    }
  }

  Served served{quick_flags()};
  ReverseProxy proxy;
  Publisher publisher{served.port()};
  Inbox inbox;
  Lived lived;
  Client client;
  Subscription subscription;
};

TEST_CASE("through nginx and HAProxy each transport delivers every message as it comes",
          "[integration][reverse-proxy]") {
  const Kind kind = GENERATE(Kind::nginx, Kind::haproxy);
  const Transport transport = GENERATE(from_range(all_transports));
  INFO(to_string(transport) << " through " << name_of(kind));
  Behind behind{kind, transport};
  behind.publish_one_by_one(1, 20);
  auto ack = behind.client.publish_json("t.a", "21");
  REQUIRE(ack.wait_for(test::patience) == std::future_status::ready);
  CHECK(ack.get());
  check_whole(behind.inbox.wait_for_messages(21), 21);
}

TEST_CASE("through nginx and HAProxy the largest message is published and comes whole",
          "[integration][reverse-proxy]") {
  const Kind kind = GENERATE(Kind::nginx, Kind::haproxy);
  const Transport transport = GENERATE(from_range(all_transports));
  INFO(to_string(transport) << " through " << name_of(kind));
  Behind behind{kind, transport};
  const std::string largest = '"' + std::string(1024 * 1024 - 2, 'x') + '"';
  auto ack = behind.client.publish_json("t.a", largest);
  REQUIRE(ack.wait_for(test::patience) == std::future_status::ready);
  const auto outcome = ack.get();
  INFO((outcome ? "" : outcome.error().message));
  REQUIRE(outcome);
  const Told told = behind.inbox.wait_for_messages(1);
  REQUIRE(told.data.size() == 1);
  CHECK((told.data.front() == largest));
}

TEST_CASE("a reload and a restart of nginx or HAProxy lose and repeat nothing",
          "[integration][reverse-proxy]") {
  const Kind kind = GENERATE(Kind::nginx, Kind::haproxy);
  const Transport transport = GENERATE(from_range(all_transports));
  INFO(to_string(transport) << " through " << name_of(kind));
  Behind behind{kind, transport};
  behind.publisher.publish(1, 5);
  behind.proxy.reload();
  behind.publisher.publish(6, 10);
  behind.inbox.wait_for_messages(10);
  behind.proxy.stop();
  behind.publisher.publish(11, 15);
  behind.proxy.start();
  behind.publisher.publish(16, 20);
  check_whole(behind.inbox.wait_for_messages(20), 20);
  CHECK(behind.lived.over(transport));
}

}  // namespace
}  // namespace freshet::tests
