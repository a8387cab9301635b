// Requests of the polling transports; see polling.h.
#include "core/transport/polling.h"

#include <algorithm>

#include "wire/endpoints.h"
#include "wire/request.h"

namespace freshet::core::polling {
namespace {

constexpr Duration interval_min{10};
constexpr Duration interval_max{60 * 60'000};
constexpr Duration advised_min{100};

}  // namespace

void request(const Connection& connection, const Identity& identity, ActionQueue& actions) {
  Action& poll = actions.push(ActionKind::poll, connection.id, wire::poll_path);
  append_asks(poll.members, connection.asks);
  wire::append_number_member(poll.members, "wait",
                             static_cast<std::uint64_t>(connection.wait.count()));
  append_identity(poll.members, identity);
}

Duration pause(const Connection& connection, Duration interval, Random& random) {
  if (connection.more && connection.brought_message) return Duration{0};
  Duration whole = interval;
  if (whole <= Duration{0}) whole = std::max(connection.interval, advised_min);
  whole = std::clamp(whole, interval_min, interval_max);
  return random.between(whole - whole / 10, whole + whole / 10);
}

}  // namespace freshet::core::polling
