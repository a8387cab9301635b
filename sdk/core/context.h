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
  Context(const ClientConfig& client_config, std::uint64_t seed)
      : config(client_config), random(seed), policy(config.reconnect) {}

  const ClientConfig config;
  Random random;
  ReconnectPolicy policy;
  Timers timers;
  ActionQueue actions;
};

}  // namespace freshet::core
