// `connect`: what it costs a server to take a client in, up to its subscription, beside the peers.
#pragma once

#include "setting.h"

namespace freshet::bench {

// The server's CPU per client and the clients per second that one core of it takes. Returns 0;
// throws std::runtime_error when a client is not subscribed.
int measure_connect(const Setting& setting);

}  // namespace freshet::bench
