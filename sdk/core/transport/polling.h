// Polling, and what long polling shares with it: one request after another, each with the cursors
// of that moment.
#pragma once

#include "core/action_queue.h"
#include "core/random.h"
#include "core/transport/transport.h"

namespace freshet::core::polling {

// Asks for the next request, for connection.asks and connection.wait.
void request(const Connection& connection, const Identity& identity, ActionQueue& actions);

// The pause behind an answer. `interval` is the application's; 0 = what the server advised. A
// little jitter keeps clients that were answered together from marching in step.
Duration pause(const Connection& connection, Duration interval, Random& random);

}  // namespace freshet::core::polling
