// What an action asks for, as the text that travels. For every port but the browser's, which makes
// it of the flat text itself (wasm/src/core.ts).
#pragma once

#include <cstddef>
#include <string_view>

#include "core/action.h"
#include "freshet/containers.h"

namespace freshet::core {

// Longer addresses become the body of a POST.
inline constexpr std::size_t poll_target_bytes_max = 2'000;

struct Request {
  Text target;
  Text body;  // JSON, to be sent by POST; empty: GET.
};

// Of open_stream, poll and post.
Request request_of(const Action& action);

// Of send_frame.
Text frame_of(const Action& action);
// Of send_publish and add_line, without a line's end.
Text frame_of(const Action& action, std::string_view payload);

}  // namespace freshet::core
