// What the floors are made of: one listening socket, one epoll, one io_uring, and no care for
// errors.
#pragma once

#include <liburing.h>

#include <cstdint>
#include <vector>

namespace freshet::bench {

class BareServer {
 protected:
  // Listens on 127.0.0.1:`port`. False when that or a ring of so many entries cannot be had.
  bool start(std::uint16_t port, unsigned ring_entries);

  // Has epoll tell of `events` (EPOLLIN, …) with the descriptor.
  void watch(int fd, std::uint32_t events);

  // Hands `count` prepared calls to the kernel and waits for them.
  void submit(unsigned count);

  int epoll_ = -1;
  int listener_ = -1;
  io_uring ring_{};
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);  // For what is received.
};

}  // namespace freshet::bench
