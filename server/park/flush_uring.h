// Empties outboxes into sockets by io_uring: one system call for many connections.
#pragma once

#include <liburing.h>
#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "park/flush.h"
#include "park/flush_send.h"
#include "park/gather.h"

namespace freshet::park {

// Nothing is in flight between two calls: every send completes, or fails, inside flush().
class FlushUring final : public Flush {
 public:
  // Throws std::system_error when the kernel has no io_uring for this process, or one older than
  // Linux 5.18.
  FlushUring();
  ~FlushUring() override;
  FlushUring(const FlushUring&) = delete;
  FlushUring& operator=(const FlushUring&) = delete;

  void flush(std::span<FlushItem> items) override;
  std::uint64_t take_call_count() override;
  std::size_t room() const override { return pending_.capacity(); }
  Io io() const override { return usable_ ? Io::uring : Io::epoll; }

 private:
  // One connection's send: what the kernel reads until it has completed.
  struct Send {
    FlushItem* item;    // Null when it has completed.
    std::size_t bytes;  // Asked for.
    msghdr message;
  };

  bool prepare(FlushItem& item);
  std::size_t submit();
  void complete_one();
  void give_up();

  io_uring ring_{};
  bool usable_ = true;  // The kernel has never refused a batch.
  std::vector<Send> sends_;
  Gather gather_;
  std::vector<FlushItem*> pending_;
  FlushSend fallback_;
  std::uint64_t call_count_ = 0;
};

}  // namespace freshet::park
