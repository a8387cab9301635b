// States for C++ programs and words for them; see status.h and freshet/state.h.
#include "core/status.h"

#include <utility>

#include "wire/json.h"

namespace freshet {
namespace {

// "800 ms", "1.4 s", "12 s"
Text words_for(Duration duration) {
  const auto milliseconds = static_cast<std::uint64_t>(duration.count());
  Text out;
  if (milliseconds < 1'000) {
    wire::append_number(out, milliseconds);
    return out += " ms";
  }
  wire::append_number(out, milliseconds / 1'000);
  if (milliseconds < 10'000) {
    out += '.';
    wire::append_number(out, milliseconds % 1'000 / 100);
  }
  return out += " s";
}

}  // namespace

namespace core {

State state_of(const Status& status) {
  State state;
  switch (status.kind) {
    case Status::Kind::idle:
      break;
    case Status::Kind::connecting:
      state.kind = state::Connecting{status.transport};
      break;
    case Status::Kind::live:
      state.kind = state::Live{status.transport};
      break;
    case Status::Kind::waiting:
      state.kind = state::Waiting{status.retry_in, status.attempt, status.reason};
      break;
    case Status::Kind::closed: {
      state::Closed closed;
      if (status.failed) closed.error = Error{status.code, status.reason};
      state.kind = std::move(closed);
      break;
    }
  }
  for (unsigned index = 0; index < 4; ++index) {
    if (status.unavailable >> index & 1) {
      state.unavailable.push_back(static_cast<Transport>(index));
    }
  }
  return state;
}

}  // namespace core

Text to_string(const State& state) {
  Text out;
  if (const auto* connecting = std::get_if<state::Connecting>(&state.kind)) {
    out += "connecting over ";
    out += to_string(connecting->transport);
  } else if (const auto* live = std::get_if<state::Live>(&state.kind)) {
    out += "live over ";
    out += to_string(live->transport);
  } else if (const auto* waiting = std::get_if<state::Waiting>(&state.kind)) {
    out = "waiting";
    if (waiting->retry_in > Duration{0}) (out += ", back in ") += words_for(waiting->retry_in);
    if (!waiting->reason.empty()) ((out += " (") += waiting->reason) += ")";
  } else if (const auto* closed = std::get_if<state::Closed>(&state.kind)) {
    out = "closed";
    if (closed->error) ((out += " (") += closed->error->message) += ")";
  } else {
    out = "idle";
  }
  return out;
}

}  // namespace freshet
