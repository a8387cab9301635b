#include "park/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <catch2/catch_test_macros.hpp>

namespace freshet::park {
namespace {

Peer ipv4(const char* text, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  REQUIRE(inet_pton(AF_INET, text, &address.sin_addr) == 1);
  return Peer::from(reinterpret_cast<const sockaddr*>(&address));
}

Peer ipv6(const char* text, std::uint16_t port) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(port);
  REQUIRE(inet_pton(AF_INET6, text, &address.sin6_addr) == 1);
  return Peer::from(reinterpret_cast<const sockaddr*>(&address));
}

TEST_CASE("a peer reads as people write addresses", "[park][peer]") {
  CHECK(ipv4("192.0.2.7", 5123).to_string() == "192.0.2.7:5123");
  CHECK(ipv4("192.0.2.7", 5123).ip() == "192.0.2.7");
  CHECK(ipv6("2001:db8::7", 80).to_string() == "[2001:db8::7]:80");
  CHECK(ipv6("2001:db8::7", 80).ip() == "2001:db8::7");
}

TEST_CASE("an IPv4 client of a listener for both is the same peer as on its own", "[park][peer]") {
  CHECK(ipv6("::ffff:192.0.2.7", 5123) == ipv4("192.0.2.7", 5123));
  CHECK_FALSE(ipv6("::1", 1) == ipv4("127.0.0.1", 1));
}

TEST_CASE("an address of another family is an empty peer", "[park][peer]") {
  sockaddr local{};
  local.sa_family = AF_UNIX;
  CHECK(Peer::from(&local) == Peer{});
}

}  // namespace
}  // namespace freshet::park
