// The server's half of the WebSocket handshake (RFC 6455 §4.2).
#pragma once

#include <optional>
#include <string_view>

#include "compress/compression.h"
#include "http/request.h"
#include "http/response.h"
#include "transport/permessage_deflate.h"

namespace freshet::server {

// Checks the client's half. When it is good, adds the answer's headers to `response` and returns
// true; else makes `response` the refusal: 426 when it is no upgrade at all or another version,
// 400 when it is broken. `subprotocol` is chosen when the client offers it; empty for none.
bool accept_websocket(const Request& request, std::string_view subprotocol, Response& response);

// Answers what the client offers to compress, if `compression` is on. Nullopt when what it offers
// is malformed: `response` is then the refusal. REQUIRES: accept_websocket() said yes.
std::optional<DeflateAgreement> accept_deflate(const Request& request,
                                               const Compression& compression, Response& response);

}  // namespace freshet::server
