#include "refusal_floor.h"

#include <arpa/inet.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::bench {

namespace {

constexpr unsigned batch_max = 256;
// A connection is made only when its first bytes are here: it need not be waited for.
constexpr int wait_for_bytes_seconds = 5;

// As ours; its ticket and its times are as long.
constexpr std::string_view retry =
    R"({"op":"retry","delay":123456,"ticket":"357123456789.0123456789abcdef","reason":"busy"})";

std::string sse_answer() {
  const std::string body = "event: control\ndata: " + std::string(retry) +
                           "\n\nevent: control\ndata: "
                           R"({"op":"close","code":1013,"reason":"busy"})"
                           "\n\n";
  return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nContent-Length: " +
         std::to_string(body.size()) +
         "\r\nCache-Control: no-store\r\nX-Content-Type-Options: nosniff\r\n"
         "Connection: close\r\n\r\n" +
         body;
}

std::string websocket_answer() {
  return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
         "X-Content-Type-Options: nosniff\r\nUpgrade: websocket\r\n"
         "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"
         "Sec-WebSocket-Protocol: freshet.v1\r\n\r\n\x81" +
         std::string(1, static_cast<char>(retry.size())) + std::string(retry) +
         "\x88\x06\x03\xf5"
         "busy";
}

std::string poll_answer() {
  const std::string body =
      R"({"type":"urn:freshet:problem:busy","title":"Service Unavailable","status":503,)"
      R"("code":"busy","detail":"the server is busy; come back later"})";
  return "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\n"
         "Content-Length: " +
         std::to_string(body.size()) +
         "\r\nCache-Control: no-store\r\nRetry-After: 124\r\nFreshet-Retry-After-Ms: 123456\r\n"
         "Freshet-Ticket: 357123456789.0123456789abcdef\r\n"
         "X-Content-Type-Options: nosniff\r\n\r\n" +
         body;
}

class RefusalFloor {
 public:
  bool start(std::uint16_t port) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(listener_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(listener_, IPPROTO_TCP, TCP_DEFER_ACCEPT, &wait_for_bytes_seconds,
                 sizeof wait_for_bytes_seconds);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    watch(listener_, EPOLLIN);
    return ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0 &&
           ::listen(listener_, 4096) == 0 &&
           io_uring_queue_init(2 * batch_max, &ring_, IORING_SETUP_SUBMIT_ALL) == 0;
  }

  // What several newcomers of a turn cost together, one system call pays.
  void turn() {
    std::array<epoll_event, batch_max> events;
    const int ready = ::epoll_wait(epoll_, events.data(), events.size(), -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[i].data.fd;
      if (fd == listener_) {
        accept_some();
      } else if ((events[i].events & EPOLLRDHUP) != 0) {
        close_later(fd);
      } else {
        answer(fd);
      }
    }
    submit();
  }

 private:
  void watch(int fd, std::uint32_t events) {
    epoll_event event{.events = events, .data = {.fd = fd}};
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  }

  void accept_some() {
    for (unsigned i = 0; i < batch_max / 2; ++i) {
      const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK);
      if (fd < 0) return;
      if (answer(fd)) watch(fd, EPOLLIN | EPOLLRDHUP | EPOLLET);
    }
  }

  // Whether the connection goes on.
  bool answer(int fd) {
    const ssize_t got = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (got < 0) return true;
    const std::string_view request(buffer_.data(), static_cast<std::size_t>(got));
    if (request.starts_with("GET /v1/poll")) {
      send(fd, poll_answer_, 0);
      return true;
    }
    if (request.find("Origin:") != std::string_view::npos) {
      send(fd, websocket_answer_, 0);  // It answers with a close frame.
      return true;
    }
    if (request.starts_with("GET")) {
      // The bytes leave with the FIN, in one segment.
      send(fd, request.starts_with("GET /v1/sse") ? sse_answer_ : websocket_answer_, MSG_MORE);
    }
    close_later(fd);
    return false;
  }

  void send(int fd, std::string_view bytes, int flags) {
    io_uring_prep_send(next(), fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT | flags);
  }
  void close_later(int fd) { io_uring_prep_close(next(), fd); }

  io_uring_sqe* next() {
    if (io_uring_sq_space_left(&ring_) == 0) submit();
    ++prepared_;
    return io_uring_get_sqe(&ring_);
  }

  void submit() {
    if (prepared_ == 0) return;
    io_uring_submit(&ring_);
    for (; prepared_ > 0; --prepared_) {
      io_uring_cqe* entry = nullptr;
      io_uring_wait_cqe(&ring_, &entry);
      io_uring_cqe_seen(&ring_, entry);
    }
  }

  int epoll_ = ::epoll_create1(0);
  int listener_ = -1;
  io_uring ring_{};
  unsigned prepared_ = 0;
  const std::string sse_answer_ = sse_answer();
  const std::string websocket_answer_ = websocket_answer();
  const std::string poll_answer_ = poll_answer();
  std::vector<char> buffer_ = std::vector<char>(64 * 1024);
};

}  // namespace

int serve_refusal_floor(std::uint16_t port) {
  RefusalFloor floor;
  if (!floor.start(port)) return 1;
  for (;;) floor.turn();
}

}  // namespace freshet::bench
