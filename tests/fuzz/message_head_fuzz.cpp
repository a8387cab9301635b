// Message frames: a head that was read is the beginning of a frame, is found wherever the frame is
// cut behind it, and is written back as it was read.
#include <cstdint>
#include <string>

#include "fuzz/require.h"
#include "wire/frame.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace freshet::wire;
  const std::string frame{freshet::fuzz::as_text(data, size)};
  const auto head = parse_message_head(frame);
  if (!head) return 0;
  FUZZ_REQUIRE(head->data_offset <= frame.size());
  FUZZ_REQUIRE(head->data_offset <= head_bytes_max);
  FUZZ_REQUIRE(!is_control(frame));
  for (std::size_t cut = 0; cut <= frame.size(); ++cut) {
    const std::string beginning = frame.substr(0, cut);
    const auto again = parse_message_head(beginning);
    FUZZ_REQUIRE(static_cast<bool>(again) == (cut >= head->data_offset));
    if (again) FUZZ_REQUIRE(again->data_offset == head->data_offset);
  }

  const std::string value{frame_data(frame, *head)};
  const std::string written = encode_message(head->id, head->topic, head->time, value);
  FUZZ_REQUIRE(written.find_first_of("\r\n") == std::string::npos);
  const auto reread = parse_message_head(written);
  FUZZ_REQUIRE(reread);
  FUZZ_REQUIRE(reread->id == head->id && reread->topic == head->topic);
  FUZZ_REQUIRE(reread->time == head->time);
  FUZZ_REQUIRE(frame_data(written, *reread).size() == value.size());
  return 0;
}
