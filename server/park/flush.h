// How what waits leaves: a flusher gets all connections of a turn at once, so that it may send for
// many of them in one system call. flush_send and flush_uring do it; the loop is made with one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "park/options.h"
#include "park/outbox.h"

namespace freshet::park {

// One connection's part in a flush.
struct FlushItem {
  int fd = -1;
  Outbox* outbox = nullptr;
  void* owner = nullptr;  // For the caller; untouched.
  // The caller ends the connection once all of it is sent. The kernel then keeps the last bytes
  // until that call, and they leave in one segment with the FIN.
  bool ends = false;

  // Out. The outbox has lost what was sent; when it is not empty and `failed` is false, the
  // kernel's buffer is full and the loop waits for EPOLLOUT.
  std::size_t sent_bytes = 0;
  bool failed = false;  // The connection is dead (reset, broken pipe).
};

// Sends what it can without blocking. Called once per turn, on the loop's thread.
class Flush {
 public:
  virtual ~Flush() = default;
  // REQUIRES: no connection stands in `items` twice.
  virtual void flush(std::span<FlushItem> items) = 0;
  // System calls made since the last call.
  virtual std::uint64_t take_call_count() = 0;
  // For how many items it holds memory between two calls.
  virtual std::size_t room() const = 0;
  // What it sends by: Io::uring or Io::epoll.
  virtual Io io() const = 0;
};

// The flusher for `io`; for Io::automatic by io_uring where the kernel lets this process have it.
// Throws std::runtime_error, which says why, when Io::uring is wanted and cannot be had.
std::unique_ptr<Flush> make_flush(Io io);

// "auto", "uring", "epoll".
std::optional<Io> io_named(std::string_view name);
std::string_view name_of(Io io);

}  // namespace freshet::park
