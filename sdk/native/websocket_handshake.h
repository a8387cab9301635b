// The client's half of the opening handshake (RFC 6455 §4.1). Pure.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "freshet/platform.h"
#include "freshet/result.h"

namespace freshet::native {

inline constexpr std::size_t handshake_bytes_max = 16 * 1024;

// The request. `key` is the base64 of 16 random bytes.
std::string handshake_request(const HttpRequest& request, std::string_view subprotocol,
                              std::string_view key);

struct HandshakeAnswer {
  HttpHead head;
  std::size_t bytes = 0;  // Of the text that the head took; frames may follow.
};

// nullopt: `text` is not a whole head yet. ErrorCode::malformed: it is none, or over
// handshake_bytes_max.
Result<std::optional<HandshakeAnswer>> parse_handshake(std::string_view text);

// Whether a head with status 101 opens the WebSocket that was asked for; ErrorCode::malformed with
// what is wrong.
Result<void> check_handshake(const HttpHead& head, std::string_view subprotocol,
                             std::string_view key);

}  // namespace freshet::native
