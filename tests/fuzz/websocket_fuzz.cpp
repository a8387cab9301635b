// WebSocket frames, both roles: every cut gives the same events and the same fault, and what was
// read is read again when it is sent on. The first byte chooses role, compression and limit, the
// second the cuts.
#include <cstdint>
#include <string>
#include <vector>

#include "fuzz/require.h"
#include "wire/utf8.h"
#include "wire/websocket_frame.h"

namespace {

using namespace freshet::wire;

struct Event {
  Opcode opcode;
  std::string payload;
  std::uint16_t close_code;
  bool compressed;

  friend bool operator==(const Event&, const Event&) = default;
};

struct Outcome {
  std::vector<Event> events;
  std::uint16_t fault = 0;
  bool idle = false;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

struct Setting {
  Role role = Role::server;
  bool allow_compressed = false;
  std::size_t limit = 0;
};

Outcome read(std::string_view bytes, const Setting& setting,
             const std::vector<std::size_t>& sizes) {
  WebSocketParser parser{setting.role, setting.limit, setting.allow_compressed};
  Outcome out;
  freshet::fuzz::feed_in_pieces(bytes, sizes, [&](std::string_view piece) {
    parser.feed(piece);
    while (const auto event = parser.next()) {
      FUZZ_REQUIRE(event->opcode != Opcode::continuation);
      FUZZ_REQUIRE(event->payload.size() <= std::max<std::size_t>(setting.limit, 125));
      if (event->opcode == Opcode::text && !event->compressed)
        FUZZ_REQUIRE(is_utf8(event->payload));
      out.events.push_back(
          {event->opcode, std::string(event->payload), event->close_code, event->compressed});
    }
  });
  if (parser.fault()) out.fault = parser.fault()->close_code;
  out.idle = parser.idle();
  return out;
}

// The events once more, one frame each, for the same role.
std::string sent_on(const std::vector<Event>& events, Role role) {
  std::string out;
  for (const Event& event : events) {
    std::string payload = event.payload;
    if (event.opcode == Opcode::close) {
      payload = event.close_code == 1005 ? "" : close_payload(event.close_code, payload);
    }
    if (event.opcode == Opcode::text) {
      FUZZ_REQUIRE(text_payload(encode_frame(event.opcode, payload)) == payload);
    }
    std::string frame = role == Role::server
                            ? encode_masked_frame(event.opcode, payload, 0xA1B2C3D4)
                            : encode_frame(event.opcode, payload);
    if (event.compressed) frame[0] = static_cast<char>(frame[0] | 0x40);
    out += frame;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const std::string_view bytes = freshet::fuzz::as_text(data + 2, size - 2);
  Setting setting;
  setting.role = data[0] & 1 ? Role::client : Role::server;
  setting.allow_compressed = data[0] & 2;
  setting.limit = data[0] & 4 ? data[0] >> 3 : 1024 * 1024;

  const Outcome whole = read(bytes, setting, {0});
  FUZZ_REQUIRE(read(bytes, setting, {1}) == whole);
  FUZZ_REQUIRE(read(bytes, setting, {1u + data[1] % 16, 1u + data[1] / 16}) == whole);

  const Outcome again = read(sent_on(whole.events, setting.role), setting, {0});
  FUZZ_REQUIRE(again.events == whole.events && again.fault == 0);
  return 0;
}
