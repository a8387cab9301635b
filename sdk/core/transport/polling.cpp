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

void append_item(Text& list, std::string_view item) {
  if (!list.empty()) list += ',';
  wire::append_json_string(list, item);
}

void append_member(Text& out, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  out += ",\"";
  out += name;
  out += "\":";
  wire::append_json_string(out, value);
}

// The same as JSON: those that may repeat are lists, `wait` is a number.
Text body_of(const List<Ask>& asks, std::string_view wait, const Identity& identity) {
  const bool equal = all_start_equal(asks);
  Text patterns;
  Text cursors;
  for (const Ask& ask : asks) {
    append_item(patterns, ask.entry->pattern);
    const bool last = &ask == &asks.back();
    if (!equal || (last && !ask.start.is_latest())) {
      append_item(cursors, wire::to_string(ask.start));
    }
  }
  Text out = "{\"pattern\":[";
  out += patterns;
  out += "],\"cursor\":[";
  out += cursors;
  out += "],\"wait\":";
  out += wait;
  append_member(out, "client", identity.client);
  append_member(out, "ticket", identity.ticket);
  append_member(out, "sdk", identity.sdk);
  out += '}';
  return out;
}

}  // namespace

void request(const Connection& connection, const Identity& identity, ActionQueue& actions) {
  Text wait;
  wire::append_number(wait, static_cast<std::uint64_t>(connection.wait.count()));
  Action& poll = actions.push(ActionKind::poll, connection.id, wire::poll_path);
  append_asks(poll.text, connection.asks);
  wire::append_parameter(poll.text, "wait", wait);
  append_identity(poll.text, identity);
  if (poll.text.size() > target_bytes_max) {
    poll.text = wire::poll_path;
    poll.body = body_of(connection.asks, wait, identity);
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
