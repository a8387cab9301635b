// What clients send compressed (RFC 7692), in both ways that bytes can come about. The first byte
// chooses the way and the limit.
//   as they are  any bytes: an answer within the limit or an error, the same from a new inflater
//                and from one that has read others, for better or worse, before;
//   by a script  the bytes are orders to zlib's own compressor, which make a message that is right
//                by construction: it must come out as it went in.
#include <zlib.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "compress/deflater.h"
#include "compress/inflater.h"
#include "fuzz/require.h"
#include "transport/message_deflate.h"
#include "wire/utf8.h"

namespace {

using namespace freshet;
using namespace freshet::server;

constexpr std::size_t no_limit = 1 << 16;

Inflater& used_inflater() {
  static Inflater inflater;
  return inflater;
}

std::optional<std::string> inflated(Inflater& inflater, std::string_view bytes, std::size_t limit) {
  auto plain = inflater.inflate(bytes, limit);
  if (!plain) {
    FUZZ_REQUIRE(plain.error().code == ErrorCode::too_large ||
                 plain.error().code == ErrorCode::malformed);
    return std::nullopt;
  }
  FUZZ_REQUIRE(plain->size() <= limit);
  return *std::move(plain);
}

// A message that inflates to `plain` does so to the byte of the limit, and our own compressor's
// form of it too.
void check_right(std::string_view bytes, const std::string& plain) {
  FUZZ_REQUIRE(inflated(used_inflater(), bytes, plain.size()) == plain);
  if (!plain.empty()) {
    const auto cut = used_inflater().inflate(bytes, plain.size() - 1);
    FUZZ_REQUIRE(!cut && cut.error().code == ErrorCode::too_large);
  }
  static Deflater deflater(Deflater::Format::message);
  FUZZ_REQUIRE(inflated(used_inflater(), deflater.deflate(plain), plain.size()) == plain);
}

// A text must be UTF-8, whatever else holds.
void check_text(std::string_view bytes, const std::optional<std::string>& plain) {
  static MessageDeflate deflate(Compression{});
  const wire::WebSocketEvent event{
      .opcode = wire::Opcode::text, .payload = bytes, .compressed = true};
  const auto text = deflate.inflate(event, no_limit);
  FUZZ_REQUIRE(bool{text} == (plain && wire::is_utf8(*plain)));
  if (text) FUZZ_REQUIRE(*text == *plain);
  if (!text) FUZZ_REQUIRE(close_code_of_inflate(text.error()) >= 1007);
}

void try_bytes(std::string_view bytes, std::size_t limit) {
  Inflater fresh;
  const auto plain = inflated(fresh, bytes, no_limit);
  FUZZ_REQUIRE(inflated(used_inflater(), bytes, no_limit) == plain);
  const auto limited = inflated(used_inflater(), bytes, limit);
  if (limited) FUZZ_REQUIRE(limited == plain);
  if (plain && plain->size() > limit) FUZZ_REQUIRE(!limited);
  if (plain) check_right(bytes, *plain);
  check_text(bytes, plain);
}

// Takes the orders one after the other; 0 behind the last.
class Script {
 public:
  explicit Script(std::string_view bytes) : bytes_(bytes) {}

  bool empty() const { return bytes_.empty(); }
  unsigned take() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }

 private:
  std::string_view bytes_;
};

struct Made {
  std::string plain;
  std::string bytes;
};

// Has the compressor write what `stream` was given, and ends it as `flush` says.
void run(z_stream& stream, std::string_view plain, int flush, std::string& out) {
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(plain.data()));
  stream.avail_in = static_cast<uInt>(plain.size());
  do {
    char piece[512];
    stream.next_out = reinterpret_cast<Bytef*>(piece);
    stream.avail_out = sizeof piece;
    deflate(&stream, flush);
    out.append(piece, sizeof piece - stream.avail_out);
  } while (stream.avail_out == 0);
}

// One order makes some text and how it is flushed; a final block is followed by a new stream.
Made make(std::string_view orders) {
  Script script(orders);
  const unsigned how = script.take();
  z_stream stream{};
  const int level = static_cast<int>(how % 10);
  const int window = -static_cast<int>(9 + how / 10 % 7);
  const int strategy = static_cast<int>(how / 70 % 4);
  FUZZ_REQUIRE(deflateInit2(&stream, level, Z_DEFLATED, window, 8, strategy) == Z_OK);
  Made made;
  for (unsigned pieces = 0; !script.empty() && pieces < 40; ++pieces) {
    const unsigned order = script.take();
    std::string text(script.take() * (order & 64 ? 30 : 1), static_cast<char>(script.take()));
    if (order & 128) {
      for (std::size_t i = 0; i < text.size(); ++i) text[i] = static_cast<char>(text[i] + i * i);
    }
    made.plain += text;
    const int flushes[] = {Z_NO_FLUSH, Z_PARTIAL_FLUSH, Z_SYNC_FLUSH, Z_FULL_FLUSH,
                           Z_BLOCK,    Z_SYNC_FLUSH,    Z_FINISH,     Z_NO_FLUSH};
    const int flush = flushes[order & 7];
    run(stream, text, flush, made.bytes);
    if (flush == Z_FINISH) deflateReset(&stream);
  }
  run(stream, {}, Z_SYNC_FLUSH, made.bytes);
  deflateEnd(&stream);
  // Behind a flush that had nothing left to say zlib writes no second one.
  if (made.bytes.ends_with(std::string_view("\0\0\xFF\xFF", 4))) {
    made.bytes.resize(made.bytes.size() - 4);
  } else {
    made.bytes += '\0';
  }
  return made;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes = freshet::fuzz::as_text(data + 1, size - 1);
  const unsigned how = data[0];
  if (how & 1) {
    try_bytes(bytes, how & 2 ? how : how * 64);
    return 0;
  }
  Made made = make(bytes);
  if (made.plain.size() > no_limit) return 0;
  check_right(made.bytes, made.plain);
  // One bit on the way wrong: it may mean something else or nothing, never harm.
  if (how & 2 && !made.bytes.empty()) {
    char& byte = made.bytes[how * 37 % made.bytes.size()];
    byte = static_cast<char>(byte ^ (1 << (how >> 5)));
    try_bytes(made.bytes, no_limit / 2);
  }
  return 0;
}
