// The native client behind a path that fails (tcp_proxy.h): on each transport nothing is lost
// without a gap, nothing comes twice, ids rise, and everything is live again once the fault is
// over.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <chrono>
#include <future>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "integration/native_fixture.h"
#include "integration/served.h"
#include "integration/tcp_proxy.h"

namespace freshet::tests {
namespace {

using namespace std::chrono_literals;
using Side = TcpProxy::Side;

// A server and a client that soon notice silence: 1.4 pings on a stream, the wait and the connect
// timeout on a poll.
std::vector<std::string> watchful_flags() { return quick_flags({"--ping", "300ms"}); }

ClientOptions watchful(std::vector<Transport> list) {
  ClientOptions options = over(std::move(list));
  options.connect_timeout = 600ms;
  options.long_poll_wait = 300ms;
  return options;
}

// A path that swallows what the client sends shows itself by a publish that times out; the key
// lets it be sent again.
bool publishes_in_the_end(Client& client, const std::string& number) {
  const PublishOptions options{.timeout = 1s, .key = "number " + number};
  for (int attempt = 0; attempt < 10; ++attempt) {
    auto ack = client.publish_json("t.a", number, options);
    if (ack.wait_for(test::patience) != std::future_status::ready) return false;
    if (ack.get()) return true;
  }
  return false;
}

struct Fault {
  std::string_view what;
  void (*begin)(TcpProxy&);
  void (*end)(TcpProxy&);
};

const Fault faults[] = {
    {"cut, and nothing gets through for a while",
     [](TcpProxy& proxy) {
       proxy.block("/");
       proxy.cut();
     },
     [](TcpProxy& proxy) { proxy.block(""); }},
    {"cut, and open at once", [](TcpProxy& proxy) { proxy.cut(); }, [](TcpProxy&) {}},
    {"stalled for good, and new connections pass", [](TcpProxy& proxy) { proxy.stall(); },
     [](TcpProxy&) {}},
    {"the client hears nothing more, and the server hears it",
     [](TcpProxy& proxy) { proxy.stall(Side::client); }, [](TcpProxy&) {}},
    {"the server hears nothing more, and the client hears it",
     [](TcpProxy& proxy) { proxy.stall(Side::server); }, [](TcpProxy&) {}},
    {"frozen for a while", [](TcpProxy& proxy) { proxy.freeze(true); },
     [](TcpProxy& proxy) { proxy.freeze(false); }},
    {"half-closed towards the client", [](TcpProxy& proxy) { proxy.half_close(Side::client); },
     [](TcpProxy&) {}},
    {"half-closed towards the server", [](TcpProxy& proxy) { proxy.half_close(Side::server); },
     [](TcpProxy&) {}},
    {"buffering whole answers for a while", [](TcpProxy& proxy) { proxy.hold_answers(true); },
     [](TcpProxy& proxy) { proxy.hold_answers(false); }},
    {"late by 50 ms from now on", [](TcpProxy& proxy) { proxy.delay(50ms); }, [](TcpProxy&) {}},
};

TEST_CASE("a fault of the path loses and repeats nothing, and ends live", "[integration][faults]") {
  const Transport transport = GENERATE(from_range(all_transports));
  const Fault fault = GENERATE(from_range(faults));
  INFO(to_string(transport) << ": " << fault.what);
  Served served{watchful_flags()};
  TcpProxy proxy{served.port()};
  Publisher publisher{served.port()};
  Inbox inbox;
  Lived lived;
  Client client{proxy.url(), watchful({transport})};
  lived.watch(client);
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  REQUIRE(inbox.wait_for_lives(1).lives >= 1);
  publisher.publish(1, 5);
  inbox.wait_for_messages(5);

  fault.begin(proxy);
  publisher.publish(6, 10);
  fault.end(proxy);
  publisher.publish(11, 15);

  check_whole(inbox.wait_for_messages(15), 15);
  // Both directions work again.
  REQUIRE(publishes_in_the_end(client, "16"));
  CHECK(lived.over(transport));
  check_whole(inbox.wait_for_messages(16), 16);
}

TEST_CASE("a publish whose answer is lost is stored once", "[integration][faults]") {
  const Transport transport = GENERATE(from_range(all_transports));
  INFO(to_string(transport));
  Served served{watchful_flags()};
  TcpProxy proxy{served.port()};
  Inbox inbox;
  Inbox direct;
  Client bystander{served.url(), over({Transport::websocket})};
  auto seen = bystander.subscribe("t.*", direct.on_message(), direct.options());
  Client client{proxy.url(), watchful({transport})};
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  REQUIRE(inbox.wait_for_lives(1).lives >= 1);
  REQUIRE(direct.wait_for_lives(1).lives >= 1);

  proxy.hold_answers(true);
  if (transport == Transport::websocket) proxy.stall(Side::client);
  auto ack = client.publish_json("t.a", "1");
  check_whole(direct.wait_for_messages(1), 1);
  proxy.cut();
  proxy.hold_answers(false);
  REQUIRE(ack.wait_for(test::patience) == std::future_status::ready);
  CHECK(ack.get());
  CHECK(publishes_in_the_end(client, "2"));
  check_whole(inbox.wait_for_messages(2), 2);
  check_whole(direct.wait_for_messages(2), 2);
}

TEST_CASE("after a kill and a restart each transport tells the gap and goes on",
          "[integration][faults]") {
  const Transport transport = GENERATE(from_range(all_transports));
  INFO(to_string(transport));
  auto served = std::make_unique<Served>(quick_flags());
  TcpProxy proxy{served->port()};
  Inbox inbox;
  Client client{proxy.url(), over({transport})};
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  inbox.wait_for_lives(1);
  Publisher{served->port()}.publish(1, 5);
  inbox.wait_for_messages(5);
  served->kill();
  served = std::make_unique<Served>(quick_flags());
  proxy.set_target(served->port());
  REQUIRE(inbox.wait_for_gap().gaps >= 1);
  Publisher{served->port()}.publish(6, 10);
  const Told told = inbox.wait_for_messages(10);
  CHECK(told.data == numbers(1, 10));
}

TEST_CASE("a transport that is blocked gives way to the next, however it is blocked",
          "[integration][faults]") {
  struct Case {
    Transport barred;
    Transport next;
    void (*bar)(TcpProxy&);
  };
  const auto [barred, next, bar] = GENERATE(
      Case{Transport::websocket, Transport::sse, [](TcpProxy& p) { p.block("/v1/ws"); }},
      Case{Transport::sse, Transport::websocket, [](TcpProxy& p) { p.block("/v1/sse"); }},
      Case{Transport::sse, Transport::long_polling, [](TcpProxy& p) { p.block("/v1/sse"); }},
      Case{Transport::sse, Transport::long_polling, [](TcpProxy& p) { p.hold_answers(true); }},
      Case{Transport::sse, Transport::polling, [](TcpProxy& p) { p.hold_answers(true); }});
  INFO(to_string(barred) << " is barred, " << to_string(next) << " is next");
  Served served{watchful_flags()};
  TcpProxy proxy{served.port()};
  bar(proxy);
  Inbox inbox;
  Lived lived;
  Client client{proxy.url(), watchful({barred, next})};
  lived.watch(client);
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  REQUIRE(inbox.wait_for_lives(1).lives >= 1);
  CHECK(lived.over(next));
  Publisher{served.port()}.publish(1, 3);
  check_whole(inbox.wait_for_messages(3), 3);
}

TEST_CASE("a client that runs leaves a transport that fails for one that works",
          "[integration][faults]") {
  Served served{watchful_flags()};
  TcpProxy proxy{served.port()};
  Publisher publisher{served.port()};
  Inbox inbox;
  Lived lived;
  Client client{proxy.url(), watchful({Transport::websocket, Transport::sse,
                                       Transport::long_polling, Transport::polling})};
  lived.watch(client);
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  REQUIRE(inbox.wait_for_lives(1).lives >= 1);
  REQUIRE(lived.over(Transport::websocket));
  publisher.publish(1, 5);
  proxy.block("/v1/ws");
  proxy.cut();
  publisher.publish(6, 10);
  REQUIRE(lived.over(Transport::sse));
  proxy.hold_answers(true);  // As a proxy would that begins to buffer; it still bars WebSocket.
  proxy.cut();
  publisher.publish(11, 15);
  REQUIRE(lived.over(Transport::long_polling));
  publisher.publish(16, 20);
  check_whole(inbox.wait_for_messages(20), 20);
}

TEST_CASE("a client goes back up when the better transport works again", "[integration][faults]") {
  struct Case {
    Transport better;
    Transport worse;
    void (*bar)(TcpProxy&);
    void (*free)(TcpProxy&);
  };
  const auto [better, worse, bar, free] = GENERATE(
      Case{Transport::websocket, Transport::sse, [](TcpProxy& p) { p.block("/v1/ws"); },
           [](TcpProxy& p) { p.block(""); }},
      Case{Transport::sse, Transport::long_polling, [](TcpProxy& p) { p.hold_answers(true); },
           [](TcpProxy& p) { p.hold_answers(false); }},
      Case{Transport::websocket, Transport::polling, [](TcpProxy& p) { p.block("/v1/ws"); },
           [](TcpProxy& p) { p.block(""); }});
  INFO(to_string(better) << " after " << to_string(worse));
  Served served{watchful_flags()};
  TcpProxy proxy{served.port()};
  Publisher publisher{served.port()};
  bar(proxy);
  Inbox inbox;
  Lived lived;
  ClientOptions options = watchful({better, worse});
  options.reprobe_after = 200ms;
  Client client{proxy.url(), std::move(options)};
  lived.watch(client);
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  REQUIRE(inbox.wait_for_lives(1).lives >= 1);
  REQUIRE(lived.over(worse));
  publisher.publish(1, 5);
  free(proxy);
  publisher.publish(6, 10);
  REQUIRE(lived.over(better));
  publisher.publish(11, 15);
  check_whole(inbox.wait_for_messages(15), 15);
}

}  // namespace
}  // namespace freshet::tests
