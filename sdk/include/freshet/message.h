// What a subscription's callback is given.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "freshet/time.h"

namespace freshet {

// One message. The views live for the duration of the callback; copy what you keep.
struct Message {
  std::string_view topic;
  std::uint64_t id = 0;   // Strictly increasing over all topics of one log, below 2^53.
  Duration time{0};       // Since 1970-01-01, by the server's clock.
  std::string_view data;  // One JSON value, byte for byte as it was published.
};

// The same with `data` read into a T by nlohmann/json (see freshet/json.h).
template <typename T>
struct MessageOf {
  std::string_view topic;
  std::uint64_t id = 0;
  Duration time{0};
  T data;
};

// Some messages of a subscription can no longer be had: ids in (after, until], of one epoch.
struct Gap {
  std::string pattern;
  std::string after;   // Cursor. Its epoch differs from until's when the epoch changed.
  std::string until;   // Cursor.
  std::string reason;  // "epoch", "retention", "slow" or "limit".
};

// What a publish came to when it succeeded.
struct Ack {
  std::uint64_t id = 0;  // The message's id in the log.
};

}  // namespace freshet
