// MessageDeflate: permessage-deflate for all WebSockets of one loop: the compressor whose frames
// they share, the inflater for what their clients send, and the counts of both.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "compress/compression.h"
#include "compress/deflater.h"
#include "compress/inflater.h"
#include "freshet/result.h"
#include "hub/encoded_message.h"
#include "transport/permessage_deflate.h"
#include "wire/websocket_frame.h"

namespace freshet::server {

// Counts since the start, for metrics.
struct DeflateCounts {
  std::uint64_t messages = 0;    // Compressed: once each, however many received them.
  std::uint64_t bytes_in = 0;    // Of these, before
  std::uint64_t bytes_out = 0;   // and after.
  std::uint64_t deliveries = 0;  // Sent compressed.
  std::uint64_t inflated = 0;    // Messages of clients that came compressed.
};

// Threads: one loop's.
class MessageDeflate final : private WebSocketDeflate {
 public:
  explicit MessageDeflate(const Compression& compression) : compression_(compression) {}

  const Compression& compression() const { return compression_; }

  // The message as one WebSocket frame for a connection with this agreement: compressed at the
  // first call that needs it so, shared with all that do later.
  const Blob& frame_of(EncodedMessage& message, DeflateAgreement agreement) {
    const std::size_t bytes = message.frame()->size();
    if (bytes < compression_.bytes_min || !agreement.fits(bytes)) return message.websocket();
    ++counts_.deliveries;
    return message.websocket_deflated(*this);
  }

  // One frame of its own, compressed if that is agreed, whatever its size.
  std::string encode(wire::Opcode opcode, std::string_view payload, DeflateAgreement agreement);

  // What a client's compressed message holds. ErrorCode::too_large over `bytes_max`, malformed when
  // it is no DEFLATE data or no UTF-8 where it must be.
  Result<std::string> inflate(const wire::WebSocketEvent& event, std::size_t bytes_max);

  const DeflateCounts& counts() const { return counts_; }

 private:
  std::string deflate(std::string_view frame) override;

  Compression compression_;
  Deflater deflater_{Deflater::Format::message};
  Inflater inflater_;
  DeflateCounts counts_;
};

// The close code that says why a compressed message could not be read.
std::uint16_t close_code_of_inflate(const Error& error);

}  // namespace freshet::server
