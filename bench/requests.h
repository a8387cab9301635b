// `requests`: the server's CPU for a plain GET and POST on kept-alive connections, beside node's
// http. `long-polling`: the same for a message that a long poll brings, with its next request,
// beside nchan.
#pragma once

#include "setting.h"

namespace freshet::bench {

// Both return 0, or throw std::runtime_error when a server refuses or does not answer.
int measure_requests(const Setting& setting);
int measure_long_polling(const Setting& setting);

}  // namespace freshet::bench
