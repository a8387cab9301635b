// From what a client asked for to what the hub opens.
#pragma once

#include <utility>

#include "http/subscribe_request.h"
#include "hub/hub.h"
#include "transport/live_loop.h"

namespace freshet::server {

inline OpenRequest open_request(LiveLoop& live, SubscribeRequest request) {
  OpenRequest open{.client = live.client_id(std::move(request.client)), .starts = {}};
  open.starts.reserve(request.starts.size());
  for (auto& start : request.starts) {
    open.starts.push_back({std::move(start.pattern), std::move(start.start)});
  }
  return open;
}

// A bare client that names no pattern has forgotten it; an SDK may subscribe later.
inline Error no_pattern_error() {
  return {ErrorCode::invalid_pattern,
          "no pattern was given; add one, for example ?pattern=prices.*"};
}

}  // namespace freshet::server
