// What the parts of one client share. Owned by the client, outlives them.
#pragma once

#include <cstdint>

#include "core/action_queue.h"
#include "core/client_config.h"
#include "core/random.h"
#include "core/reconnect_policy.h"
#include "core/timers.h"

namespace freshet::core {

struct Context {
  ClientConfig config;  // Not changed once the client has begun.
  Random random;
  ReconnectPolicy policy;
  Timers timers;
  ActionQueue actions;
};

}  // namespace freshet::core
