// What a port tells the core.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "freshet/connection_end.h"
#include "freshet/result.h"
#include "freshet/time.h"

namespace freshet::core {

using ConnectionId = std::uint32_t;    // One attempt of one transport; never reused. 0 = none.
using SubscriptionId = std::uint32_t;  // One subscribe() of the application. 0 = none.
using PublishId = std::uint32_t;       // 0 = none.
using RequestId = std::uint32_t;       // One POST of publishes.

using freshet::EndKind;

// How a connection ended (freshet/connection_end.h), as it is handed over: the texts are elsewhere.
struct End {
  EndKind kind = EndKind::lost;
  std::uint16_t code = 0;    // The close code of `closed`, the HTTP status of `refused`; else 0.
  Duration retry_after{-1};  // Negative: the server said nothing.
  std::string_view ticket = {};
  std::string_view reason = {};
};

// Holds for as long as `end` does.
inline End view_of(const ConnectionEnd& end) {
  const std::uint16_t code = end.kind == EndKind::closed    ? end.close_code
                             : end.kind == EndKind::refused ? end.http_status
                                                            : std::uint16_t{0};
  const Duration retry_after =
      end.retry_after ? std::max(*end.retry_after, Duration{0}) : Duration{-1};
  return {end.kind, code, retry_after, end.ticket, end.reason};
}

// What the machine or page around the client did: in pairs, of which the second ends the first.
enum class NetworkEvent {
  offline,    // The machine says it has no network: wait for `online`, try nothing.
  online,     // It is back: return by the local rule.
  hidden,     // The page is in the background: nothing changes but healing probes wait.
  shown,      // In front again.
  suspended,  // The page goes into the back-forward cache or is frozen: close every connection.
  resumed,    // It is back: return by the local rule.
};

}  // namespace freshet::core
