#include "floor.h"

#include <liburing.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "bare_server.h"

namespace freshet::bench {

namespace {

constexpr unsigned batch_max = 512;
// Stands for what any server puts around a payload; ours is about as long.
constexpr std::size_t envelope_bytes = 70;

class Floor : private BareServer {
 public:
  bool start(std::uint16_t port) {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);
    return BareServer::start(port, batch_max);
  }

  void turn() {
    std::array<epoll_event, 256> events;
    const int ready = ::epoll_wait(epoll_, events.data(), events.size(), -1);
    for (int i = 0; i < ready; ++i) {
      events[i].data.fd == listener_ ? accept_all() : read(events[i].data.fd);
    }
  }

 private:
  void accept_all() {
    for (int fd; (fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK)) >= 0;) {
      watch(fd, EPOLLIN | EPOLLET);
    }
  }

  void read(int fd) {
    ssize_t got = 0;
    while ((got = ::recv(fd, buffer_.data(), buffer_.size(), 0)) > 0) {
      const std::string_view input(buffer_.data(), static_cast<std::size_t>(got));
      if (input.starts_with("GET")) {
        answer(fd, "HTTP/1.1 200 OK\r\n\r\n");
        subscribers_.push_back(fd);
      } else {
        publish(fd, input);
      }
    }
    if (got == 0) {
      ::close(fd);
      std::erase(subscribers_, fd);
    }
  }

  void publish(int fd, std::string_view input) {
    std::string answers;
    std::string messages;
    for (std::size_t at = 0; (at = input.find("\r\n\r\n", at)) != std::string_view::npos;) {
      at += 4;
      messages.append(envelope_bytes, 'e').append(input.substr(at, input.find("POST", at) - at));
      answers += "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    }
    answer(fd, answers);
    for (std::size_t done = 0; done < subscribers_.size();) {
      const std::size_t batch = std::min<std::size_t>(batch_max, subscribers_.size() - done);
      for (std::size_t i = 0; i < batch; ++i) {
        io_uring_prep_send(io_uring_get_sqe(&ring_), subscribers_[done + i], messages.data(),
                           messages.size(), MSG_NOSIGNAL);
      }
      submit(static_cast<unsigned>(batch));
      done += batch;
    }
  }

  static void answer(int fd, std::string_view bytes) {
    [[maybe_unused]] const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }

  std::vector<int> subscribers_;
};

}  // namespace

int serve_floor(std::uint16_t port) {
  Floor floor;
  if (!floor.start(port)) return 1;
  for (;;) floor.turn();
}

}  // namespace freshet::bench
