// UTF-8 validation across fragments (RFC 3629; RFC 6455 §8.1 wants it for text messages).
#pragma once

#include <cstdint>
#include <string_view>

namespace freshet::wire {

// Feed pieces in any cut, in order; feed() is false as soon as the text cannot be valid any more.
class Utf8Validator {
 public:
  bool feed(std::string_view bytes);
  // Whether the text may end here.
  bool complete() const { return needed_ == 0 && valid_; }

 private:
  bool take_lead(std::uint8_t byte);  // The first byte of a sequence of two to four.

  std::uint8_t needed_ = 0;  // Continuation bytes still to come.
  std::uint8_t low_ = 0x80;  // Range of the next one: narrower behind E0, ED, F0, F4.
  std::uint8_t high_ = 0xBF;
  bool valid_ = true;
};

bool is_utf8(std::string_view bytes);

}  // namespace freshet::wire
