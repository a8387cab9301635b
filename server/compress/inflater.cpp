#include "compress/inflater.h"

#include <zlib.h>

#include <algorithm>
#include <new>

namespace freshet::server {
namespace {

using namespace std::string_view_literals;

constexpr int window_bits_max = 15;
constexpr std::size_t window_bytes = std::size_t{1} << window_bits_max;

// RFC 7692 §7.2.2: appended to what came.
constexpr std::string_view flush_tail = "\0\0\xFF\xFF"sv;

// A sender may mark a block as the last and go on behind it (§7.2.3.5). Each such block makes us
// hand the window over, which takes longer than it takes to send: nobody needs many.
constexpr std::size_t streams_max = 64;

constexpr std::size_t first_bytes = 1024;

Error malformed() { return {ErrorCode::malformed, "a message is not DEFLATE data"}; }
Error too_large() { return {ErrorCode::too_large, "the message is over the size limit"}; }

}  // namespace

struct Inflater::Stream : z_stream {
  Stream() : z_stream{} {
    if (inflateInit2(this, -window_bits_max) != Z_OK) {
      throw std::bad_alloc();  // The only way it can fail with these arguments.
    }
  }
  ~Stream() { inflateEnd(this); }
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
};

Inflater::Inflater() = default;
Inflater::~Inflater() = default;

Result<std::string> Inflater::inflate(std::string_view compressed, std::size_t bytes_max) {
  if (!stream_) stream_ = std::make_unique<Stream>();
  inflateReset(stream_.get());
  streams_ = 0;
  std::string out;
  std::size_t size = 0;
  for (const std::string_view piece : {compressed, flush_tail}) {
    if (const auto done = inflate_piece(piece, out, size, bytes_max); !done) return done.error();
  }
  // The tail ends the last block. Else what came ended in the middle of one.
  constexpr int unused_bits = 0x3F;
  constexpr int between_blocks = 128;
  if ((stream_->data_type & (unused_bits | between_blocks)) != between_blocks) return malformed();
  out.resize(size);
  return out;
}

// Grows `out`, of which `size` bytes are the message's, to one byte over the limit at most.
Result<void> Inflater::inflate_piece(std::string_view piece, std::string& out, std::size_t& size,
                                     std::size_t bytes_max) {
  z_stream& stream = *stream_;
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(piece.data()));
  stream.avail_in = static_cast<uInt>(piece.size());
  for (;;) {
    if (size == out.size()) {
      if (size > bytes_max) return too_large();
      out.resize(std::min(std::max({2 * size, 2 * piece.size(), first_bytes}), bytes_max + 1));
    }
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + size);
    stream.avail_out = static_cast<uInt>(out.size() - size);
    const int said = ::inflate(&stream, Z_SYNC_FLUSH);
    size = out.size() - stream.avail_out;
    if (size > bytes_max) return too_large();
    if (said == Z_STREAM_END) {
      if (stream.avail_in == 0) return {};
      if (!begin_next_stream(std::string_view(out).substr(0, size))) return malformed();
    } else if (said != Z_OK && said != Z_BUF_ERROR) {
      return malformed();
    } else if (stream.avail_in == 0 && stream.avail_out > 0) {
      return {};
    }
  }
}

// Goes on behind a final block, for which what came before stays within reach.
bool Inflater::begin_next_stream(std::string_view plain) {
  if (++streams_ > streams_max) return false;
  inflateReset(stream_.get());
  const std::string_view window = plain.substr(plain.size() - std::min(plain.size(), window_bytes));
  return inflateSetDictionary(stream_.get(), reinterpret_cast<const Bytef*>(window.data()),
                              static_cast<uInt>(window.size())) == Z_OK;
}

}  // namespace freshet::server
