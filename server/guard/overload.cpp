#include "guard/overload.h"

namespace freshet::server {
namespace {

// Topics with slow readers beyond these are not remembered; the limit itself still holds.
constexpr std::size_t slow_topics_max = 100'000;

}  // namespace

void Overload::add(std::int64_t bytes) {
  const std::int64_t now = bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (now >= bytes_max_ / 4 * 3) {
    strained_.store(true, std::memory_order_relaxed);
  } else if (now <= bytes_max_ / 2 && is_strained()) {
    const std::lock_guard lock(mutex_);
    strained_.store(false, std::memory_order_relaxed);
    slow_topics_.clear();
  }
}

void Overload::note_slow(std::string_view topic) {
  if (!is_strained()) return;
  const std::lock_guard lock(mutex_);
  // The strain may be over since; what is noted then would stand until the next one has ended.
  if (is_strained() && slow_topics_.size() < slow_topics_max) slow_topics_.emplace(topic);
}

bool Overload::refuses(std::string_view topic) const {
  if (!is_strained()) return false;
  if (is_exhausted()) return true;
  const std::lock_guard lock(mutex_);
  return slow_topics_.contains(std::string(topic));
}

}  // namespace freshet::server
