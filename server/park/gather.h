// What the kernel reads of a batch of sends: the next bytes of each outbox, as few pieces as can
// be. The flushers fill it, send, and clear it.
#pragma once

#include <sys/uio.h>

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "park/outbox.h"

namespace freshet::park {

// Messages are small, and many connections wait for the same ones: what is short is copied
// together once and sent as one piece by everybody who waits for just that. A piece costs the
// kernel more than its bytes do, for each connection again.
class Gather {
 public:
  // Blobs of one send; an outbox with more needs another.
  static constexpr std::size_t blobs_max = 128;
  // Copied together up to this; what is longer is sent from where it lies.
  static constexpr std::size_t joined_bytes_max = 16 * 1024;

  Gather();

  // The next bytes of `outbox`, to be read until clear(); empty when there is no room left.
  // REQUIRES: the outbox is not empty; until clear() no outbox gains a blob, since one at a freed
  // one's address would pass for it.
  std::span<iovec> add(const Outbox& outbox);

  void clear();

 private:
  bool join(std::span<const iovec> blobs, std::size_t bytes);

  std::vector<iovec> parts_;
  std::size_t parts_used_ = 0;
  std::vector<char> joined_;
  std::size_t joined_used_ = 0;
  // The last that were copied together, and where to.
  std::array<iovec, blobs_max> last_blobs_;
  std::size_t last_count_ = 0;
  iovec last_joined_{};
};

}  // namespace freshet::park
