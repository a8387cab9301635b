// What a client is doing, as the session keeps it and as it crosses into the browser
// (wasm/src/core.ts reads the members where they stand): freshet::State in one form for all kinds.
#pragma once

#include <cstdint>

#include "freshet/containers.h"
#include "freshet/state.h"

namespace freshet::core {

struct Status {
  // In the order of State::kind.
  enum class Kind : std::uint8_t { idle, connecting, live, waiting, closed };

  Kind kind = Kind::idle;
  // The transports that this runtime or server does not have, a bit for each.
  std::uint8_t unavailable = 0;
  bool failed = false;                         // Closed, and not by the application.
  Transport transport = Transport::websocket;  // Connecting, live.
  ErrorCode code = ErrorCode::internal;        // Closed: why, if `failed`.
  std::uint32_t attempt = 0;                   // Waiting.
  Duration retry_in{0};
  Text reason;  // Waiting; closed, if `failed`.
};

State state_of(const Status& status);

}  // namespace freshet::core
