// WebSocket: one connection for everything. It is opened without subscriptions; they are frames
// behind hello, one for each entry, so that each is answered for itself.
#pragma once

#include "core/action_queue.h"
#include "core/transport/transport.h"
#include "freshet/containers.h"

namespace freshet::core::websocket {

// Subscribes to what is in the table and not yet asked for. While another connection is `serving`,
// an entry without a position is left to that one: two answers to "latest" would differ.
// REQUIRES: hello has come.
void subscribe(Connection& connection, const SubscriptionTable& table, bool serving,
               ActionQueue& actions);

// Ends an entry that leaves the table. REQUIRES: it was asked for.
void unsubscribe(const Connection& connection, const Entry& entry, ActionQueue& actions);

}  // namespace freshet::core::websocket
