// WebSocket frames (RFC 6455 §5), both roles: an incremental parser and encoders. Pure. The
// server's parked connections and the native client share it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/utf8.h"

namespace freshet::wire {

enum class Opcode : std::uint8_t {
  continuation = 0,
  text = 1,
  binary = 2,
  close = 8,
  ping = 9,
  pong = 10
};

enum class Role {
  server,
  client
};  // The server receives masked frames, the client unmasked (§5.1).

// A whole message or control frame. `payload` lives until the next call into the parser.
struct WebSocketEvent {
  Opcode opcode = Opcode::text;  // Never continuation.
  std::string_view payload;      // For close: the reason; the code is in close_code.
  std::uint16_t close_code = 0;  // 1005 when the peer's close frame had none.
  bool compressed = false;       // RSV1 of the first frame; only when the parser allows it.
};

// Why the connection must end, with the code to send: 1002 protocol, 1007 not UTF-8, 1009 too big.
struct WebSocketFault {
  std::uint16_t close_code = 1002;
  std::string_view reason;  // Static text.
};

// Incremental: feed bytes in any cut, take events until none, check fault().
//   parser.feed(bytes); while (auto event = parser.next()) …; if (parser.fault()) …
// Holds at most one message plus what was fed; holds no heap memory between messages.
// REQUIRES: next() is called until nullopt before the next feed().
class WebSocketParser {
 public:
  // A message (all fragments together) over `message_bytes_max` is fault 1009, told before its
  // bytes are held.
  WebSocketParser(Role role, std::size_t message_bytes_max, bool allow_compressed = false);

  void feed(std::string_view bytes);
  std::optional<WebSocketEvent> next();
  const std::optional<WebSocketFault>& fault() const { return fault_; }
  // Whether bytes of an unfinished frame or message are held.
  bool idle() const;

 private:
  // The author of websocket_frame.cpp owns this part; sizeof stays at most 128 bytes.
  std::optional<std::size_t> take_header();
  void fail(std::uint16_t code, std::string_view reason);

  std::string input_;    // Fed, not yet consumed.
  std::string message_;  // Unmasked fragments so far.
  std::size_t at_ = 0;
  std::size_t message_bytes_max_;
  Utf8Validator utf8_;
  Role role_;
  bool allow_compressed_;
  std::optional<WebSocketFault> fault_;
};

// Head of an unmasked frame (server → client), FIN set: 2, 4 or 10 bytes.
std::string encode_frame_head(Opcode opcode, std::size_t payload_bytes, bool compressed = false);

// A whole unmasked frame.
std::string encode_frame(Opcode opcode, std::string_view payload);

// A whole masked frame (client → server; §5.3). The mask comes from the caller's own randomness.
std::string encode_masked_frame(Opcode opcode, std::string_view payload, std::uint32_t mask);

// The payload of a close frame: code and reason (cut to 123 bytes at a character).
std::string close_payload(std::uint16_t code, std::string_view reason);

// Whether a peer may send this code in a close frame (§7.4).
bool is_valid_close_code(std::uint16_t code);

// Sec-WebSocket-Accept for a Sec-WebSocket-Key (§4.2.2): base64(SHA-1(key + GUID)).
std::string websocket_accept(std::string_view key);

// Whether `key` is the base64 of 16 bytes.
bool is_websocket_key(std::string_view key);

std::string base64(std::string_view bytes);

}  // namespace freshet::wire
