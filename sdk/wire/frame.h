// Message frames: one JSON object on one line, members in a fixed order, `data` last and carried
// byte for byte as published:
//   {"id":1027,"topic":"prices.AAPL","time":1790000000123,"data":{"bid":187.2}}
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "freshet/containers.h"
#include "freshet/result.h"

namespace freshet::wire {

// The most a frame's head may hold before `data` begins, in bytes; the browser copies no more
// than this into wasm memory.
inline constexpr std::size_t head_bytes_max = 352;

// What stands before `data`. `topic` points into the text that was parsed.
struct MessageHead {
  std::uint64_t id = 0;
  std::string_view topic;
  std::uint64_t time = 0;       // Milliseconds since 1970, by the server's clock.
  std::size_t data_offset = 0;  // Where the value of `data` begins; it ends before the last '}'.
};

// Whether a frame is a control frame: it begins with {"op":
bool is_control(std::string_view frame);

// Reads the head of a message frame; `frame` may be cut anywhere behind `"data":`.
// Relies on the order of members, and skips what stands between `time` and `data` unread: by the
// protocol scalar members, of which none can hold `,"data":`.
// ErrorCode::malformed if the head is not whole or not in this form.
Result<MessageHead> parse_message_head(std::string_view frame);

// The value of `data` in a whole frame.
std::string_view frame_data(std::string_view frame, const MessageHead& head);

// Writes a frame. `data` is one valid JSON value; raw CR and LF between its tokens become spaces.
// `extra` is either empty or further scalar members with a leading comma: ,"sender":"ann"
// REQUIRES: `extra` keeps the head within head_bytes_max; with the longest topic and the largest
// numbers 32 bytes are left for it.
Text encode_message(std::uint64_t id, std::string_view topic, std::uint64_t time,
                    std::string_view data, std::string_view extra = {});

}  // namespace freshet::wire
