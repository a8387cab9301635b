// KeyBag: a bag of 32-bit keys, for very many streams at a few bytes each. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace freshet::server {

// 0 is no key.
inline std::uint32_t key_of(std::uint64_t hash) {
  const auto key = static_cast<std::uint32_t>(hash);
  return key == 0 ? 1 : key;
}

// Holds a key as often as it was added. Takes 5 to 12 bytes for each (one table, at most three
// quarters full). REQUIRES of all keys: not 0, and spread evenly, as a hash is.
class KeyBag {
 public:
  void add(std::uint32_t key);
  // Takes out one of them; false if there was none.
  bool remove(std::uint32_t key);
  bool contains(std::uint32_t key) const;
  std::size_t size() const { return size_; }

 private:
  std::size_t home(std::uint32_t key) const { return key & (table_.size() - 1); }
  std::size_t next(std::size_t place) const { return (place + 1) & (table_.size() - 1); }
  std::size_t find(std::uint32_t key) const;
  void resize(std::size_t places);

  std::vector<std::uint32_t> table_;  // A power of two; 0 is an empty place.
  std::size_t size_ = 0;
};

}  // namespace freshet::server
