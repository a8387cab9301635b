// How a connection ended: what a platform tells (freshet/platform.h) and the core decides by.
#pragma once

#include <cstdint>
#include <optional>

#include "freshet/containers.h"
#include "freshet/time.h"

namespace freshet {

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
  Text ticket = {};                          // From Freshet-Ticket.
  Text reason = {};                          // For people.
};

}  // namespace freshet
