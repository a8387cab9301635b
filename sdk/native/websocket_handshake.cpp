#include "native/websocket_handshake.h"

#include <algorithm>
#include <charconv>

#include "native/http_head.h"
#include "wire/websocket_frame.h"

namespace freshet::native {

namespace {

Error malformed(std::string message) { return {ErrorCode::malformed, std::move(message)}; }

// The status of "HTTP/1.1 101 Switching Protocols"; 0 if it is none.
int status_of(std::string_view line) {
  constexpr std::string_view version = "HTTP/1.";
  if (!line.starts_with(version) || line.size() < version.size() + 5) return 0;
  const char* const digits = line.data() + version.size() + 2;
  int status = 0;
  const auto [end, fault] = std::from_chars(digits, digits + 3, status);
  return fault == std::errc{} && end == digits + 3 ? status : 0;
}

}  // namespace

std::string handshake_request(const HttpRequest& request, std::string_view subprotocol,
                              std::string_view key) {
  std::string_view rest = request.url;
  rest.remove_prefix(rest.find("://") + 3);
  const auto slash = std::min(rest.find_first_of("/?"), rest.size());
  std::string text = "GET ";
  if (slash == rest.size() || rest[slash] != '/') text += '/';
  text += rest.substr(slash);
  text += " HTTP/1.1\r\nHost: ";
  text += rest.substr(0, slash);
  text += "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
  text += "Sec-WebSocket-Key: ";
  text += key;
  text += "\r\nSec-WebSocket-Protocol: ";
  text += subprotocol;
  text += "\r\n";
  for (const auto& [name, value] : request.headers) {
    text += name;
    text += ": ";
    text += value;
    text += "\r\n";
  }
  text += "\r\n";
  return text;
}

Result<std::optional<HandshakeAnswer>> parse_handshake(std::string_view text) {
  const auto end = text.find("\r\n\r\n");
  if (end == std::string_view::npos) {
    if (text.size() >= handshake_bytes_max) return malformed("the answer's head is too long");
    // What cannot become a status line need not be waited for.
    constexpr std::string_view protocol = "HTTP/1.";
    const auto seen = std::min(text.size(), protocol.size());
    if (text.substr(0, seen) != protocol.substr(0, seen))
      return malformed("the answer is not HTTP");
    return std::optional<HandshakeAnswer>{};
  }
  HandshakeAnswer answer{.head = {}, .bytes = end + 4};
  std::string_view rest = text.substr(0, end);
  auto line = rest.substr(0, rest.find("\r\n"));
  answer.head.status = status_of(line);
  if (answer.head.status == 0) return malformed("the answer is not HTTP");
  while (line.size() < rest.size()) {
    rest.remove_prefix(line.size() + 2);
    line = rest.substr(0, rest.find("\r\n"));
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return malformed("a header has no name");
    answer.head.headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  return std::optional(std::move(answer));
}

Result<void> check_handshake(const HttpHead& head, std::string_view subprotocol,
                             std::string_view key) {
  if (!has_word(head, "Upgrade", "websocket") || !has_word(head, "Connection", "Upgrade")) {
    return malformed("the answer does not switch to a WebSocket");
  }
  const std::string* const accept = find_header(head, "Sec-WebSocket-Accept");
  if (accept == nullptr || *accept != wire::websocket_accept(key)) {
    return malformed("the answer is to another handshake (Sec-WebSocket-Accept)");
  }
  const std::string* const chosen = find_header(head, "Sec-WebSocket-Protocol");
  if (chosen == nullptr || *chosen != subprotocol) {
    return malformed("the server does not speak " + std::string(subprotocol));
  }
  if (find_header(head, "Sec-WebSocket-Extensions") != nullptr) {
    return malformed("the server uses an extension that was not offered");
  }
  return {};
}

}  // namespace freshet::native
