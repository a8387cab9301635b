#include "park/joiner.h"

#include <utility>

namespace freshet::park {

void Joiner::join(Outbox& outbox, const JoinForm& form) {
  if (!is_last(outbox, form)) {
    form_ = &form;
    take_blobs(outbox);
    join_blobs(form);
  }
  if (joined_.size() < blobs_.size()) outbox.replace_unsent(blobs_.size(), joined_);
}

// Whether what waits is what was joined last; more may wait behind it only where that was full.
bool Joiner::is_last(const Outbox& outbox, const JoinForm& form) const {
  const std::size_t count = outbox.unsent_count();
  if (&form != form_ || count < blobs_.size()) return false;
  for (std::size_t i = 0; i < blobs_.size(); ++i) {
    if (outbox.unsent(i) != blobs_[i]) return false;
  }
  return count == blobs_.size() || full_;
}

void Joiner::take_blobs(const Outbox& outbox) {
  blobs_.clear();
  std::size_t bytes = 0;
  const std::size_t count = outbox.unsent_count();
  for (std::size_t i = 0; i < count && bytes < bytes_max; ++i) {
    blobs_.push_back(outbox.unsent(i));
    bytes += blobs_.back()->size();
  }
  full_ = bytes >= bytes_max;
}

void Joiner::join_blobs(const JoinForm& form) {
  joined_.clear();
  for (std::size_t first = 0; first < blobs_.size();) {
    // The longest run from here that may be one.
    std::size_t bytes = form.body_of(*blobs_[first]).size();
    std::size_t end = first + 1;
    while (bytes > 0 && end < blobs_.size()) {
      const std::size_t more = form.body_of(*blobs_[end]).size();
      if (more == 0 || bytes + 1 + more > joined_bytes_max) break;
      bytes += 1 + more;
      ++end;
    }
    if (end == first + 1) {
      joined_.push_back(blobs_[first]);
    } else {
      std::string text = form.head_of(bytes);
      text.reserve(text.size() + bytes);
      for (std::size_t i = first; i < end; ++i) {
        if (i > first) text += '\n';
        text += form.body_of(*blobs_[i]);
      }
      joined_.push_back(make_blob(std::move(text)));
    }
    first = end;
  }
}

void Joiner::clear() {
  form_ = nullptr;
  blobs_.clear();
  joined_.clear();
}

}  // namespace freshet::park
