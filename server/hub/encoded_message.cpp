#include "hub/encoded_message.h"

#include <charconv>
#include <utility>

#include "wire/cursor.h"
#include "wire/sse.h"
#include "wire/websocket_frame.h"

namespace freshet::server {
namespace {

Blob make_blob(std::string text) { return std::make_shared<const std::string>(std::move(text)); }

// RFC 9112 §7.1. Chunks carry no state, so one serves every stream.
std::string as_chunk(std::string_view bytes) {
  char size[16];
  const auto end = std::to_chars(size, size + sizeof size, bytes.size(), 16).ptr;
  std::string chunk;
  chunk.reserve(bytes.size() + 20);
  chunk.append(size, end).append("\r\n").append(bytes).append("\r\n");
  return chunk;
}

}  // namespace

EncodedMessage::EncodedMessage(MessageRef message, std::string_view epoch)
    : message_(std::move(message)), frame_(message_, &message_->frame) {
  cursor_.append(epoch).append(":").append(std::to_string(message_->id));
}

EncodedMessage::EncodedMessage(std::string control_frame, std::string cursor)
    : cursor_(std::move(cursor)), frame_(make_blob(std::move(control_frame))) {}

const Blob& EncodedMessage::line() {
  if (!line_) line_ = make_blob(*frame_ + '\n');
  return line_;
}

const Blob& EncodedMessage::websocket() {
  if (!websocket_) websocket_ = make_blob(wire::encode_frame(wire::Opcode::text, *frame_));
  return websocket_;
}

const Blob& EncodedMessage::websocket_deflated(WebSocketDeflate& deflate) {
  if (!websocket_deflated_) {
    std::string bytes = deflate.deflate(*frame_);
    const std::size_t plain_bytes =
        wire::encode_frame_head(wire::Opcode::text, frame_->size()).size() + frame_->size();
    websocket_deflated_ = bytes.size() < plain_bytes ? make_blob(std::move(bytes)) : websocket();
  }
  return websocket_deflated_;
}

const Blob& EncodedMessage::sse() {
  if (!sse_) {
    sse_ = make_blob(is_control() ? wire::encode_sse_control(*frame_, cursor_)
                                  : wire::encode_sse_message(cursor_, *frame_));
  }
  return sse_;
}

const Blob& EncodedMessage::sse_chunk() {
  if (!sse_chunk_) sse_chunk_ = make_blob(as_chunk(*sse()));
  return sse_chunk_;
}

}  // namespace freshet::server
