// Control frames of both directions: what was read is written in one form, which reads and writes
// back as itself; no beginning of a frame is a frame.
#include <cstdint>
#include <string>
#include <type_traits>

#include "fuzz/require.h"
#include "unit/wire/typed_frame.h"
#include "wire/control.h"
#include "wire/utf8.h"

namespace {

using namespace freshet::wire;

std::string encode_client(const ClientFrame& frame) {
  return std::visit(
      [](const auto& one) -> std::string {
        using Frame = std::decay_t<decltype(one)>;
        if constexpr (std::is_same_v<Frame, UnknownControl>) {
          return encode(ServerFrame{one});
        } else {
          return encode(one);
        }
      },
      frame);
}

void check_beginnings(std::string_view frame) {
  for (std::size_t cut = 0; cut < frame.size(); ++cut) {
    const std::string beginning{frame.substr(0, cut)};
    FUZZ_REQUIRE(!parse_server_frame(beginning));
    FUZZ_REQUIRE(!parse_client_frame(beginning));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text{freshet::fuzz::as_text(data, size)};
  if (const auto frame = parse_server_frame(text)) {
    const std::string written = encode(*frame);
    const auto reread = parse_server_frame(written);
    FUZZ_REQUIRE(reread && reread->index() == frame->index());
    FUZZ_REQUIRE(encode(*reread) == written);
    if (is_utf8(text)) FUZZ_REQUIRE(is_utf8(written));
    check_beginnings(written);
  } else {
    FUZZ_REQUIRE(!frame.error().message.empty());
  }

  std::optional<std::uint64_t> ref;
  if (const auto frame = parse_client_frame(text, &ref)) {
    const std::string written = encode_client(*frame);
    const auto reread = parse_client_frame(written);
    FUZZ_REQUIRE(reread && reread->index() == frame->index());
    FUZZ_REQUIRE(encode_client(*reread) == written);
  } else {
    FUZZ_REQUIRE(!frame.error().message.empty());
  }
  return 0;
}
