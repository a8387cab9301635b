// What a port tells the core.
#pragma once

#include <cstdint>

#include "freshet/connection_end.h"
#include "freshet/result.h"
#include "freshet/time.h"

namespace freshet::core {

using ConnectionId = std::uint32_t;    // One attempt of one transport; never reused. 0 = none.
using SubscriptionId = std::uint32_t;  // One subscribe() of the application. 0 = none.
using PublishId = std::uint32_t;       // 0 = none.
using RequestId = std::uint32_t;       // One POST of publishes.

using freshet::ConnectionEnd;
using freshet::EndKind;

// What the machine or page around the client did.
enum class NetworkEvent {
  offline,    // The machine says it has no network: wait for `online`, try nothing.
  online,     // It is back: return by the local rule.
  hidden,     // The page is in the background: nothing changes but healing probes wait.
  shown,      // In front again.
  suspended,  // The page goes into the back-forward cache or is frozen: close every connection.
  resumed,    // It is back: return by the local rule.
};

}  // namespace freshet::core
