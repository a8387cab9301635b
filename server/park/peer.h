// The address at the other end of a connection, kept small because every parked connection has one.
#pragma once

#include <array>
#include <cstdint>
#include <string>

struct sockaddr;

namespace freshet::park {

struct Peer {
  std::array<std::uint8_t, 16> address{};  // Network order; an IPv4 peer fills the first four.
  std::uint16_t port = 0;
  bool is_ipv6 = false;

  // "192.0.2.7" or "2001:db8::7", without the port. An IPv4 client of a dual-stack listener
  // (::ffff:192.0.2.7) reads as plain IPv4.
  std::string ip() const;

  // "192.0.2.7:5123" or "[2001:db8::7]:5123".
  std::string to_string() const;

  // REQUIRES: `address` is an AF_INET or AF_INET6 address; anything else gives an empty peer.
  static Peer from(const sockaddr* address);

  friend bool operator==(const Peer&, const Peer&) = default;
};

}  // namespace freshet::park
