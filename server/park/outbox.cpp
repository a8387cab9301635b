#include "park/outbox.h"

#include <algorithm>
#include <cassert>

namespace freshet::park {

void Outbox::push(Blob blob) {
  if (blob == nullptr || blob->empty()) return;
  if (front_ == nullptr) {
    front_ = std::move(blob);
    return;
  }
  if (rest_ == nullptr) {
    rest_ = std::make_unique<Rest>();
    rest_->blobs.reserve(4);
  }
  rest_->bytes += blob->size();
  rest_->blobs.push_back(std::move(blob));
}

std::size_t Outbox::blob_count() const {
  if (front_ == nullptr) return 0;
  return 1 + (rest_ == nullptr ? 0 : rest_->blobs.size() - rest_->sent);
}

std::size_t Outbox::gather(std::span<iovec> into) const {
  if (front_ == nullptr || into.empty()) return 0;
  // iovec serves reading and writing, so it has no const; nothing writes through it here.
  into[0] = {const_cast<char*>(front_->data()) + offset_, front_->size() - offset_};
  std::size_t filled = 1;
  if (rest_ == nullptr) return filled;
  for (std::size_t i = rest_->sent; i < rest_->blobs.size() && filled < into.size(); ++i) {
    const auto& blob = *rest_->blobs[i];
    into[filled++] = {const_cast<char*>(blob.data()), blob.size()};
  }
  return filled;
}

void Outbox::consume(std::size_t count) {
  assert(count <= bytes());
  while (front_ != nullptr && count >= front_->size() - offset_) {
    count -= front_->size() - offset_;
    pop_front();
  }
  offset_ += count;
}

void Outbox::pop_front() {
  offset_ = 0;
  if (rest_ == nullptr) {
    front_.reset();
    return;
  }
  front_ = std::move(rest_->blobs[rest_->sent++]);
  rest_->bytes -= front_->size();
  if (rest_->sent == rest_->blobs.size()) {
    rest_.reset();
  } else if (rest_->sent >= 64 && rest_->sent * 2 >= rest_->blobs.size()) {
    // Half the queue is gone: move up, so that a queue that never empties does not grow for ever.
    rest_->blobs.erase(rest_->blobs.begin(),
                       rest_->blobs.begin() + static_cast<std::ptrdiff_t>(rest_->sent));
    rest_->sent = 0;
  }
}

const Blob& Outbox::unsent(std::size_t number) const {
  if (offset_ != 0) ++number;
  return number == 0 ? front_ : rest_->blobs[rest_->sent + number - 1];
}

void Outbox::replace_unsent(std::size_t count, std::span<const Blob> blobs) {
  std::vector<Blob> behind;
  for (std::size_t i = count; i < unsent_count(); ++i) behind.push_back(unsent(i));
  drop_unsent();
  for (const Blob& blob : blobs) push(blob);
  for (Blob& blob : behind) push(std::move(blob));
}

std::size_t Outbox::drop_unsent() {
  const std::size_t before = bytes();
  rest_.reset();
  if (offset_ == 0) front_.reset();
  return before - bytes();
}

void Outbox::clear() {
  rest_.reset();
  front_.reset();
  offset_ = 0;
}

}  // namespace freshet::park
