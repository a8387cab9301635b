// What still has to be sent on one connection: a queue of {shared blob, offset}.
// Pure; Connection owns one, FlushSend empties it.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <span>
#include <vector>

#include "park/blob.h"

namespace freshet::park {

// An empty outbox owns no memory. Not thread-safe.
class Outbox {
 public:
  // Queues the whole blob behind what waits. An empty or null blob changes nothing.
  void push(Blob blob);

  bool empty() const { return bytes_ == 0; }

  // Bytes that wait: shared blobs count in full in each outbox.
  std::size_t bytes() const { return bytes_; }

  // Blobs that wait, the partly sent one included.
  std::size_t blob_count() const { return blobs_.size() - first_; }

  // Points `into` at the next bytes to send and returns how many entries were filled.
  // Valid until the next push(), consume() or drop.
  std::size_t gather(std::span<iovec> into) const;

  // Forgets the first `count` bytes: they are sent. REQUIRES: count <= bytes().
  void consume(std::size_t count);

  // Drops every blob of which no byte is sent yet, so that what is pushed next follows the one
  // in progress. Returns the bytes dropped.
  std::size_t drop_unsent();

  void clear();

 private:
  void release_if_empty();

  std::vector<Blob> blobs_;  // The first `first_` are sent and empty.
  std::size_t bytes_ = 0;
  std::uint32_t first_ = 0;
  std::uint32_t offset_ = 0;  // Into blobs_[first_]; blobs are far below 4 GiB.
};

}  // namespace freshet::park
