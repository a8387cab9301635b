// Server-Sent Events: GET /v1/sse. One event for each frame, `id:` is the cursor; works for a bare
// EventSource and for curl.
#pragma once

#include "http/request.h"
#include "http/response.h"
#include "transport/live_loop.h"

namespace freshet::server {

void handle_sse(LiveLoop& live, const Request& request, Response& response);

}  // namespace freshet::server
