// Blobs that wait for one connection made one, where its protocol has a form for that: what each
// costs its reader is then paid once. The loop does it at the end of a turn, before the flush.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "park/outbox.h"

namespace freshet::park {

// What a protocol says of its blobs. A joined one is a head, then bodies with a line feed between.
class JoinForm {
 public:
  // What of a blob goes into a joined one; empty when it must stay as it is. That of a joined one
  // is all that was joined.
  virtual std::string_view body_of(std::string_view blob) const = 0;
  // The head of a joined one with so many bytes behind it.
  virtual std::string head_of(std::size_t bytes) const = 0;

 protected:
  ~JoinForm() = default;
};

// Threads: one loop's.
class Joiner {
 public:
  // Of the bodies in one; the first, if it is longer, stays alone. Longer ones would let a reader
  // wait for their end.
  static constexpr std::size_t joined_bytes_max = 16 * 1024;
  // Of one outbox at a time: more than most kernels take at once. What is joined is not shared by
  // those who wait for other blobs, so one who does not read holds no more than this of its own.
  static constexpr std::size_t bytes_max = 256 * 1024;

  // Joins blobs of which no byte is sent. Does it once for all who wait for the same in a row.
  void join(Outbox& outbox, const JoinForm& form);

  // Lets go of what was joined last.
  void clear();

 private:
  bool is_last(const Outbox& outbox, const JoinForm& form) const;
  void take_blobs(const Outbox& outbox);
  void join_blobs(const JoinForm& form);

  const JoinForm* form_ = nullptr;
  std::vector<Blob> blobs_;   // As they waited, up to bytes_max,
  std::vector<Blob> joined_;  // and what stands for them.
  bool full_ = false;         // It was up to that.
};

}  // namespace freshet::park
