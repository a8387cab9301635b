// SmallList: a list whose first element needs no memory beyond the list itself. Nearly every stream
// has one subscription, and nearly every topic of a large server one subscriber.
#pragma once

#include <cassert>
#include <cstddef>
#include <memory>
#include <vector>

namespace freshet::server {

// REQUIRES: no element equals T{}, which stands for none.
template <typename T>
class SmallList {
 public:
  bool empty() const { return size() == 0; }
  std::size_t size() const { return many_ ? many_->size() : first_ == T{} ? 0 : 1; }

  T* begin() { return many_ ? many_->data() : &first_; }
  T* end() { return begin() + size(); }
  const T* begin() const { return many_ ? many_->data() : &first_; }
  const T* end() const { return begin() + size(); }
  T& operator[](std::size_t index) { return begin()[index]; }
  const T& operator[](std::size_t index) const { return begin()[index]; }

  void push_back(const T& element) {
    assert(!(element == T{}));
    if (empty()) {
      first_ = element;
      return;
    }
    if (!many_) {
      many_ = std::make_unique<std::vector<T>>(1, first_);
      first_ = T{};
    }
    many_->push_back(element);
  }

  // The last takes the place of the one at `index`.
  void remove(std::size_t index) {
    assert(index < size());
    if (!many_) {
      first_ = T{};
      return;
    }
    (*many_)[index] = many_->back();
    many_->pop_back();
    if (many_->empty()) {
      many_.reset();
    } else if (many_->capacity() >= 64 && many_->size() <= many_->capacity() / 4) {
      many_->shrink_to_fit();  // A crowd has left; its memory goes too.
    }
  }

 private:
  T first_{};  // T{} when there are many.
  std::unique_ptr<std::vector<T>> many_;
};

}  // namespace freshet::server
