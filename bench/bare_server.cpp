#include "bare_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>

namespace freshet::bench {

bool BareServer::start(std::uint16_t port, unsigned ring_entries) {
  epoll_ = ::epoll_create1(0);
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  const int on = 1;
  ::setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  watch(listener_, EPOLLIN);
  return ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
         ::listen(listener_, 4096) == 0 &&
         io_uring_queue_init(ring_entries, &ring_, IORING_SETUP_SUBMIT_ALL) == 0;
}

void BareServer::watch(int fd, std::uint32_t events) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void BareServer::submit(unsigned count) {
  io_uring_submit(&ring_);
  for (; count > 0; --count) {
    io_uring_cqe* entry = nullptr;
    io_uring_wait_cqe(&ring_, &entry);
    io_uring_cqe_seen(&ring_, entry);
  }
}

}  // namespace freshet::bench
