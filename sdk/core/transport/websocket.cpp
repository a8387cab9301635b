// Frames for subscriptions; see websocket.h.
#include "core/transport/websocket.h"

#include "wire/endpoints.h"

namespace freshet::core::websocket {

Text target(const Identity& identity) {
  Text target{wire::websocket_lines_target};
  append_identity(target, identity);
  return target;
}

void subscribe(Connection& connection, const SubscriptionTable& table, bool serving,
               ActionQueue& actions) {
  for (const auto& entry : table.entries()) {
    if (entry->subscriptions.empty() || connection.find(entry->ref) != nullptr) continue;
    if (serving && entry->position() == nullptr) continue;
    connection.asks.push_back({entry.get(), entry->start});
    actions.push(ActionKind::send_text, connection.id).text =
        wire::encode_subscribe(entry->ref, entry->pattern, entry->start);
  }
}

void unsubscribe(Connection& connection, const Entry& entry, ActionQueue& actions) {
  if (connection.find(entry.ref) == nullptr) return;
  actions.push(ActionKind::send_text, connection.id).text =
      wire::encode(wire::Unsubscribe{entry.ref});
}

}  // namespace freshet::core::websocket
