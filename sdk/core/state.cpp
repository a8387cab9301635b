// Words for the state; see freshet/state.h.
#include "freshet/state.h"

#include "wire/json.h"

namespace freshet {
namespace {

// "800 ms", "1.4 s", "12 s"
std::string words_for(Duration duration) {
  const auto milliseconds = static_cast<std::uint64_t>(duration.count());
  std::string out;
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

std::string to_string(const State& state) {
  std::string out;
  if (const auto* connecting = std::get_if<state::Connecting>(&state.kind)) {
    out += "connecting over ";
    out += to_string(connecting->transport);
  } else if (const auto* live = std::get_if<state::Live>(&state.kind)) {
    out += "live over ";
    out += to_string(live->transport);
  } else if (const auto* waiting = std::get_if<state::Waiting>(&state.kind)) {
    out = "waiting";
    if (waiting->retry_in > Duration{0}) out += ", back in " + words_for(waiting->retry_in);
    if (!waiting->reason.empty()) out += " (" + waiting->reason + ")";
  } else if (const auto* closed = std::get_if<state::Closed>(&state.kind)) {
    out = "closed";
    if (closed->error) out += " (" + closed->error->message + ")";
  } else {
    out = "idle";
  }
  return out;
}

}  // namespace freshet
