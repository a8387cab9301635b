// RFC 6455: the incremental parser, the encoders and the handshake's key.
#include "wire/websocket_frame.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace freshet::wire {
namespace {

constexpr std::size_t control_bytes_max = 125;  // §5.5

constexpr WebSocketFault unasked_reserved_bit{1002, "a reserved bit is set"};
constexpr WebSocketFault reserved_opcode{1002, "the opcode is reserved"};
constexpr WebSocketFault control_fragmented{1002, "a control frame is fragmented"};
constexpr WebSocketFault control_too_long{1002, "a control frame is over 125 bytes"};
constexpr WebSocketFault nothing_to_continue{1002, "a continuation has no beginning"};
constexpr WebSocketFault message_unfinished{1002, "a message begins inside another"};
constexpr WebSocketFault not_masked{1002, "a client must mask its frames"};
constexpr WebSocketFault masked{1002, "a server must not mask its frames"};
constexpr WebSocketFault length_not_minimal{1002, "a length is not in its shortest form"};
constexpr WebSocketFault length_top_bit{1002, "a length has its top bit set"};
constexpr WebSocketFault too_big{1009, "the message is over the size limit"};
constexpr WebSocketFault not_utf8{1007, "a text message is not UTF-8"};
constexpr WebSocketFault close_too_short{1002, "a close frame has half a code"};
constexpr WebSocketFault close_code_invalid{1002, "the close code must not be sent"};
constexpr WebSocketFault close_not_utf8{1007, "a close reason is not UTF-8"};

std::uint8_t byte_at(const char* data, std::size_t i) { return static_cast<std::uint8_t>(data[i]); }

std::uint64_t big_endian(const char* data, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < size; ++i) value = value << 8 | byte_at(data, i);
  return value;
}

void append_big_endian(std::string& out, std::uint64_t value, std::size_t size) {
  while (size-- > 0) out += static_cast<char>(value >> (8 * size) & 0xFF);
}

// XORs `size` bytes with the mask, whose first byte is for the first of them: eight at a time.
void apply_mask(char* data, std::size_t size, const std::array<char, 4>& mask) {
  std::uint64_t wide = 0;
  std::memcpy(&wide, mask.data(), 4);
  std::memcpy(reinterpret_cast<char*>(&wide) + 4, mask.data(), 4);
  std::size_t at = 0;
  for (; size - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, data + at, 8);
    word ^= wide;
    std::memcpy(data + at, &word, 8);
  }
  for (; at < size; ++at) data[at] = static_cast<char>(data[at] ^ mask[at % 4]);
}

// The second byte of a header and what it calls for; `mask_bit` is 0x80 or 0.
void append_length(std::string& out, std::size_t size, unsigned mask_bit) {
  if (size < 126) {
    out += static_cast<char>(mask_bit | size);
  } else if (size <= 0xFFFF) {
    out += static_cast<char>(mask_bit | 126);
    append_big_endian(out, size, 2);
  } else {
    out += static_cast<char>(mask_bit | 127);
    append_big_endian(out, size, 8);
  }
}

}  // namespace

WebSocketParser::WebSocketParser(Role role, std::size_t message_bytes_max, bool allow_compressed)
    : message_bytes_max_(message_bytes_max), role_(role), allow_compressed_(allow_compressed) {}

void WebSocketParser::feed(std::string_view bytes) {
  assert(input_.empty());
  if (phase_ != Phase::ended) input_ = bytes;
}

std::optional<WebSocketEvent> WebSocketParser::next() {
  // Whatever was handed out last goes now: a control frame from behind the message it interrupted,
  // or a whole message.
  if (phase_ == Phase::header) held_.resize(message_bytes_);
  while (phase_ != Phase::ended) {
    if (phase_ == Phase::header && !take_header()) break;
    const auto payload = take_payload();
    if (!payload) break;
    if (const auto event = end_frame(*payload)) return event;
  }
  if (phase_ == Phase::ended) input_ = {};
  if (held_.empty() || phase_ == Phase::ended) std::string().swap(held_);
  return std::nullopt;
}

bool WebSocketParser::idle() const {
  return input_.empty() && header_bytes_ == 0 && phase_ != Phase::payload &&
         message_opcode_ == Opcode::continuation;
}

// Reads a frame's header; true once its payload comes next.
bool WebSocketParser::take_header() {
  constexpr std::size_t start_bytes = 2;
  if (!fill_header(start_bytes)) return false;
  if (const WebSocketFault* fault = check_header_start()) {
    end(fault);
    return false;
  }
  const unsigned short_length = byte_at(header_.data(), 1) & 0x7F;
  const std::size_t long_bytes = short_length == 126 ? 2 : short_length == 127 ? 8 : 0;
  const std::size_t mask_begin = start_bytes + long_bytes;
  if (!fill_header(mask_begin + (role_ == Role::server ? mask_.size() : 0))) return false;

  const std::uint64_t length =
      long_bytes == 0 ? short_length : big_endian(header_.data() + start_bytes, long_bytes);
  if (const WebSocketFault* fault = check_length(length, long_bytes)) {
    end(fault);
    return false;
  }
  std::memcpy(mask_.data(), header_.data() + mask_begin, mask_.size());
  begin_frame(static_cast<std::size_t>(length));
  return true;
}

// Whether the first `bytes` bytes of the header are here.
bool WebSocketParser::fill_header(std::size_t bytes) {
  while (header_bytes_ < bytes && !input_.empty()) {
    header_[header_bytes_++] = input_.front();
    input_.remove_prefix(1);
  }
  return header_bytes_ >= bytes;
}

const WebSocketFault* WebSocketParser::check_header_start() const {
  const unsigned first = byte_at(header_.data(), 0);
  const unsigned second = byte_at(header_.data(), 1);
  const bool fin = first & 0x80;
  const unsigned reserved_bits = first & 0x70;
  const unsigned opcode = first & 0x0F;
  const bool begins_message = opcode == 1 || opcode == 2;
  // RFC 7692 §6: RSV1 marks a compressed message on its first frame, and stands nowhere else.
  const bool may_be_compressed = allow_compressed_ && begins_message;
  if (reserved_bits & (may_be_compressed ? 0x30 : 0x70)) return &unasked_reserved_bit;
  if (opcode >= 8) {
    if (opcode > 10) return &reserved_opcode;
    if (!fin) return &control_fragmented;  // §5.5
    if ((second & 0x7F) > control_bytes_max) return &control_too_long;
  } else {
    const bool in_message = message_opcode_ != Opcode::continuation;
    if (opcode > 2) return &reserved_opcode;
    if (begins_message && in_message) return &message_unfinished;
    if (!begins_message && !in_message) return &nothing_to_continue;
  }
  const bool is_masked = second & 0x80;
  if (role_ == Role::server && !is_masked) return &not_masked;  // §5.1
  if (role_ == Role::client && is_masked) return &masked;
  return nullptr;
}

const WebSocketFault* WebSocketParser::check_length(std::uint64_t length,
                                                    std::size_t long_bytes) const {
  // §5.2: the minimal number of bytes MUST be used, and the most significant bit MUST be 0.
  if (long_bytes == 2 && length < 126) return &length_not_minimal;
  if (long_bytes == 8 && length <= 0xFFFF) return &length_not_minimal;
  if (length >> 63) return &length_top_bit;
  const bool control = byte_at(header_.data(), 0) & 0x08;
  if (!control && length > message_bytes_max_ - message_bytes_) return &too_big;
  return nullptr;
}

void WebSocketParser::begin_frame(std::size_t length) {
  const unsigned first = byte_at(header_.data(), 0);
  opcode_ = static_cast<Opcode>(first & 0x0F);
  fin_ = first & 0x80;
  remaining_ = length;
  header_bytes_ = 0;
  phase_ = Phase::payload;
  if (opcode_ == Opcode::text || opcode_ == Opcode::binary) {
    message_opcode_ = opcode_;
    compressed_ = first & 0x40;
    utf8_ = {};
  }
}

// Takes what is here of the current frame's payload. Once that is whole, returns the payload of the
// control frame, or of all the message's frames so far.
std::optional<std::string_view> WebSocketParser::take_payload() {
  const std::string_view piece = input_.substr(0, remaining_);
  input_.remove_prefix(piece.size());
  remaining_ -= piece.size();
  const bool control = in_control();
  const std::size_t begin = control ? message_bytes_ : 0;
  const bool in_place =
      role_ == Role::client && remaining_ == 0 && held_.size() == begin && (control || fin_);
  const std::string_view plain = in_place ? piece : hold(piece);
  const bool text = !control && message_opcode_ == Opcode::text && !compressed_;
  // §8.1. Told as soon as it shows, not only at the message's end.
  if (text && !utf8_.feed(plain)) end(&not_utf8);
  if (remaining_ > 0 || phase_ == Phase::ended) return std::nullopt;
  return in_place ? piece : std::string_view(held_).substr(begin);
}

// Appends a piece to what is held and unmasks it there; returns it as it lies there.
std::string_view WebSocketParser::hold(std::string_view piece) {
  const std::size_t begin = held_.size();
  held_ += piece;
  if (role_ == Role::server) {
    apply_mask(held_.data() + begin, piece.size(), mask_);
    std::rotate(mask_.begin(), mask_.begin() + piece.size() % mask_.size(), mask_.end());
  }
  if (!in_control()) message_bytes_ = held_.size();
  return std::string_view(held_).substr(begin);
}

// The current frame is whole; an event when that makes something to hand out.
std::optional<WebSocketEvent> WebSocketParser::end_frame(std::string_view payload) {
  phase_ = Phase::header;
  if (opcode_ == Opcode::close) return end_close(payload);
  if (in_control()) return WebSocketEvent{opcode_, payload};
  if (!fin_) return std::nullopt;
  if (message_opcode_ == Opcode::text && !compressed_ && !utf8_.complete()) {
    end(&not_utf8);
    return std::nullopt;
  }
  const WebSocketEvent event{message_opcode_, payload, 0, compressed_};
  message_opcode_ = Opcode::continuation;
  message_bytes_ = 0;
  return event;
}

std::optional<WebSocketEvent> WebSocketParser::end_close(std::string_view payload) {
  constexpr std::size_t code_bytes = 2;
  constexpr std::uint16_t no_code = 1005;  // §7.1.5
  std::uint16_t code = no_code;
  const WebSocketFault* fault = nullptr;
  if (payload.size() >= code_bytes) {
    code = static_cast<std::uint16_t>(big_endian(payload.data(), code_bytes));
    payload.remove_prefix(code_bytes);
    if (!is_valid_close_code(code)) {
      fault = &close_code_invalid;
    } else if (!is_utf8(payload)) {
      fault = &close_not_utf8;
    }
  } else if (!payload.empty()) {
    fault = &close_too_short;
  }
  end(fault);
  if (fault) return std::nullopt;
  return WebSocketEvent{Opcode::close, payload, code};
}

void WebSocketParser::end(const WebSocketFault* fault) {
  phase_ = Phase::ended;
  fault_ = fault;
  header_bytes_ = 0;
  message_opcode_ = Opcode::continuation;
}

std::string encode_frame_head(Opcode opcode, std::size_t payload_bytes, bool compressed) {
  std::string out;
  out += static_cast<char>(0x80 | (compressed ? 0x40 : 0) | static_cast<unsigned>(opcode));
  append_length(out, payload_bytes, 0);
  return out;
}

std::string_view text_payload(std::string_view frame) {
  constexpr unsigned whole_text = 0x80 | static_cast<unsigned>(Opcode::text);
  if (frame.size() < 2 || byte_at(frame.data(), 0) != whole_text) return {};
  const unsigned length = byte_at(frame.data(), 1);
  const std::size_t head_bytes = length < 126 ? 2 : length == 126 ? 4 : 10;
  return length > 127 ? std::string_view{} : frame.substr(std::min(head_bytes, frame.size()));
}

std::string encode_frame(Opcode opcode, std::string_view payload) {
  std::string out = encode_frame_head(opcode, payload.size());
  out += payload;
  return out;
}

std::string encode_masked_frame(Opcode opcode, std::string_view payload, std::uint32_t mask) {
  std::string out;
  out.reserve(payload.size() + 14);
  out += static_cast<char>(0x80 | static_cast<unsigned>(opcode));
  append_length(out, payload.size(), 0x80);
  append_big_endian(out, mask, 4);
  std::array<char, 4> bytes{};
  std::memcpy(bytes.data(), out.data() + out.size() - 4, 4);
  const std::size_t begin = out.size();
  out += payload;
  apply_mask(out.data() + begin, payload.size(), bytes);
  return out;
}

std::string close_payload(std::uint16_t code, std::string_view reason) {
  constexpr std::size_t reason_bytes_max = control_bytes_max - 2;
  std::size_t size = std::min(reason.size(), reason_bytes_max);
  // Back to the beginning of the character that would be cut.
  while (size < reason.size() && size > 0 && (byte_at(reason.data(), size) & 0xC0) == 0x80) --size;
  std::string out;
  append_big_endian(out, code, 2);
  out += reason.substr(0, size);
  return out;
}

bool is_valid_close_code(std::uint16_t code) {
  // 1004 is reserved; 1005, 1006 and 1015 only ever stand for what was not sent. 1012 to 1014 came
  // later, by registration with IANA.
  if (code >= 1000 && code <= 1014) return code < 1004 || code > 1006;
  return code >= 3000 && code <= 4999;
}

}  // namespace freshet::wire
