// Cursors ("k3f9:1027": everything of epoch k3f9 up to id 1027 is here) and the words that may
// stand in their place. Used by both ends.
#pragma once

#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "freshet/containers.h"
#include "freshet/result.h"

namespace freshet::wire {

// Ids are whole numbers below 2^53, so that a double holds each exactly.
inline constexpr std::uint64_t id_max = (std::uint64_t{1} << 53) - 1;
inline constexpr std::size_t epoch_bytes_max = 32;
inline constexpr std::uint32_t last_count_max = 1000;

// The name of one life of a log: 1 to 32 of [A-Za-z0-9_-], but not "last": last:5 is a word. It has
// no memory of its own, so that cursors are plain values.
class Epoch {
 public:
  constexpr Epoch() = default;
  // Any text; what is longer is cut.
  Epoch(std::string_view name);
  template <std::convertible_to<std::string_view> Name>
  Epoch(const Name& name) : Epoch(std::string_view{name}) {}

  operator std::string_view() const { return {name_.data(), size_}; }
  bool empty() const { return size_ == 0; }

  template <std::convertible_to<std::string_view> Name>
  friend bool operator==(const Epoch& one, const Name& other) {
    return std::string_view{one} == std::string_view{other};
  }

 private:
  std::array<char, epoch_bytes_max> name_{};
  std::uint8_t size_ = 0;
};

struct Cursor {
  Epoch epoch;
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

// Where a subscription starts: one of these four. A word is kept as a cursor of no epoch: N of
// "last:N" is its id, 0 is "latest" and `earliest` "earliest".
class Start {
 public:
  Start() = default;
  Start(Latest) {}
  Start(Earliest) : cursor_{{}, earliest} {}
  Start(LastOf last) : cursor_{{}, last.count} {}
  // REQUIRES: it has an epoch.
  Start(const Cursor& cursor) : cursor_(cursor) {}

  bool is_latest() const { return cursor() == nullptr && cursor_.id == 0; }
  bool is_earliest() const { return cursor() == nullptr && cursor_.id == earliest; }
  // N of "last:N"; 0 when it is another word or a cursor.
  std::uint32_t last_count() const {
    return cursor() == nullptr && !is_earliest() ? static_cast<std::uint32_t>(cursor_.id) : 0;
  }
  // nullptr when it is a word.
  const Cursor* cursor() const { return cursor_.epoch.empty() ? nullptr : &cursor_; }
  Cursor* cursor() { return cursor_.epoch.empty() ? nullptr : &cursor_; }

  friend bool operator==(const Start&, const Start&) = default;

 private:
  static constexpr std::uint64_t earliest = last_count_max + 1;

  Cursor cursor_;
};

// "k3f9:42", or ErrorCode::invalid_cursor. Digits only, no sign, no leading zero but "0" itself.
Result<Cursor> parse_cursor(std::string_view text);

// The same without the sentence: false, and `cursor` as it was, if `text` is not a cursor.
bool read_cursor(std::string_view text, Cursor& cursor);

// "" and "latest", "earliest", "last:N" or a cursor; ErrorCode::invalid_cursor otherwise.
Result<Start> parse_start(std::string_view text);
// The same into `start`, as it was made: whether it is one, with the error in `error` if not.
bool read_start(std::string_view text, Start& start, Error& error);

Text to_string(const Cursor& cursor);
Text to_string(const Start& start);
// The same, behind what is in `out`.
void append_cursor(Text& out, const Cursor& cursor);

}  // namespace freshet::wire
