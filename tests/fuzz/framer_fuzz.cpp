// HTTP requests: every cut gives the same requests and the same refusal. The first byte chooses the
// cuts.
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/require.h"
#include "park/framer.h"

namespace {

using namespace freshet::park;

constexpr FramerLimits limits{.request_line_bytes_max = 64,
                              .header_bytes_max = 256,
                              .header_count_max = 6,
                              .body_bytes_max = 64};

// Each request, then the refusal if there is one.
using Outcome = std::vector<std::string>;

// Reads as Connection does: compacts what is incomplete before more is added.
Outcome read(std::string_view bytes, const std::vector<std::size_t>& sizes) {
  Framer framer{limits};
  std::vector<char> buffer;
  Outcome out;
  bool refused = false;
  freshet::fuzz::feed_in_pieces(bytes, sizes, [&](std::string_view piece) {
    if (refused) return;
    buffer.insert(buffer.end(), piece.begin(), piece.end());
    while (!buffer.empty()) {
      // Memory of exactly this size, so that a look past its end shows.
      std::vector<char> own(buffer.begin(), buffer.end());
      const Framer::State state = framer.advance(own);
      if (state == Framer::State::refused) {
        out.push_back("refused " + std::to_string(framer.refusal().status));
        refused = true;
        return;
      }
      if (state == Framer::State::incomplete) {
        const std::size_t left = framer.compact(own);
        FUZZ_REQUIRE(left <= own.size());
        buffer.assign(own.begin(), own.begin() + static_cast<std::ptrdiff_t>(left));
        return;
      }
      const RequestBytes request = framer.request(own);
      FUZZ_REQUIRE(framer.consumed() > 0 && framer.consumed() <= own.size());
      FUZZ_REQUIRE(request.body.size() <= limits.body_bytes_max);
      FUZZ_REQUIRE(request.head.ends_with("\r\n\r\n"));
      out.push_back(std::string(request.head) + '|' + std::string(request.body) + '|' +
                    (request.keep_alive ? "k" : "c") + (request.is_head ? "h" : "") +
                    (request.is_http_1_0 ? "0" : "1"));
      buffer.assign(own.begin() + static_cast<std::ptrdiff_t>(framer.consumed()), own.end());
      framer.reset();
    }
  });
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string_view bytes = freshet::fuzz::as_text(data + 1, size - 1);
  const Outcome whole = read(bytes, {0});
  FUZZ_REQUIRE(read(bytes, {1}) == whole);
  FUZZ_REQUIRE(read(bytes, {1u + data[0] % 16, 1u + data[0] / 16}) == whole);
  return 0;
}
