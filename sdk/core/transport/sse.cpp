// The address of an event stream; see sse.h.
#include "core/transport/sse.h"

#include "wire/endpoints.h"

namespace freshet::core::sse {

Text target(const Connection& connection, const Identity& identity) {
  Parameters parameters;
  append_asks(parameters, connection.asks);
  append_identity(parameters, identity);
  return target_of(wire::sse_path, parameters);
}

}  // namespace freshet::core::sse
