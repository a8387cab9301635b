// Every limit of the parking layer, with its default and the cost of changing it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>

namespace freshet::park {

using Instant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::milliseconds;

// How a loop sends. Events come by epoll in either case.
enum class Io : std::uint8_t {
  automatic,  // By io_uring where the kernel lets this process have it.
  uring,      // Many connections in one system call.
  epoll,      // A system call each.
};

struct FramerLimits {
  // Request line, longer is refused with 414. cpp-httplib's own cap is 8,192 for the target alone.
  std::size_t request_line_bytes_max = 8 * 1024;
  // Request line and headers together, up to the empty line; more is refused with 431.
  std::size_t header_bytes_max = 16 * 1024;
  // Header lines; more is refused with 431.
  std::size_t header_count_max = 100;
  // Body without chunk framing; more is refused with 413, as soon as it is announced.
  std::size_t body_bytes_max = 1024 * 1024;
};

struct LoopOptions {
  Io io = Io::automatic;

  FramerLimits framer;

  // From a request's first byte (or from accept) to its last; then 408. Longer helps clients on
  // very thin lines and lets slow senders hold more sockets.
  Duration request_time_max{10'000};

  // How long a connection may stay silent between two requests. Longer saves reconnects, costs a
  // socket each.
  Duration keep_alive_max{75'000};

  // How long a reader for whom bytes wait may take none before its connection is aborted.
  Duration write_stall_max{30'000};

  // After an answer that ends the connection, input is read and dropped this long, so that the
  // peer can read the answer before the kernel resets the connection (RFC 9112 §9.6).
  Duration linger_max{2'000};

  // Most bytes waiting for one connection. Connection::send() refuses what would go beyond, so it
  // must hold at least one largest message. Larger forgives slower readers and costs memory.
  std::size_t outbox_bytes_max = 4 * 1024 * 1024;

  // Parked::handle_low_mark() is called when an outbox falls to this. Larger keeps fast readers
  // busier during a replay.
  std::size_t outbox_low_mark_bytes = 64 * 1024;

  // Input kept unread-by-us while a long poll is parked (pipelined requests); beyond it the kernel
  // holds the rest back.
  std::size_t pipelined_bytes_max = 16 * 1024;

  // Called on the loop's thread when accepting stops because the process or the system has no
  // file descriptor left, nor an idle connection to close for it, once for each shortage. It is
  // tried again when a connection closes, or after a second.
  std::function<void()> on_accept_paused;
  // The same when a newcomer could be accepted again.
  std::function<void()> on_accept_resumed;
};

struct ListenOptions {
  // Name or address. A name with several addresses ("localhost") is listened on at all of them;
  // "::" takes IPv4 as well.
  std::string host = "127.0.0.1";
  // 0 lets the kernel choose; Loops::endpoints() tells.
  std::uint16_t port = 8080;
  // Connections the kernel completes ahead of accept, per loop. The kernel caps it at somaxconn.
  int backlog = 4096;
};

}  // namespace freshet::park
