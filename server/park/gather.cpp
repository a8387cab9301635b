#include "park/gather.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace freshet::park {
namespace {

// Of one batch; what is over waits for the next.
constexpr std::size_t parts_max = 4096;
constexpr std::size_t all_joined_bytes_max = 256 * 1024;

bool same(const iovec& one, const iovec& other) {
  return one.iov_base == other.iov_base && one.iov_len == other.iov_len;
}

}  // namespace

Gather::Gather() : parts_(parts_max), joined_(all_joined_bytes_max) {}

std::span<iovec> Gather::add(const Outbox& outbox) {
  assert(!outbox.empty());
  const std::size_t count = std::min(outbox.blob_count(), blobs_max);
  if (count > parts_.size() - parts_used_) return {};
  auto parts = std::span(parts_).subspan(parts_used_, count);
  outbox.gather(parts);
  if (count > 1) {
    std::size_t bytes = 0;
    for (const iovec& part : parts) bytes += part.iov_len;
    if (join(parts, bytes)) {
      parts = parts.first(1);
      parts[0] = last_joined_;
    }
  }
  parts_used_ += parts.size();
  return parts;
}

bool Gather::join(std::span<const iovec> blobs, std::size_t bytes) {
  if (bytes > joined_bytes_max) return false;
  if (std::equal(blobs.begin(), blobs.end(), last_blobs_.begin(),
                 last_blobs_.begin() + static_cast<std::ptrdiff_t>(last_count_), same)) {
    return true;
  }
  if (bytes > joined_.size() - joined_used_) return false;
  char* const start = joined_.data() + joined_used_;
  for (const iovec& blob : blobs) {
    std::memcpy(joined_.data() + joined_used_, blob.iov_base, blob.iov_len);
    joined_used_ += blob.iov_len;
  }
  std::copy(blobs.begin(), blobs.end(), last_blobs_.begin());
  last_count_ = blobs.size();
  last_joined_ = {.iov_base = start, .iov_len = bytes};
  return true;
}

void Gather::clear() {
  parts_used_ = 0;
  joined_used_ = 0;
  last_count_ = 0;
}

}  // namespace freshet::park
