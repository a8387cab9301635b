// WebSocket frames (RFC 6455 §5), both roles: an incremental parser and encoders. Pure. The
// server's parked connections and the native client share it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/utf8.h"
#include "wire/websocket_handshake.h"

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
// Holds at most one unfinished message; between messages it holds no heap memory. What the client
// receives in one piece is handed out where it lies, without a copy. Behind a close frame and
// behind a fault nothing is read any more (§5.5.1).
class WebSocketParser {
 public:
  // A message (all fragments together) over `message_bytes_max` is fault 1009, told before its
  // bytes are held. With `allow_compressed` the limit is for compressed bytes, and whoever inflates
  // a compressed text checks that it is UTF-8.
  WebSocketParser(Role role, std::size_t message_bytes_max, bool allow_compressed = false);

  // REQUIRES: next() was called until it returned nullopt, and `bytes` stay where they are until
  // it does so again: they are read in place.
  void feed(std::string_view bytes);
  std::optional<WebSocketEvent> next();
  std::optional<WebSocketFault> fault() const {
    return fault_ ? std::optional(*fault_) : std::nullopt;
  }
  // Whether no byte of an unfinished frame or message has come.
  bool idle() const;

 private:
  enum class Phase : std::uint8_t { header, payload, ended };
  static constexpr std::size_t header_bytes_max = 14;  // Two, a 64-bit length, a mask.

  bool take_header();
  bool fill_header(std::size_t bytes);
  const WebSocketFault* check_header_start() const;
  const WebSocketFault* check_length(std::uint64_t length, std::size_t long_bytes) const;
  void begin_frame(std::size_t length);
  std::optional<std::string_view> take_payload();
  std::optional<WebSocketEvent> end_frame(std::string_view payload);
  std::optional<WebSocketEvent> end_close(std::string_view payload);
  std::string_view hold(std::string_view piece);
  void end(const WebSocketFault* fault);
  bool in_control() const { return opcode_ >= Opcode::close; }

  std::string_view input_;         // Fed, not yet consumed.
  std::string held_;               // Unmasked fragments so far, then a control frame between them.
  std::size_t message_bytes_ = 0;  // How much of held_ is the unfinished message.
  std::size_t message_bytes_max_;
  std::size_t remaining_ = 0;              // Of the current frame's payload.
  const WebSocketFault* fault_ = nullptr;  // Static.
  std::array<char, header_bytes_max> header_{};
  std::uint8_t header_bytes_ = 0;
  std::array<char, 4> mask_{};  // Turned so that mask_[0] is for the next byte.
  Utf8Validator utf8_;
  Phase phase_ = Phase::header;
  Opcode opcode_ = Opcode::continuation;          // Of the current frame.
  Opcode message_opcode_ = Opcode::continuation;  // Of the unfinished message; continuation: none.
  Role role_;
  bool fin_ = false;
  bool compressed_ = false;
  bool allow_compressed_;
};

// Head of an unmasked frame (server → client), FIN set: 2, 4 or 10 bytes.
std::string encode_frame_head(Opcode opcode, std::size_t payload_bytes, bool compressed = false);

// The payload of a whole unmasked text frame, FIN set and not compressed, as encode_frame() makes
// it; empty for every other frame, and for bytes that are none.
std::string_view text_payload(std::string_view frame);

// A whole unmasked frame.
std::string encode_frame(Opcode opcode, std::string_view payload);

// A whole masked frame (client → server; §5.3). The mask comes from the caller's own randomness;
// its highest byte goes first on the wire.
std::string encode_masked_frame(Opcode opcode, std::string_view payload, std::uint32_t mask);

// The payload of a close frame: code and reason (cut to 123 bytes at a character).
std::string close_payload(std::uint16_t code, std::string_view reason);

// Whether a peer may send this code in a close frame (§7.4).
bool is_valid_close_code(std::uint16_t code);

}  // namespace freshet::wire
