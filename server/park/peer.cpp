#include "park/peer.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

namespace freshet::park {

std::string Peer::ip() const {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(is_ipv6 ? AF_INET6 : AF_INET, address.data(), text, sizeof text);
  return text;
}

std::string Peer::to_string() const {
  const std::string port_text = std::to_string(port);
  return is_ipv6 ? "[" + ip() + "]:" + port_text : ip() + ":" + port_text;
}

Peer Peer::from(const sockaddr* address) {
  Peer peer;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    std::memcpy(peer.address.data(), &v4.sin_addr, sizeof v4.sin_addr);
    peer.port = ntohs(v4.sin_port);
  } else if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof v6);
    peer.port = ntohs(v6.sin6_port);
    if (IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr)) {
      std::memcpy(peer.address.data(), v6.sin6_addr.s6_addr + 12, 4);
    } else {
      std::memcpy(peer.address.data(), v6.sin6_addr.s6_addr, 16);
      peer.is_ipv6 = true;
    }
  }
  return peer;
}

}  // namespace freshet::park
