#include "compressed_messages.h"

#include <algorithm>

namespace freshet::bench {

namespace {

constexpr unsigned char fin = 0x80;
constexpr unsigned char rsv1 = 0x40;  // RFC 7692 §6: on the first frame of a compressed message.
constexpr unsigned char opcode = 0x0f;
constexpr unsigned char first_control_opcode = 8;

}  // namespace

std::uint64_t CompressedMessages::count(std::string_view bytes) {
  std::uint64_t ended = 0;
  while (!bytes.empty() || (in_payload_ && left_ == 0)) {
    if (!in_payload_) {
      header_[header_size_++] = static_cast<unsigned char>(bytes.front());
      bytes.remove_prefix(1);
      if (header_size_ >= 2 && header_size_ == header_bytes()) begin_frame();
      continue;
    }
    const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
    const bool is_control = (header_[0] & opcode) >= first_control_opcode;
    if (keeps_ && compressed_ && !is_control) payload_.append(bytes.substr(0, taken));
    bytes.remove_prefix(taken);
    left_ -= taken;
    if (left_ > 0) break;
    if ((header_[0] & fin) != 0 && !is_control && compressed_) ++ended;
    in_payload_ = false;
    header_size_ = 0;
  }
  return ended;
}

// Known from the second byte on. A server's frame has no mask.
std::size_t CompressedMessages::header_bytes() const {
  const int length = header_[1] & 0x7f;
  return length == 127 ? 10 : length == 126 ? 4 : 2;
}

void CompressedMessages::begin_frame() {
  left_ = header_[1] & 0x7f;
  if (header_size_ > 2) {
    left_ = 0;
    for (std::size_t i = 2; i < header_size_; ++i) left_ = left_ << 8 | header_[i];
  }
  in_payload_ = true;
  const unsigned char kind = header_[0] & opcode;
  const bool begins_message = kind != 0 && kind < first_control_opcode;
  if (!begins_message) return;
  compressed_ = (header_[0] & rsv1) != 0;
  payload_.clear();
}

}  // namespace freshet::bench
