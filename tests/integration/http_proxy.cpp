#include "integration/http_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <utility>

namespace freshet::tests {
namespace {

void send_at_once(const native::Descriptor& socket) {
  const int on = 1;
  setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

bool send_all(const native::Descriptor& to, std::string_view bytes) {
  return send(to.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
         static_cast<ssize_t>(bytes.size());
}

// The port in "CONNECT 127.0.0.1:4711 HTTP/1.1" or "GET http://127.0.0.1:4711/path HTTP/1.1": the
// tests' servers are all here.
std::uint16_t port_in(std::string_view line) {
  const auto host = line.find("127.0.0.1:");
  if (host == std::string_view::npos) return 0;
  return static_cast<std::uint16_t>(std::stoul(std::string(line.substr(host + 10))));
}

native::Descriptor connect_to(std::uint16_t port) {
  native::Descriptor server(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(server.number(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
    return {};
  }
  send_at_once(server);
  return server;
}

// RFC 1928 §3, §4: the greeting offers methods, the request names an IPv4 address and a port.
constexpr char socks = 5;
constexpr std::size_t socks_request_size = 10;

// The port that the client of this SOCKS connection asks for; 0 when it says what nobody here does.
std::uint16_t port_by_socks(const native::Descriptor& client, std::string greeting) {
  std::array<char, socks_request_size> request{};
  const auto methods = [&] { return static_cast<std::size_t>(greeting[1]); };
  while (greeting.size() < 2 || greeting.size() < 2 + methods()) {
    char byte = 0;
    if (recv(client.number(), &byte, 1, 0) != 1) return 0;
    greeting += byte;
  }
  const bool asked =
      send_all(client, {"\5\0", 2}) &&
      recv(client.number(), request.data(), request.size(), MSG_WAITALL) == socks_request_size;
  const bool connect_by_ipv4 = request[0] == socks && request[1] == 1 && request[3] == 1;
  if (!asked || !connect_by_ipv4) return 0;
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(request[at]); };
  return static_cast<std::uint16_t>(byte(8) << 8U | byte(9));
}

}  // namespace

HttpProxy::HttpProxy()
    : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)), ended_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_.number(), plain, size) != 0 || listen(listener_.number(), 128) != 0 ||
      getsockname(listener_.number(), plain, &size) != 0) {
    throw std::runtime_error("no port for the proxy");
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::jthread([this] { run(); });
}

HttpProxy::~HttpProxy() {
  eventfd_write(ended_.number(), 1);
  acceptor_.join();
}

std::vector<std::string> HttpProxy::requests() const {
  const std::lock_guard lock(mutex_);
  return requests_;
}

bool HttpProxy::saw(std::string_view beginning) const {
  const auto all = requests();
  return std::any_of(all.begin(), all.end(),
                     [&](const std::string& line) { return line.starts_with(beginning); });
}

void HttpProxy::note(std::string line) {
  const std::lock_guard lock(mutex_);
  requests_.push_back(std::move(line));
}

void HttpProxy::run() {
  for (;;) {
    std::array<pollfd, 2> polled{{{.fd = ended_.number(), .events = POLLIN, .revents = 0},
                                  {.fd = listener_.number(), .events = POLLIN, .revents = 0}}};
    poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) break;
    native::Descriptor client(accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
    if (!client) continue;
    threads_.emplace_back([this, client = std::move(client)] { serve(client); });
  }
  threads_.clear();  // Joins them: they see the end as well.
}

void HttpProxy::serve(const native::Descriptor& client) {
  send_at_once(client);
  native::Descriptor server;
  std::string head;  // Of the first request, until a server is connected.
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    std::array<pollfd, 3> polled{{{.fd = ended_.number(), .events = POLLIN, .revents = 0},
                                  {.fd = client.number(), .events = POLLIN, .revents = 0},
                                  {.fd = server.number(), .events = POLLIN, .revents = 0}}};
    poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) return;
    if (polled[1].revents != 0) {
      const ssize_t count = recv(client.number(), buffer.data(), buffer.size(), 0);
      if (count <= 0) return;
      const std::string_view bytes(buffer.data(), static_cast<std::size_t>(count));
      if (server) {
        if (!send_all(server, bytes)) return;
        continue;
      }
      head += bytes;
      if (head.front() == socks) {
        const std::uint16_t port = port_by_socks(client, head);
        note("SOCKS 127.0.0.1:" + std::to_string(port));
        server = connect_to(port);
        if (!server || !send_all(client, {"\5\0\0\1\0\0\0\0\0\0", socks_request_size})) return;
        continue;
      }
      if (head.find("\r\n\r\n") == std::string::npos) continue;
      const std::string line = head.substr(0, head.find("\r\n"));
      note(line);
      const bool tunnel = line.starts_with("CONNECT ");
      if (tunnel && !tunnels_) {
        send_all(client, "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n");
        return;
      }
      server = connect_to(port_in(line));
      if (!server) return;
      const bool sent = tunnel ? send_all(client, "HTTP/1.1 200 Connection established\r\n\r\n")
                               : send_all(server, head);
      if (!sent) return;
    }
    if (server && polled[2].revents != 0) {
      const ssize_t count = recv(server.number(), buffer.data(), buffer.size(), 0);
      if (count <= 0) return;
      if (!send_all(client, {buffer.data(), static_cast<std::size_t>(count)})) return;
    }
  }
}

}  // namespace freshet::tests
