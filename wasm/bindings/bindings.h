// What crosses between JavaScript and the core: one client per module instance, C functions in
// (exports.txt), numbers and text out through one fixed struct. Texts come in through a buffer;
// ids, which are below 2^53, cross as doubles; an undefined option arrives as NaN.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/action.h"
#include "freshet/result.h"
#include "freshet/state.h"

namespace freshet::bindings {

// Read by src/core.ts at these offsets. `text` holds until the next call into the module.
struct Output {
  double id = 0;  // Of the message that frame() has read.
  double time = 0;
  std::uint32_t topic_offset = 0;  // In code units of the frame, as is what frame() returns.
  std::uint32_t topic_bytes = 0;
  const std::uint32_t* subscriptions = nullptr;  // Those that get it.
  std::uint32_t subscription_count = 0;
  const char* text = nullptr;
  std::uint32_t text_bytes = 0;
};

// Makes `text` the output's.
void put_text(std::string text);

// The text of the input buffer from `offset` on.
std::string_view input(std::size_t offset, std::size_t bytes);

// One action as a JSON array that begins with its index in core::Action.
std::string to_json(const core::Action& action, const State& state);
// {"code":"…","message":"…"}
std::string to_json(const Error& error);

}  // namespace freshet::bindings
