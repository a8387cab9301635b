#include "integration/tcp_proxy.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

namespace freshet::tests {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

native::Descriptor new_socket() {
  return native::Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

}  // namespace

TcpProxy::TcpProxy(std::uint16_t target)
    : listener_(new_socket()), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), target_(target) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(listener_.number(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_.number(), 4096) != 0 ||
      getsockname(listener_.number(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port for the proxy");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  wake();
  thread_.join();
}

void TcpProxy::set_target(std::uint16_t target) {
  const std::lock_guard lock(mutex_);
  target_ = target;
}

void TcpProxy::cut() {
  {
    const std::lock_guard lock(mutex_);
    cut_ = true;
  }
  wake();
}

void TcpProxy::stall(bool stalled) {
  {
    const std::lock_guard lock(mutex_);
    stalled_ = stalled;
  }
  wake();
}

void TcpProxy::block(std::string path) {
  const std::lock_guard lock(mutex_);
  blocked_ = std::move(path);
}

void TcpProxy::run() {
  for (;;) {
    bool stalled = false;
    {
      const std::lock_guard lock(mutex_);
      if (ended_) return;
      if (std::exchange(cut_, false)) pairs_.clear();
      stalled = stalled_;
    }
    std::vector<pollfd> polled{{.fd = wake_.number(), .events = POLLIN, .revents = 0},
                               {.fd = listener_.number(), .events = POLLIN, .revents = 0}};
    if (!stalled) {
      for (const Pair& pair : pairs_) {
        polled.push_back({.fd = pair.client.number(), .events = POLLIN, .revents = 0});
        polled.push_back({.fd = pair.server.number(), .events = POLLIN, .revents = 0});
      }
    }
    poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) {
      eventfd_t ignored = 0;
      eventfd_read(wake_.number(), &ignored);
      continue;
    }
    if (!stalled) {
      std::size_t at = 2;
      for (Pair& pair : pairs_) {
        const bool from_client = polled[at++].revents != 0;
        const bool from_server = polled[at++].revents != 0;
        if (from_client && !pair.server) {
          open(pair);
        } else if (from_client) {
          pair.over = !pass(pair.client, pair.server);
        }
        if (from_server && !pair.over) pair.over = !pass(pair.server, pair.client);
      }
      std::erase_if(pairs_, [](const Pair& pair) { return pair.over; });
    }
    if (polled[1].revents != 0) accept();
  }
}

void TcpProxy::accept() {
  native::Descriptor client(accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!client) return;
  const int on = 1;
  setsockopt(client.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  pairs_.push_back({.client = std::move(client), .server = {}});
}

// The client's first bytes are there: looks at them and lets them stay.
void TcpProxy::open(Pair& pair) {
  std::array<char, 256> start;
  const ssize_t count = recv(pair.client.number(), start.data(), start.size(), MSG_PEEK);
  pair.over = true;
  if (count <= 0) return;
  std::string_view request(start.data(), static_cast<std::size_t>(count));
  request.remove_prefix(std::min(request.find(' ') + 1, request.size()));
  std::uint16_t target = 0;
  {
    const std::lock_guard lock(mutex_);
    if (!blocked_.empty() && request.starts_with(blocked_)) return;
    target = target_;
  }
  pair.server = new_socket();
  const sockaddr_in address = loopback(target);
  const auto* const plain = reinterpret_cast<const sockaddr*>(&address);
  if (connect(pair.server.number(), plain, sizeof address) != 0) return;
  const int on = 1;
  setsockopt(pair.server.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  pair.over = false;
}

bool TcpProxy::pass(const native::Descriptor& from, const native::Descriptor& to) {
  std::array<char, 16 * 1024> buffer;
  const ssize_t count = recv(from.number(), buffer.data(), buffer.size(), 0);
  if (count <= 0) return false;
  return send(to.number(), buffer.data(), static_cast<std::size_t>(count), MSG_NOSIGNAL) == count;
}

void TcpProxy::wake() { eventfd_write(wake_.number(), 1); }

}  // namespace freshet::tests
