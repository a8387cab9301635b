// Long polling: the server holds a request until there is something to say.
#pragma once

#include "core/random.h"
#include "core/transport/transport.h"

namespace freshet::core::long_polling {

// How long the next request may wait. Until the connection has caught up it waits for nothing: the
// first answer is the proof that this transport works, and brings what was missed.
Duration wait(const Connection& connection, Duration configured);

// The pause behind an answer that came `took` after its request: none, unless the server answers
// with nothing at once although it was asked to wait.
Duration pause(const Connection& connection, Duration took, Random& random);

}  // namespace freshet::core::long_polling
