// Text and List of the browser build; see freshet/containers.h.
#include "freshet/containers.h"

#ifdef FRESHET_COMPACT

#include <bit>

namespace freshet {
namespace {

// How much a block that is to hold `bytes` has room for: the next power of two, 8 at least. No
// bytes wrap around, twice, to no room.
std::size_t room(std::size_t bytes) { return (SIZE_MAX >> std::countl_zero((bytes - 1) | 7)) + 1; }

}  // namespace

void* resize_block(void* block, std::size_t bytes_before, std::size_t bytes) {
  const std::size_t room_before = room(bytes_before);
  const std::size_t room_wanted = room(bytes);
  if (room_before == room_wanted) return block;
  void* const moved = room_wanted > 0 ? ::operator new(room_wanted) : nullptr;
  if (room_before > 0) {
    if (moved != nullptr) std::memcpy(moved, block, std::min(bytes_before, bytes));
    ::operator delete(block, room_before);
  }
  return moved;
}

Text::Text(std::size_t count, char c) {
  resize(count);
  std::memset(data_, c, count);
}

Text& Text::append(std::string_view text) {
  // Part of itself would move away with the block.
  const bool own = data_ != nullptr && text.data() >= data_ && text.data() < data_ + size_;
  const std::size_t offset = own ? static_cast<std::size_t>(text.data() - data_) : 0;
  const std::size_t begin = size_;
  resize(begin + text.size());
  if (!text.empty()) std::memcpy(data_ + begin, own ? data_ + offset : text.data(), text.size());
  return *this;
}

Text& Text::operator=(std::string_view text) {
  Text copy{text};
  swap(copy);
  return *this;
}

void Text::swap(Text& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
}

void Text::resize(std::size_t size) {
  data_ = static_cast<char*>(resize_block(data_, size_, size));
  size_ = static_cast<std::uint32_t>(size);
}

void Text::clear() { resize(0); }

void ListBase::free(std::size_t element_bytes) {
  data_ = resize_block(data_, size_ * element_bytes, 0);
  size_ = 0;
}

void ListBase::swap(ListBase& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(size_, other.size_);
}

void* ListBase::grow(std::size_t element_bytes) {
  const std::size_t bytes = size_ * element_bytes;
  data_ = resize_block(data_, bytes, bytes + element_bytes);
  ++size_;
  return static_cast<char*>(data_) + bytes;
}

void ListBase::shrink(void* element, std::size_t element_bytes) {
  char* const at = static_cast<char*>(element);
  const std::size_t bytes = size_ * element_bytes;
  const char* const end = static_cast<char*>(data_) + bytes;
  std::memmove(at, at + element_bytes, static_cast<std::size_t>(end - at) - element_bytes);
  data_ = resize_block(data_, bytes, bytes - element_bytes);
  --size_;
}

}  // namespace freshet

#endif
