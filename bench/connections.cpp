#include "connections.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <stdexcept>
#include <string_view>

namespace freshet::bench {

namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

void raise_open_files_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace

Connections::Connections(std::uint16_t port)
    : port_(port), epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(64 * 1024) {
  raise_open_files_limit();
}

Connections::~Connections() {
  close_all();
  ::close(epoll_);
}

void Connections::close_all() {
  for (const int fd : sockets_) ::close(fd);
  sockets_.clear();
}

int Connections::connect_one(std::size_t number) const {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  // A publisher that gets no answers would wait for the server's delayed acknowledgements.
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in source{};
  source.sin_family = AF_INET;
  source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number % 250));
  if (::bind(fd, reinterpret_cast<sockaddr*>(&source), sizeof source) != 0) fail("bind");
  sockaddr_in target{};
  target.sin_family = AF_INET;
  target.sin_port = htons(port_);
  target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&target), sizeof target) != 0) fail("connect");
  return fd;
}

void Connections::open(std::size_t count, const std::vector<Step>& steps) {
  // In batches below the server's listen backlog.
  constexpr std::size_t batch_max = 500;
  for (std::size_t done = 0; done < count;) {
    const std::size_t first = sockets_.size();
    for (std::size_t batch = std::min(batch_max, count - done); batch > 0; --batch, ++done) {
      const int fd = connect_one(sockets_.size());
      sockets_.push_back(fd);
      epoll_event event{.events = EPOLLIN, .data = {.u64 = sockets_.size() - 1}};
      ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
    }
    for (const Step& step : steps) {
      for (std::size_t number = first; number < sockets_.size(); ++number) {
        send(number, step.send);
      }
      wait_for(first, step.expect);
    }
  }
}

void Connections::send(std::size_t number, const std::string& bytes) {
  if (::send(sockets_[number], bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(bytes.size())) {
    fail("send");
  }
}

std::uint64_t Connections::count_received(char marker, int wait_max_ms) {
  std::uint64_t count = 0;
  receive(wait_max_ms, [&](std::size_t, std::string_view bytes) {
    count += static_cast<std::uint64_t>(std::count(bytes.begin(), bytes.end(), marker));
  });
  return count;
}

void Connections::receive(int wait_max_ms, const OnBytes& on_bytes) {
  std::array<epoll_event, 512> events;
  const int ready = ::epoll_wait(epoll_, events.data(), events.size(), wait_max_ms);
  for (int i = 0; i < ready; ++i) {
    const std::size_t number = events[i].data.u64;
    const ssize_t got = ::recv(sockets_[number], buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got == 0 || (got < 0 && errno != EAGAIN)) fail("the server closed a connection");
    if (got > 0) on_bytes(number, {buffer_.data(), static_cast<std::size_t>(got)});
  }
}

void Connections::unwatch() {
  for (const int fd : sockets_) ::epoll_ctl(epoll_, EPOLL_CTL_DEL, fd, nullptr);
}

std::size_t Connections::waiting_bytes(std::size_t number) const {
  int bytes = 0;
  if (::ioctl(sockets_[number], FIONREAD, &bytes) != 0) fail("ioctl");
  return static_cast<std::size_t>(bytes);
}

std::uint64_t Connections::take_all(char marker) {
  std::uint64_t count = 0;
  for (const int fd : sockets_) {
    ssize_t got = 0;
    while ((got = ::recv(fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT)) > 0) {
      count += static_cast<std::uint64_t>(
          std::count(buffer_.begin(), buffer_.begin() + static_cast<std::ptrdiff_t>(got), marker));
    }
    if (got == 0) throw std::runtime_error("the server closed a connection");
  }
  return count;
}

void Connections::wait_for(std::size_t first, const std::string& marker) {
  std::vector<std::string> received(sockets_.size() - first);
  std::vector<bool> has_marker(received.size());
  std::size_t missing = received.size();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (missing > 0) {
    if (std::chrono::steady_clock::now() > deadline) {
      throw std::runtime_error(std::to_string(missing) + " connections got no '" + marker + "'");
    }
    std::array<epoll_event, 256> events;
    const int ready = ::epoll_wait(epoll_, events.data(), events.size(), 1000);
    for (int i = 0; i < ready; ++i) {
      const std::size_t number = events[i].data.u64;
      const ssize_t got = ::recv(sockets_[number], buffer_.data(), buffer_.size(), MSG_DONTWAIT);
      if (got == 0) throw std::runtime_error("the server closed a connection");
      if (got < 0 || number < first || has_marker[number - first]) continue;
      std::string& text = received[number - first];
      text.append(buffer_.data(), static_cast<std::size_t>(got));
      if (text.find(marker) != std::string::npos) {
        has_marker[number - first] = true;
        text = {};
        --missing;
      }
    }
  }
}

}  // namespace freshet::bench
