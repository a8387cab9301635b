// `./dev bench browser`: messages per second to a callback in Chromium, beside npm centrifuge.
#pragma once

#include "setting.h"

namespace freshet::bench {

// The page and its server are browser/*.mjs, which need node, chromium and what peers/setup.sh
// installed. Returns 1 when ours is below 1.2 times the other; throws std::runtime_error when the
// page fails.
int measure_browser(const Setting& setting);

}  // namespace freshet::bench
