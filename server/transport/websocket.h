// WebSocket: GET /v1/ws (RFC 6455, subprotocol freshet.v1), and GET /v1/echo for conformance
// suites.
#pragma once

#include "http/request.h"
#include "http/response.h"
#include "transport/live_loop.h"

namespace freshet::server {

// A plain GET is answered 426.
void handle_websocket(LiveLoop& live, const Request& request, Response& response);

// Sends every text and binary message back.
void handle_echo(LiveLoop& live, const Request& request, Response& response);

}  // namespace freshet::server
