// Finds the end of one whole HTTP/1.x request in a growing buffer. Pure: no socket, no clock.
// Used by Connection, which feeds it and obeys it; nothing behind it ever sees half a request.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "park/options.h"

namespace freshet::park {

// One whole request. The views point into the buffer that was fed and live as long as it does.
struct RequestBytes {
  std::string_view head;  // Request line and headers, with the empty line that ends them.
  std::string_view body;  // Without chunk framing; trailers are dropped.
  bool is_head = false;   // The method is HEAD.
  bool is_http_1_0 = false;
  bool keep_alive = true;  // What the client wants, by version and Connection header.
};

// Why a request is refused before anything behind the framer sees it. The connection ends with it.
struct Refusal {
  int status = 400;         // 400, 408, 413, 414, 417, 431, 501 or 505.
  std::string_view reason;  // A sentence for people; static storage.
};

// Strict where leniency has been used to smuggle requests past proxies (RFC 9112 §11.2): a line
// ends with CRLF only, no folding, no space before a colon, exactly one meaning of the length.
class Framer {
 public:
  enum class State : std::uint8_t {
    incomplete,  // Feed more.
    whole,       // request() and consumed() are valid.
    refused,     // refusal() is valid; nothing more may be fed.
  };

  explicit Framer(const FramerLimits& limits) : limits_(&limits) {}

  // Looks at `bytes`: everything received since the end of the previous request, so each call
  // repeats what the last one left and adds to it. A chunked body is decoded in place, hence not
  // const. Costs O(new bytes).
  State advance(std::span<char> bytes);

  // Closes the gaps that decoding left, so that chunk framing never occupies memory: returns how
  // many of `bytes` are left; the caller drops the rest before it adds to them.
  // REQUIRES: the last advance() returned `incomplete` for the same bytes.
  std::size_t compact(std::span<char> bytes);

  // True from the moment the head is complete until the body is, if the client waits for
  // "100 Continue" (RFC 9110 §10.1.1). The caller sends it once.
  bool wants_continue() const;

  // REQUIRES: the last advance() returned `whole`, and `bytes` holds the same bytes.
  RequestBytes request(std::span<const char> bytes) const;

  // Bytes of the buffer that belong to this request; what follows is the next one.
  std::size_t consumed() const { return position_; }

  // REQUIRES: the last advance() returned `refused`.
  Refusal refusal() const { return refusal_; }

  // Ready for the next request.
  void reset() { *this = Framer(*limits_); }

 private:
  enum class Phase : std::uint8_t {
    request_line,
    headers,
    counted_body,
    chunk_size,
    chunk_data,
    chunk_end,
    trailers,
    whole,
    refused,
  };

  // One step of the phase; false when more bytes are needed, or the end (whole, refused) is
  // reached.
  bool step(std::span<char> bytes);
  bool take_line(std::string_view bytes, std::size_t line_bytes_max, std::string_view& line);
  bool step_request_line(std::string_view bytes);
  bool step_headers(std::string_view bytes);
  bool step_chunk_size(std::string_view bytes);
  bool step_chunk_data(std::span<char> bytes);
  bool step_trailers(std::string_view bytes);

  bool read_request_line(std::string_view line);
  bool read_header(std::string_view line);
  bool read_length(std::string_view value);
  bool read_transfer_encoding(std::string_view value);
  bool read_expect(std::string_view value);
  void read_connection(std::string_view value);
  bool finish_head();

  // Always false, so that a step can return it.
  bool refuse(int status, std::string_view reason);

  const FramerLimits* limits_;
  std::size_t position_ = 0;    // Everything before is read.
  std::size_t scanned_ = 0;     // No line end lies between position_ and here.
  std::size_t head_begin_ = 0;  // Behind an empty line that some clients send first.
  std::size_t head_end_ = 0;
  std::size_t body_bytes_ = 0;      // Announced (counted) or decoded so far (chunked).
  std::size_t chunk_bytes_ = 0;     // Still to come of the current chunk.
  std::size_t overhead_bytes_ = 0;  // Chunk extensions and trailers so far.
  Refusal refusal_;
  std::uint32_t header_count_ = 0;
  Phase phase_ = Phase::request_line;
  bool is_head_ : 1 = false;
  bool is_http_1_0_ : 1 = false;
  bool wants_close_ : 1 = false;
  bool wants_keep_alive_ : 1 = false;
  bool has_host_ : 1 = false;
  bool has_length_ : 1 = false;
  bool has_transfer_encoding_ : 1 = false;
  bool expects_continue_ : 1 = false;
};

}  // namespace freshet::park
