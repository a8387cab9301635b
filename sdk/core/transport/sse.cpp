// The address of an event stream; see sse.h.
#include "core/transport/sse.h"

#include "wire/endpoints.h"

namespace freshet::core::sse {

Text target(const Connection& connection, const Identity& identity) {
  Text target{wire::sse_path};
  append_asks(target, connection.asks);
  append_identity(target, identity);
  return target;
}

}  // namespace freshet::core::sse
