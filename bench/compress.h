// `./dev bench compress`: CPU of the server per delivery of a compressed message, beside npm ws.
#pragma once

#include "fanout.h"

namespace freshet::bench {

// Like measure_fanout, with permessage-deflate. First makes sure that each server's message is
// compressed and opens to what was published. Throws std::runtime_error when not.
int measure_compress(const FanoutOptions& options);

}  // namespace freshet::bench
