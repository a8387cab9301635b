// The server's half of the WebSocket handshake (RFC 6455 §4.2).
#pragma once

#include <string_view>

#include "http/request.h"
#include "http/response.h"

namespace freshet::server {

// Checks the client's half. When it is good, adds the answer's headers to `response` and returns
// true; else makes `response` the refusal: 426 when it is no upgrade at all or another version,
// 400 when it is broken. `subprotocol` is chosen when the client offers it; empty for none.
bool accept_websocket(const Request& request, std::string_view subprotocol, Response& response);

}  // namespace freshet::server
