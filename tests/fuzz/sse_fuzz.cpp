// Event streams: every cut gives the same events. The first byte chooses the cuts, the second the
// limit.
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/require.h"
#include "wire/sse.h"

namespace {

using namespace freshet::wire;

struct Outcome {
  std::vector<std::string> events;
  bool overflowed = false;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome read(std::string_view stream, std::size_t limit, const std::vector<std::size_t>& sizes) {
  SseParser parser{limit};
  Outcome out;
  freshet::fuzz::feed_in_pieces(stream, sizes, [&](std::string_view piece) {
    parser.feed(piece);
    while (const auto event = parser.next()) {
      FUZZ_REQUIRE(event->size() <= limit);
      FUZZ_REQUIRE(event->find('\r') == std::string_view::npos);
      out.events.emplace_back(*event);
    }
  });
  out.overflowed = parser.overflowed();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view stream = freshet::fuzz::as_text(data + 2, size - 2);
  const std::size_t limit = data[1] < 128 ? 1024 * 1024 : data[1] - 128;
  const Outcome whole = read(stream, limit, {0});
  FUZZ_REQUIRE(read(stream, limit, {1}) == whole);
  FUZZ_REQUIRE(read(stream, limit, {1u + data[0] % 16, 1u + data[0] / 16}) == whole);
  return 0;
}
