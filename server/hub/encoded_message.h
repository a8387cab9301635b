// EncodedMessage: one frame in every form a connection may need, each made on first need and then
// shared by reference, so that sending to one more subscriber copies and allocates nothing.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "log/log.h"

namespace freshet::server {

// The same type as park::Blob, which the hub may not name.
using Blob = std::shared_ptr<const std::string>;

// Makes the compressed WebSocket frame of a message. The hub knows no library that compresses, so
// the transport is asked.
class WebSocketDeflate {
 public:
  // One whole text frame (RFC 7692) that any number of connections may be sent.
  virtual std::string deflate(std::string_view frame) = 0;

 protected:
  ~WebSocketDeflate() = default;
};

// Threads: one loop's. Each loop makes its own forms; the frame itself is shared by all.
class EncodedMessage {
 public:
  EncodedMessage(MessageRef message, std::string_view epoch);
  // A control frame. `cursor` becomes the SSE event's id; empty for none.
  explicit EncodedMessage(std::string control_frame, std::string cursor = {});

  bool is_control() const { return message_ == nullptr; }
  std::uint64_t id() const { return message_ ? message_->id : 0; }  // 0 for a control frame.
  const MessageRef& message() const { return message_; }            // Null for a control frame.

  const Blob& frame() const { return frame_; }  // {"id":…} on one line, no line end.
  const Blob& line();                           // The frame and a line feed (NDJSON).
  const Blob& websocket();                      // One unmasked text frame.
  // The same compressed, by `deflate` at the first call; the plain one when that is no shorter.
  const Blob& websocket_deflated(WebSocketDeflate& deflate);
  const Blob& sse();        // One event.
  const Blob& sse_chunk();  // The event as one HTTP/1.1 chunk.

 private:
  MessageRef message_;
  std::string cursor_;
  Blob frame_;
  Blob line_;
  Blob websocket_;
  Blob websocket_deflated_;
  Blob sse_;
  Blob sse_chunk_;
};

}  // namespace freshet::server
