// Requests of the polling transports; see polling.h.
#include "core/transport/polling.h"

#include <algorithm>

#include "wire/endpoints.h"
#include "wire/json.h"

namespace freshet::core::polling {
namespace {

constexpr Duration interval_min{10};
constexpr Duration interval_max{60 * 60'000};
constexpr Duration advised_min{100};

void append_member(Text& out, std::string_view name) {
  if (out.size() > 1) out += ',';
  wire::append_json_string(out, name);
  out += ':';
}

// The same parameters as JSON: those that may repeat are lists, `wait` is a number.
Text body_of(const Parameters& parameters) {
  Text out = "{";
  for (const std::string_view list : {"pattern", "cursor"}) {
    append_member(out, list);
    out += '[';
    for (const auto& [name, value] : parameters) {
      if (name != list) continue;
      if (out.back() != '[') out += ',';
      wire::append_json_string(out, value);
    }
    out += ']';
  }
  for (const auto& [name, value] : parameters) {
    if (name == "pattern" || name == "cursor") continue;
    append_member(out, name);
    if (name == "wait") {
      out += value;
    } else {
      wire::append_json_string(out, value);
    }
  }
  out += '}';
  return out;
}

}  // namespace

void request(const Connection& connection, const Identity& identity, ActionQueue& actions) {
  Parameters parameters;
  append_asks(parameters, connection.asks);
  Text wait;
  wire::append_number(wait, static_cast<std::uint64_t>(connection.wait.count()));
  parameters.emplace_back("wait", std::move(wait));
  append_identity(parameters, identity);
  Action& poll = actions.push(ActionKind::poll, connection.id);
  poll.text = target_of(wire::poll_path, parameters);
  if (poll.text.size() > target_bytes_max) {
    poll.text = wire::poll_path;
    poll.body = body_of(parameters);
  }
}

Duration pause(const Connection& connection, Duration interval, Random& random) {
  if (connection.more && connection.brought_message) return Duration{0};
  const Duration whole = interval > Duration{0}
                             ? std::clamp(interval, interval_min, interval_max)
                             : std::clamp(connection.interval, advised_min, interval_max);
  return random.between(whole - whole / 10, whole + whole / 10);
}

}  // namespace freshet::core::polling
