// What a client asks for, as flat text: in this form requests leave the core. Member by member: its
// name, NUL, a letter for its type, its value, NUL. The types are '"' for a text, '#' for a number
// and '[' for one item of a list, which is given item by item. The browser has a writer of JSON and
// of addresses and makes them of the flat text itself (wasm/src/core.ts); these are the same for
// all others.
#pragma once

#include <cstdint>
#include <string_view>

#include "freshet/containers.h"

namespace freshet::wire {

// REQUIRES for these: neither the name nor the value has a NUL in it.
// Appends nothing when `value` is empty.
void append_text_member(Text& flat, std::string_view name, std::string_view value);
void append_number_member(Text& flat, std::string_view name, std::uint64_t value);
void append_item_member(Text& flat, std::string_view name, std::string_view value);

// {"op":"subscribe","ref":3,"patterns":["chat.>"]}. The items of a list stand behind one another.
Text json_of(std::string_view flat);
// ?pattern=chat.%3E&cursor=k3f9:1027, each item of a list a parameter of its own.
Text query_of(std::string_view flat);

}  // namespace freshet::wire
