// What a client is doing, for users' eyes and for decisions: exactly one of five states.
#pragma once

#include <optional>
#include <variant>

#include "freshet/containers.h"
#include "freshet/result.h"
#include "freshet/time.h"
#include "freshet/transport.h"

namespace freshet {

namespace state {

// Nothing to do: no subscription and no publish yet.
struct Idle {};

struct Connecting {
  Transport transport = Transport::websocket;  // The newest attempt's.
};

// The server has said hello; messages flow.
struct Live {
  Transport transport = Transport::websocket;
};

struct Waiting {
  Duration retry_in{0};  // As of the change; see Client::on_state.
  unsigned attempt = 0;  // 0 = the first return after a loss.
  Text reason;           // A sentence: "the server closed the stream".
};

// By the application, or by a final answer (an error then). Never left again.
struct Closed {
  std::optional<Error> error;
};

}  // namespace state

struct State {
  std::variant<state::Idle, state::Connecting, state::Live, state::Waiting, state::Closed> kind;
  // Transports of the list that this runtime or server does not have at all.
  List<Transport> unavailable;
};

// "live over sse", "waiting, back in 1.4 s (the server closed the stream)", …
Text to_string(const State& state);

}  // namespace freshet
