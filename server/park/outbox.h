// What still has to be sent on one connection: a queue of {shared blob, offset}.
// Pure; Connection owns one, Flush empties it.
#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "park/blob.h"

namespace freshet::park {

// An empty outbox owns no memory, and one blob needs none beyond this object. Not thread-safe.
class Outbox {
 public:
  // Queues the whole blob behind what waits. An empty or null blob changes nothing.
  void push(Blob blob);

  bool empty() const { return front_ == nullptr; }

  // Bytes that wait: a blob shared by many outboxes counts in each.
  std::size_t bytes() const {
    return front_ == nullptr ? 0 : front_->size() - offset_ + (rest_ == nullptr ? 0 : rest_->bytes);
  }

  // Blobs that wait, the partly sent one included.
  std::size_t blob_count() const;

  // Points the entries of `into` at the next bytes to send and returns how many were filled.
  // Valid until the next change.
  std::size_t gather(std::span<iovec> into) const;

  // Forgets the first `count` bytes: they are sent. REQUIRES: count <= bytes().
  void consume(std::size_t count);

  // Blobs of which no byte is sent yet, the oldest first.
  std::size_t unsent_count() const { return blob_count() - (offset_ == 0 ? 0 : 1); }
  // REQUIRES: number < unsent_count().
  const Blob& unsent(std::size_t number) const;

  // Puts `blobs` in the place of the first `count` unsent ones. REQUIRES: count <= unsent_count().
  void replace_unsent(std::size_t count, std::span<const Blob> blobs);

  // Drops every blob of which no byte is sent yet, so that what is pushed next follows the one
  // in progress. Returns the bytes dropped.
  std::size_t drop_unsent();

  void clear();

 private:
  struct Rest {
    std::vector<Blob> blobs;  // The first `sent` are null.
    std::size_t sent = 0;
    std::size_t bytes = 0;
  };

  void pop_front();

  Blob front_;
  std::unique_ptr<Rest> rest_;  // Null unless two blobs wait.
  std::size_t offset_ = 0;      // Bytes of front_ that are sent.
};

}  // namespace freshet::park
