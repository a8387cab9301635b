// A module of its own (sse_exports.txt): reads one event stream that comes over fetch, where there
// is no EventSource or it could not carry credentials. src/sse_fetch.ts makes an instance for each.
#include "wire/sse.h"

#include <cstdint>
#include <string_view>

#include "freshet/containers.h"

using freshet::Text;
using freshet::wire::SseParser;

namespace {

struct Stream {
  SseParser parser;
  Text input;
};

// Never destroyed: the instance goes as a whole.
Stream& stream() {
  static Stream& made = *new Stream;
  return made;
}

}  // namespace

extern "C" {

// Where the stream's next bytes are to be written, before next_event() is called again.
// REQUIRES: that has told that there is none.
char* feed(std::uint32_t bytes) {
  Text& input = stream().input;
  input.resize(bytes);
  stream().parser.feed(input);
  return input.data();
}

// Where the data of the next event is, until the next call; 0: there is none yet; 1: an event is
// too large, the stream must end.
std::uintptr_t next_event() {
  static std::string_view data;
  SseParser& parser = stream().parser;
  const auto event = parser.next();
  if (!event) return parser.overflowed() ? 1 : 0;
  data = *event;
  return reinterpret_cast<std::uintptr_t>(&data);
}

}  // extern "C"
