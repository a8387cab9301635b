// What a port tells the core.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "freshet/result.h"
#include "freshet/time.h"

namespace freshet::core {

using ConnectionId = std::uint32_t;    // One attempt of one transport; never reused. 0 = none.
using SubscriptionId = std::uint32_t;  // One subscribe() of the application. 0 = none.
using PublishId = std::uint32_t;       // 0 = none.
using RequestId = std::uint32_t;       // One POST of publishes.

enum class EndKind {
  finished,     // An HTTP answer with status 200 came to its end (a stream's too).
  closed,       // A WebSocket close frame came; see close_code.
  refused,      // An HTTP status other than 200 (for a WebSocket: other than 101); see http_status.
  unreachable,  // No connection: name, route, TLS; or a browser's failure that names no cause.
  lost,         // It was open and broke.
  malformed,    // The peer broke the transport's own rules (bad WebSocket frame, endless line).
  unsupported,  // This runtime cannot do this transport at all.
};

// How a connection, or one request of a polling one, ended.
struct ConnectionEnd {
  EndKind kind = EndKind::lost;
  std::uint16_t http_status = 0;
  std::uint16_t close_code = 0;
  std::optional<Duration> retry_after = {};  // From Freshet-Retry-After-Ms, else Retry-After.
  std::string ticket = {};                   // From Freshet-Ticket.
  std::string reason = {};                   // For people.
};

// What the machine or page around the client did.
enum class NetworkEvent {
  offline,     // The machine says it has no network: wait for `online`, try nothing.
  online,      // It is back: return by the local rule.
  hidden,      // The page is in the background: nothing changes but healing probes wait.
  shown,       // In front again.
  suspended,   // The page goes into the back-forward cache or is frozen: close every connection.
  resumed,     // It is back: return by the local rule.
};

// The outcome of one line of a POST of publishes.
struct PublishAnswer {
  PublishId publish = 0;
  Result<std::uint64_t> id = Error{};
};

}  // namespace freshet::core
