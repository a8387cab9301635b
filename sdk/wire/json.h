// The little JSON both ends need without a library: reading the members of one flat object in
// place, and writing strings. The browser build has no other JSON reader (nlohmann/json costs
// 20 KB there); it never looks inside `data`.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "freshet/containers.h"
#include "wire/optional.h"

namespace freshet::wire {

// Appends `text` as a JSON string with its quotes. `text` must be UTF-8.
void append_json_string(Text& out, std::string_view text);

// Appends a whole number.
void append_number(Text& out, std::uint64_t value);

// One member of an object; both views point into the text that was read.
struct JsonMember {
  std::string_view name;   // Raw, between the quotes. Names of the protocol hold no escapes.
  std::string_view value;  // Raw: a number, "string" with quotes, true, {…}, […].
  std::size_t value_offset = 0;
};

// Walks the members of one JSON object in their order, skipping over nested values:
//   JsonReader reader{text};
//   while (auto member = reader.next()) …
//   if (!reader.complete()) → not one well-formed object (as deep as it looks).
// A text cut in the middle of a member's value ends the walk with complete() == false; `cut()`
// then gives the name and the offset of the value that was cut, which is how a reader that holds
// only a frame's head finds where `data` begins.
class JsonReader {
 public:
  explicit JsonReader(std::string_view text);
  std::optional<JsonMember> next();
  bool complete() const { return complete_; }
  const std::optional<JsonMember>& cut() const { return cut_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  bool first_ = true;
  bool ended_ = false;
  bool complete_ = false;
  std::optional<JsonMember> cut_;
};

// The decoded content of a raw JSON string value (with its quotes); nullopt if it is not one, or
// holds half of a surrogate pair, which no UTF-8 can carry. The raw bytes are taken as UTF-8.
std::optional<Text> json_string(std::string_view raw);

// The same for an array of strings: ["chat.>","prices.*"].
std::optional<List<Text>> json_strings(std::string_view raw);

// A raw value that is a whole number in [0, 2^53); nullopt otherwise.
OptionalNumber json_number(std::string_view raw);

// Digits only, read as `max` when they say more; nullopt for anything else. REQUIRES: max <= 2^53.
OptionalNumber clamped_number(std::string_view digits, std::uint64_t max);

std::optional<bool> json_bool(std::string_view raw);

}  // namespace freshet::wire
