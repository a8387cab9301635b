#include "admission/key_bag.h"

#include <cassert>
#include <utility>

namespace freshet::server {
namespace {

constexpr std::size_t places_min = 16;

}  // namespace

void KeyBag::add(std::uint32_t key) {
  assert(key != 0);
  if (4 * (size_ + 1) > 3 * table_.size()) {
    resize(table_.empty() ? places_min : 2 * table_.size());
  }
  std::size_t place = home(key);
  while (table_[place] != 0) place = next(place);
  table_[place] = key;
  ++size_;
}

bool KeyBag::remove(std::uint32_t key) {
  if (!contains(key)) return false;
  std::size_t hole = find(key);
  // What lies behind the hole, and could have been put there, moves up; so no marks are needed.
  for (std::size_t place = next(hole); table_[place] != 0; place = next(place)) {
    const std::size_t from_home = (place - home(table_[place])) & (table_.size() - 1);
    const std::size_t from_hole = (place - hole) & (table_.size() - 1);
    if (from_home < from_hole) continue;
    table_[hole] = table_[place];
    hole = place;
  }
  table_[hole] = 0;
  --size_;
  if (table_.size() > places_min && 6 * size_ < table_.size()) resize(table_.size() / 2);
  return true;
}

bool KeyBag::contains(std::uint32_t key) const { return size_ > 0 && table_[find(key)] == key; }

// Where the key is, or the empty place where it would be. REQUIRES: the table is not empty.
std::size_t KeyBag::find(std::uint32_t key) const {
  std::size_t place = home(key);
  while (table_[place] != 0 && table_[place] != key) place = next(place);
  return place;
}

void KeyBag::resize(std::size_t places) {
  const auto old = std::exchange(table_, std::vector<std::uint32_t>(places));
  for (const std::uint32_t key : old) {
    if (key == 0) continue;
    std::size_t place = home(key);
    while (table_[place] != 0) place = next(place);
    table_[place] = key;
  }
}

}  // namespace freshet::server
