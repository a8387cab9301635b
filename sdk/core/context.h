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

// A part of a client: how it reaches the context.
class Part {
 protected:
#ifdef FRESHET_ONE_CLIENT
  // The browser's module has one client, which stands where the linker knows.
  constexpr explicit Part(Context&) {}
  static Context& context();
#else
  constexpr explicit Part(Context& context) : context_(context) {}
  Context& context() const { return context_; }

 private:
  Context& context_;
#endif
};

}  // namespace freshet::core
