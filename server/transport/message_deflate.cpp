#include "transport/message_deflate.h"

#include "wire/utf8.h"

namespace freshet::server {

std::string MessageDeflate::deflate(std::string_view frame) {
  ++counts_.messages;
  std::string out = encode(wire::Opcode::text, frame, DeflateAgreement(15));
  counts_.bytes_in += frame.size();
  counts_.bytes_out += out.size();
  return out;
}

std::string MessageDeflate::encode(wire::Opcode opcode, std::string_view payload,
                                   DeflateAgreement agreement) {
  if (!agreement.fits(payload.size())) return wire::encode_frame(opcode, payload);
  const std::string compressed = deflater_.deflate(payload);
  return wire::encode_frame_head(opcode, compressed.size(), true) + compressed;
}

Result<std::string> MessageDeflate::inflate(const wire::WebSocketEvent& event,
                                            std::size_t bytes_max) {
  auto plain = inflater_.inflate(event.payload, bytes_max);
  if (!plain) return plain;
  // RFC 7692 §6.2: what was compressed is held to the rules for what was not.
  if (event.opcode == wire::Opcode::text && !wire::is_utf8(*plain)) {
    return Error{ErrorCode::malformed, "a text message is not UTF-8"};
  }
  ++counts_.inflated;
  return plain;
}

std::uint16_t close_code_of_inflate(const Error& error) {
  return error.code == ErrorCode::too_large ? 1009 : 1007;  // RFC 6455 §7.4.1
}

}  // namespace freshet::server
