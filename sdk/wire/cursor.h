// Cursors ("k3f9:1027": everything of epoch k3f9 up to id 1027 is here) and the words that may
// stand in their place. Used by both ends.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "freshet/result.h"

namespace freshet::wire {

// Ids are whole numbers below 2^53, so that a double holds each exactly.
inline constexpr std::uint64_t id_max = (std::uint64_t{1} << 53) - 1;
inline constexpr std::size_t epoch_bytes_max = 32;
inline constexpr std::uint32_t last_count_max = 1000;

struct Cursor {
  std::string epoch;     // 1 to 32 of [A-Za-z0-9_-], but not "last": last:5 is a word.
  std::uint64_t id = 0;  // 0 = before the first message.

  friend bool operator==(const Cursor&, const Cursor&) = default;
};

struct Latest {
  friend bool operator==(const Latest&, const Latest&) = default;
};
struct Earliest {
  friend bool operator==(const Earliest&, const Earliest&) = default;
};
// The newest `count` messages of each matched topic, then live. 1 to 1000.
struct LastOf {
  std::uint32_t count = 1;
  friend bool operator==(const LastOf&, const LastOf&) = default;
};

// Where a subscription starts.
using Start = std::variant<Latest, Earliest, LastOf, Cursor>;

// "k3f9:42", or ErrorCode::invalid_cursor. Digits only, no sign, no leading zero but "0" itself.
Result<Cursor> parse_cursor(std::string_view text);

// The same without the sentence: false, and `cursor` as it was, if `text` is not a cursor.
bool read_cursor(std::string_view text, Cursor& cursor);

// "" and "latest", "earliest", "last:N" or a cursor; ErrorCode::invalid_cursor otherwise.
Result<Start> parse_start(std::string_view text);

std::string to_string(const Cursor& cursor);
std::string to_string(const Start& start);

}  // namespace freshet::wire
