// The key and answer of a WebSocket handshake (RFC 6455 §4), both roles.
#pragma once

#include <string>
#include <string_view>

namespace freshet::wire {

// Sec-WebSocket-Accept for a Sec-WebSocket-Key (§4.2.2): base64(SHA-1(key + GUID)).
std::string websocket_accept(std::string_view key);

// Whether `key` is the base64 of 16 bytes.
bool is_websocket_key(std::string_view key);

std::string base64(std::string_view bytes);

}  // namespace freshet::wire
