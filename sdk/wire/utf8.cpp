// UTF-8 validation by the table of well-formed byte sequences (Unicode 15, table 3-7).
#include "wire/utf8.h"

#include <cstddef>
#include <cstring>

namespace freshet::wire {
namespace {

// How many bytes from the front of [data, data + size) are ASCII, in steps of eight.
std::size_t ascii_prefix(const char* data, std::size_t size) {
  constexpr std::uint64_t high_bits = 0x8080808080808080u;
  std::size_t at = 0;
  while (size - at >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + at, 8);
    if (word & high_bits) break;
    at += 8;
  }
  return at;
}

}  // namespace

bool Utf8Validator::feed(std::string_view bytes) {
  if (!valid_) return false;
  std::size_t at = 0;
  while (at < bytes.size()) {
    if (needed_ == 0) {
      at += ascii_prefix(bytes.data() + at, bytes.size() - at);
      if (at == bytes.size()) break;
    }
    const auto byte = static_cast<std::uint8_t>(bytes[at++]);
    if (needed_ > 0) {
      if (byte < low_ || byte > high_) return valid_ = false;
      low_ = 0x80;
      high_ = 0xBF;
      --needed_;
    } else if (byte >= 0x80 && !take_lead(byte)) {
      return valid_ = false;
    }
  }
  return true;
}

bool Utf8Validator::take_lead(std::uint8_t byte) {
  if (byte < 0xC2 || byte > 0xF4) return false;
  needed_ = byte < 0xE0 ? 1 : byte < 0xF0 ? 2 : 3;
  if (byte == 0xE0) low_ = 0xA0;   // Shorter forms exist.
  if (byte == 0xED) high_ = 0x9F;  // Surrogates.
  if (byte == 0xF0) low_ = 0x90;   // Shorter forms exist.
  if (byte == 0xF4) high_ = 0x8F;  // Past U+10FFFF.
  return true;
}

bool is_utf8(std::string_view bytes) {
  Utf8Validator validator;
  return validator.feed(bytes) && validator.complete();
}

}  // namespace freshet::wire
