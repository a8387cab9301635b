// The native client over IPv6, and behind the proxies that its environment names. The latter run
// the program itself (`freshet sub` and `pub` are this client), because an environment belongs to a
// process.
#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators_all.hpp>
#include <string>
#include <vector>

#include "integration/http_proxy.h"
#include "integration/native_fixture.h"
#include "integration/program.h"
#include "integration/served.h"
#include "paths.h"

namespace freshet::tests {
namespace {

TEST_CASE("each transport works over IPv6", "[integration][network]") {
  const Transport transport = GENERATE(from_range(all_transports));
  INFO(to_string(transport));
  Served served{quick_flags(), "[::1]:0"};
  CHECK(served.url().starts_with("http://[::1]:"));
  Inbox inbox;
  Lived lived;
  Client client{served.url(), over({transport})};
  lived.watch(client);
  auto all = client.subscribe("t.*", inbox.on_message(), inbox.options());
  REQUIRE(inbox.wait_for_lives(1).lives >= 1);
  for (int i = 1; i <= 5; ++i) {
    auto ack = client.publish_json("t.a", std::to_string(i));
    REQUIRE(ack.wait_for(test::patience) == std::future_status::ready);
    REQUIRE(ack.get());
  }
  check_whole(inbox.wait_for_messages(5), 5);
  CHECK(lived.over(transport));
}

// `freshet sub` with these proxies: five messages from the log and five live ones, as it prints
// them.
void check_subscribes(const Served& served, const std::string& transport,
                      const Program::Environment& proxies) {
  Publisher publisher{served.port()};
  publisher.publish(1, 5);
  std::vector<std::string> words{program_path, "sub",      "t.*",     "--url", served.url(),
                                 "--cursor",   "earliest", "--count", "10"};
  if (!transport.empty()) words.insert(words.end(), {"--transport", transport});
  Program subscriber{words, proxies};
  const auto check_lines = [&](int first, int last) {
    for (int i = first; i <= last; ++i) {
      const std::string line = subscriber.read_line();
      CHECK(line.starts_with("{\"id\":" + std::to_string(i) + ","));
      CHECK(line.ends_with("\"data\":" + std::to_string(i) + "}"));
    }
  };
  check_lines(1, 5);
  publisher.publish(6, 10);
  check_lines(6, 10);
  CHECK(subscriber.wait() == 0);
}

// A publish through the same proxies, by the transport's own way.
void check_publishes(const Served& served, const std::string& transport,
                     const Program::Environment& proxies) {
  Program publisher{
      {program_path, "pub", "t.a", "11", "--url", served.url(), "--transport", transport}, proxies};
  CHECK(publisher.wait() == 0);
}

TEST_CASE("each transport goes through the proxy that the environment names",
          "[integration][network]") {
  const Transport transport = GENERATE(from_range(all_transports));
  const std::string variable = GENERATE("http_proxy", "all_proxy", "ALL_PROXY");
  const std::string name{to_string(transport)};
  INFO(name << " by " << variable);
  Served served{quick_flags()};
  HttpProxy proxy;
  const Program::Environment proxies{{variable, proxy.url()}};
  check_subscribes(served, name, proxies);
  check_publishes(served, name, proxies);
  const std::string server = served.url().substr(7);
  CHECK(proxy.saw("CONNECT " + server + " ") == (transport == Transport::websocket));
  CHECK(proxy.saw("GET http://" + server + "/v1/") == (transport != Transport::websocket));
}

TEST_CASE("each transport goes through a SOCKS proxy", "[integration][network]") {
  const Transport transport = GENERATE(from_range(all_transports));
  const std::string name{to_string(transport)};
  INFO(name);
  Served served{quick_flags()};
  HttpProxy proxy;
  const Program::Environment proxies{{"all_proxy", proxy.socks_url()}};
  check_subscribes(served, name, proxies);
  check_publishes(served, name, proxies);
  const std::string expected = "SOCKS " + served.url().substr(7);
  for (const std::string& request : proxy.requests()) CHECK(request == expected);
  CHECK(proxy.saw(expected));
}

TEST_CASE("no_proxy names servers that are reached directly", "[integration][network]") {
  const Transport transport = GENERATE(from_range(all_transports));
  const std::string variable = GENERATE("no_proxy", "NO_PROXY");
  const std::string exceptions = GENERATE("127.0.0.1", "example.com, 127.0.0.1", "*");
  const std::string name{to_string(transport)};
  INFO(name << " with " << variable << "=" << exceptions);
  Served served{quick_flags()};
  HttpProxy proxy;
  check_subscribes(served, name, {{"http_proxy", proxy.url()}, {variable, exceptions}});
  CHECK(proxy.requests().empty());
}

TEST_CASE("behind a proxy that refuses tunnels a client takes another transport",
          "[integration][network]") {
  Served served{quick_flags()};
  HttpProxy proxy;
  proxy.refuse_tunnels();
  check_subscribes(served, "", {{"http_proxy", proxy.url()}});
  CHECK(proxy.saw("CONNECT "));
  CHECK(proxy.saw("GET " + served.url() + "/v1/sse?"));
}

TEST_CASE("a proxy that is not there is told as a server that cannot be reached",
          "[integration][network]") {
  Served served{quick_flags()};
  std::string nowhere;
  {
    const HttpProxy gone;
    nowhere = gone.url();
  }
  Program publisher{
      {program_path, "pub", "t.a", "1", "--url", served.url()}, {{"http_proxy", nowhere}}, true};
  const std::string said = publisher.read_to_end();
  INFO(said);
  CHECK(publisher.wait() == 3);
  CHECK_FALSE(said.empty());
}

}  // namespace
}  // namespace freshet::tests
