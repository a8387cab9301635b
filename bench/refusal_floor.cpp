#include "refusal_floor.h"

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
#include <utility>

#include "bare_server.h"

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

class RefusalFloor : private BareServer {
 public:
  bool start(std::uint16_t port) {
    return BareServer::start(port, 2 * batch_max) &&
           ::setsockopt(listener_, IPPROTO_TCP, TCP_DEFER_ACCEPT, &wait_for_bytes_seconds,
                        sizeof wait_for_bytes_seconds) == 0;
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
    submit_all();
  }

 private:
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
    if (io_uring_sq_space_left(&ring_) == 0) submit_all();
    ++prepared_;
    return io_uring_get_sqe(&ring_);
  }

  void submit_all() {
    if (prepared_ > 0) submit(std::exchange(prepared_, 0));
  }

  unsigned prepared_ = 0;
  const std::string sse_answer_ = sse_answer();
  const std::string websocket_answer_ = websocket_answer();
  const std::string poll_answer_ = poll_answer();
};

}  // namespace

int serve_refusal_floor(std::uint16_t port) {
  RefusalFloor floor;
  if (!floor.start(port)) return 1;
  for (;;) floor.turn();
}

}  // namespace freshet::bench
