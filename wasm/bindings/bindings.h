// What crosses between JavaScript and the core: one client per module instance, C functions in
// (exports.txt), numbers and text out of structs that src/core.ts reads where they stand. Texts
// come in through a buffer; ids, which are below 2^53, cross as doubles; an undefined option
// arrives as NaN.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "freshet/containers.h"
#include "freshet/result.h"

namespace freshet::bindings {

// What the last call has to say; it holds until the next one.
struct Output {
  const std::uint32_t* subscriptions = nullptr;  // Those that get a message.
  Error error;
  Text cursor;
};

extern Output output;

// The text of the input buffer from `offset` on.
std::string_view input(std::size_t offset, std::size_t bytes);

}  // namespace freshet::bindings
