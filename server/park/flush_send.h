// Empties outboxes into sockets with one sendmsg per connection. The seam for a faster way
// (io_uring): a flusher gets all connections of a turn at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "park/outbox.h"

namespace freshet::park {

// One connection's part in a flush.
struct FlushItem {
  int fd = -1;
  Outbox* outbox = nullptr;
  void* owner = nullptr;  // For the caller; untouched.

  // Out. The outbox has lost what was sent; when it is not empty and `failed` is false, the
  // kernel's buffer is full and the loop waits for EPOLLOUT.
  std::size_t sent_bytes = 0;
  bool failed = false;  // The connection is dead (reset, broken pipe).
};

// Sends what it can without blocking. Called once per turn, on the loop's thread.
class Flush {
 public:
  virtual ~Flush() = default;
  virtual void flush(std::span<FlushItem> items) = 0;
  // System calls made since the last call.
  virtual std::uint64_t take_send_count() = 0;
};

class FlushSend final : public Flush {
 public:
  void flush(std::span<FlushItem> items) override;
  std::uint64_t take_send_count() override;

 private:
  std::uint64_t send_count_ = 0;
};

}  // namespace freshet::park
