// Frames for subscriptions; see websocket.h.
#include "core/transport/websocket.h"

#include "wire/request.h"

namespace freshet::core::websocket {
namespace {

// The members of a frame that begins with these.
Text& begin_frame(const Connection& connection, std::string_view op, std::uint64_t ref,
                  ActionQueue& actions) {
  Text& members = actions.push(ActionKind::send_frame, connection.id).members;
  wire::append_text_member(members, "op", op);
  wire::append_number_member(members, "ref", ref);
  return members;
}

}  // namespace

void subscribe(Connection& connection, const SubscriptionTable& table, bool serving,
               ActionQueue& actions) {
  for (const auto& entry : table.entries()) {
    if (entry->subscriptions.empty() || connection.find(entry->ref) != nullptr) continue;
    if (serving && entry->position() == nullptr) continue;
    connection.asks.push_back({entry.get(), entry->start});
    Text& members = begin_frame(connection, "subscribe", entry->ref, actions);
    wire::append_item_member(members, "patterns", entry->pattern);
    if (!entry->start.is_latest()) {
      wire::append_text_member(members, "cursor", wire::to_string(entry->start));
    }
  }
}

void unsubscribe(const Connection& connection, const Entry& entry, ActionQueue& actions) {
  begin_frame(connection, "unsubscribe", entry.ref, actions);
}

}  // namespace freshet::core::websocket
