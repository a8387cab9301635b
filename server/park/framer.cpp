#include "park/framer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

namespace freshet::park {
namespace {

constexpr std::size_t chunk_line_bytes_max = 1024;

// RFC 9110 §5.6.2: the characters of a token, such as a method or a header name.
constexpr std::array<bool, 256> make_token_table() {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}
constexpr std::array<bool, 256> token_table = make_token_table();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return token_table[static_cast<unsigned char>(c)];
  });
}

// RFC 9110 §5.5: visible characters, blanks and tabs; bytes above 0x7f pass as they came.
bool is_field_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

bool is_target(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f;
  });
}

// Not a full host grammar: only what no host has and what two parsers could read differently.
bool is_host(std::string_view text) {
  return text.find_first_of(" \t,/@?#\\") == std::string_view::npos;
}

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

bool equals_lower(std::string_view text, std::string_view lower) {
  return text.size() == lower.size() && std::equal(text.begin(), text.end(), lower.begin(),
                                                   [](char a, char b) { return to_lower(a) == b; });
}

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string_view view_of(std::span<const char> bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

Framer::State Framer::advance(std::span<char> bytes) {
  assert(phase_ != Phase::whole && phase_ != Phase::refused);
  while (step(bytes)) {
  }
  if (phase_ == Phase::whole) return State::whole;
  if (phase_ == Phase::refused) return State::refused;
  return State::incomplete;
}

bool Framer::step(std::span<char> bytes) {
  switch (phase_) {
    case Phase::request_line:
      return step_request_line(view_of(bytes));
    case Phase::headers:
      return step_headers(view_of(bytes));
    case Phase::counted_body:
      if (bytes.size() - head_end_ < body_bytes_) return false;
      position_ = head_end_ + body_bytes_;
      phase_ = Phase::whole;
      return false;
    case Phase::chunk_size:
      return step_chunk_size(view_of(bytes));
    case Phase::chunk_data:
      return step_chunk_data(bytes);
    case Phase::chunk_end:
      if (bytes.size() - position_ < 2) {
        // The first byte already shows a chunk that is longer than its size says.
        if (bytes.size() > position_ && bytes[position_] != '\r') {
          return refuse(400, "a chunk does not end with CRLF where its size says");
        }
        return false;
      }
      if (bytes[position_] != '\r' || bytes[position_ + 1] != '\n') {
        return refuse(400, "a chunk does not end with CRLF where its size says");
      }
      position_ += 2;
      scanned_ = position_;
      phase_ = Phase::chunk_size;
      return true;
    case Phase::trailers:
      return step_trailers(view_of(bytes));
    case Phase::whole:
    case Phase::refused:
      return false;
  }
  return false;
}

// Takes the next line, without its CRLF. False when there is none yet, or when it is refused for
// its line end; a line that is too long is the caller's to refuse (it knows which status).
bool Framer::take_line(std::string_view bytes, std::size_t line_bytes_max, std::string_view& line) {
  const std::size_t from = std::max(scanned_, position_);
  const std::size_t until = std::min(bytes.size(), position_ + line_bytes_max);
  const void* found = until > from ? std::memchr(bytes.data() + from, '\n', until - from) : nullptr;
  if (found == nullptr) {
    scanned_ = until;
    return false;
  }
  const auto end = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
  // RFC 9112 §2.2 lets a recipient accept a bare LF; two parsers that differ in it can be played
  // against each other, and no client sends it.
  if (end == position_ || bytes[end - 1] != '\r') {
    return refuse(400, "a line ends with LF alone; HTTP lines end with CRLF");
  }
  line = bytes.substr(position_, end - 1 - position_);
  if (line.find('\r') != std::string_view::npos) return refuse(400, "a CR stands inside a line");
  position_ = end + 1;
  scanned_ = position_;
  return true;
}

bool Framer::step_request_line(std::string_view bytes) {
  std::string_view line;
  const std::size_t line_bytes_max = limits_->request_line_bytes_max + 2;
  if (!take_line(bytes, line_bytes_max, line)) {
    if (phase_ != Phase::refused && bytes.size() - position_ >= line_bytes_max) {
      return refuse(414, "the request line is too long");
    }
    return false;
  }
  if (line.empty() && head_begin_ == 0) {
    // RFC 9112 §2.2: one empty line before the request line is ignored (old clients send it).
    head_begin_ = position_;
    return true;
  }
  if (!read_request_line(line)) return false;
  phase_ = Phase::headers;
  return true;
}

bool Framer::step_headers(std::string_view bytes) {
  std::string_view line;
  const std::size_t used = position_ - head_begin_;
  const std::size_t line_bytes_max =
      limits_->header_bytes_max > used ? limits_->header_bytes_max - used : 0;
  if (!take_line(bytes, line_bytes_max, line)) {
    if (phase_ != Phase::refused && bytes.size() - position_ >= line_bytes_max) {
      return refuse(431, "the header section is too large");
    }
    return false;
  }
  if (line.empty()) return finish_head();
  if (++header_count_ > limits_->header_count_max) {
    return refuse(431, "the request has too many headers");
  }
  return read_header(line);
}

bool Framer::step_chunk_size(std::string_view bytes) {
  std::string_view line;
  if (!take_line(bytes, chunk_line_bytes_max, line)) {
    if (phase_ != Phase::refused && bytes.size() - position_ >= chunk_line_bytes_max) {
      return refuse(400, "a chunk's size line is too long");
    }
    return false;
  }
  std::size_t digits = 0;
  std::size_t size = 0;
  while (digits < line.size() && hex_digit(line[digits]) >= 0) {
    if (size > limits_->body_bytes_max) return refuse(413, "the body is too large");
    size = size * 16 + static_cast<std::size_t>(hex_digit(line[digits]));
    ++digits;
  }
  // RFC 9112 §7.1: chunk-size = 1*HEXDIG, then nothing or an extension.
  if (digits == 0 || (digits < line.size() && line[digits] != ';')) {
    return refuse(400, "a chunk's size is not a hexadecimal number");
  }
  if (!is_field_value(line.substr(digits))) {
    return refuse(400, "a chunk extension has a control character");
  }
  overhead_bytes_ += line.size() - digits;
  if (overhead_bytes_ > limits_->header_bytes_max) {
    return refuse(400, "the chunk extensions are too long");
  }
  if (size > limits_->body_bytes_max - body_bytes_) return refuse(413, "the body is too large");
  chunk_bytes_ = size;
  phase_ = size == 0 ? Phase::trailers : Phase::chunk_data;
  return true;
}

bool Framer::step_chunk_data(std::span<char> bytes) {
  const std::size_t count = std::min(chunk_bytes_, bytes.size() - position_);
  if (count == 0) return false;
  char* const target = bytes.data() + head_end_ + body_bytes_;
  std::memmove(target, bytes.data() + position_, count);
  body_bytes_ += count;
  position_ += count;
  chunk_bytes_ -= count;
  if (chunk_bytes_ > 0) return false;
  phase_ = Phase::chunk_end;
  return true;
}

bool Framer::step_trailers(std::string_view bytes) {
  std::string_view line;
  const std::size_t line_bytes_max =
      limits_->header_bytes_max > overhead_bytes_ ? limits_->header_bytes_max - overhead_bytes_ : 0;
  if (!take_line(bytes, line_bytes_max, line)) {
    if (phase_ != Phase::refused && bytes.size() - position_ >= line_bytes_max) {
      return refuse(431, "the trailer section is too large");
    }
    return false;
  }
  if (line.empty()) {
    phase_ = Phase::whole;
    return false;
  }
  overhead_bytes_ += line.size() + 2;
  if (++header_count_ > limits_->header_count_max) {
    return refuse(431, "the request has too many headers");
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)) ||
      !is_field_value(line.substr(colon + 1))) {
    return refuse(400, "a trailer is malformed");
  }
  return true;
}

bool Framer::read_request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) {
    return refuse(400, "the request line is not 'METHOD target HTTP/1.1'");
  }
  const auto method = line.substr(0, first);
  const auto target = line.substr(first + 1, last - first - 1);
  const auto version = line.substr(last + 1);
  if (!is_token(method) || !is_target(target)) {
    return refuse(400, "the request line is not 'METHOD target HTTP/1.1'");
  }
  if (version == "HTTP/1.0") {
    is_http_1_0_ = true;
  } else if (version != "HTTP/1.1") {
    if (version.starts_with("HTTP/"))
      return refuse(505, "only HTTP/1.1 and HTTP/1.0 are spoken here");
    return refuse(400, "the request line is not 'METHOD target HTTP/1.1'");
  }
  is_head_ = method == "HEAD";
  return true;
}

bool Framer::read_header(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') {
    return refuse(400, "a header is folded over two lines");  // RFC 9112 §5.2: obs-fold.
  }
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return refuse(400, "a header has no colon");
  const auto name = line.substr(0, colon);
  const auto value = trim(line.substr(colon + 1));
  // RFC 9112 §5.1: a blank between name and colon must be refused; it is no token character.
  if (!is_token(name)) return refuse(400, "a header name is malformed");
  if (!is_field_value(value)) return refuse(400, "a header value has a control character");

  if (equals_lower(name, "content-length")) return read_length(value);
  if (equals_lower(name, "transfer-encoding")) return read_transfer_encoding(value);
  if (equals_lower(name, "expect")) return read_expect(value);
  if (equals_lower(name, "connection")) {
    read_connection(value);
  } else if (equals_lower(name, "host")) {
    // RFC 9112 §3.2: more than one is refused.
    if (has_host_) return refuse(400, "there is more than one Host header");
    if (!is_host(value)) return refuse(400, "the Host header is malformed");
    has_host_ = true;
  }
  return true;
}

bool Framer::read_length(std::string_view value) {
  // RFC 9110 §8.6: 1*DIGIT; a sign, a blank or a list is an error.
  if (value.empty() || value.find_first_not_of("0123456789") != std::string_view::npos) {
    return refuse(400, "Content-Length is not a number");
  }
  std::size_t length = 0;
  for (const char digit : value) {
    if (length > limits_->body_bytes_max) break;
    length = length * 10 + static_cast<std::size_t>(digit - '0');
  }
  if (has_length_ && length != body_bytes_) {
    return refuse(400, "two Content-Length headers differ");
  }
  has_length_ = true;
  body_bytes_ = length;
  return true;
}

bool Framer::read_transfer_encoding(std::string_view value) {
  if (has_transfer_encoding_) return refuse(400, "there is more than one Transfer-Encoding header");
  has_transfer_encoding_ = true;
  if (equals_lower(value, "chunked")) return true;
  // RFC 9112 §6.1: 501 for a coding that is not understood, if its end is clear at least.
  if (value.size() > 7 && equals_lower(value.substr(value.size() - 7), "chunked") &&
      (value[value.size() - 8] == ',' || value[value.size() - 8] == ' ')) {
    return refuse(501, "the only transfer coding known here is chunked");
  }
  return refuse(400, "the last transfer coding is not chunked");
}

bool Framer::read_expect(std::string_view value) {
  if (!equals_lower(value, "100-continue")) {
    return refuse(417, "the only expectation known here is 100-continue");
  }
  expects_continue_ = true;
  return true;
}

void Framer::read_connection(std::string_view value) {
  while (!value.empty()) {
    const auto comma = value.find(',');
    const auto token = trim(value.substr(0, comma));
    wants_close_ = wants_close_ || equals_lower(token, "close");
    wants_keep_alive_ = wants_keep_alive_ || equals_lower(token, "keep-alive");
    if (comma == std::string_view::npos) break;
    value.remove_prefix(comma + 1);
  }
}

bool Framer::finish_head() {
  head_end_ = position_;
  if (!has_host_ && !is_http_1_0_) return refuse(400, "an HTTP/1.1 request needs a Host header");
  if (has_transfer_encoding_) {
    // RFC 9112 §6.1: either of these may be an attempt to smuggle a request.
    if (has_length_) return refuse(400, "Content-Length and Transfer-Encoding exclude each other");
    if (is_http_1_0_) return refuse(400, "HTTP/1.0 has no Transfer-Encoding");
    phase_ = Phase::chunk_size;
    return true;
  }
  if (body_bytes_ > limits_->body_bytes_max) return refuse(413, "the body is too large");
  phase_ = Phase::counted_body;
  return true;
}

std::size_t Framer::compact(std::span<char> bytes) {
  if (!has_transfer_encoding_ || head_end_ == 0) return bytes.size();
  const std::size_t decoded_end = head_end_ + body_bytes_;
  const std::size_t gap = position_ - decoded_end;
  if (gap == 0) return bytes.size();
  std::memmove(bytes.data() + decoded_end, bytes.data() + position_, bytes.size() - position_);
  position_ -= gap;
  scanned_ = scanned_ > gap ? scanned_ - gap : 0;
  return bytes.size() - gap;
}

bool Framer::wants_continue() const {
  // RFC 9110 §10.1.1: an HTTP/1.0 client's expectation is ignored.
  return expects_continue_ && !is_http_1_0_ && head_end_ != 0 && phase_ != Phase::whole &&
         phase_ != Phase::refused;
}

RequestBytes Framer::request(std::span<const char> bytes) const {
  assert(phase_ == Phase::whole);
  const auto view = view_of(bytes);
  RequestBytes request;
  request.head = view.substr(head_begin_, head_end_ - head_begin_);
  request.body = view.substr(head_end_, body_bytes_);
  request.is_head = is_head_;
  request.is_http_1_0 = is_http_1_0_;
  request.keep_alive = !wants_close_ && (!is_http_1_0_ || wants_keep_alive_);
  return request;
}

bool Framer::refuse(int status, std::string_view reason) {
  refusal_ = {.status = status, .reason = reason};
  phase_ = Phase::refused;
  return false;
}

}  // namespace freshet::park
