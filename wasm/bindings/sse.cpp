// The exports that read event streams over fetch, where there is no EventSource or it could not
// carry credentials. src/sse_fetch.ts is their one caller.
#include "wire/sse.h"

#include <cstdint>
#include <string_view>

#include "bindings/bindings.h"

using freshet::bindings::input;
using freshet::wire::SseParser;

extern "C" {

// A new stream's parser, until sse_end.
SseParser* sse_begin() { return new SseParser; }

// The buffer holds the stream's next bytes. Take all events out before the buffer is used again:
// they are read in place.
void sse_feed(SseParser* parser, std::uint32_t bytes) { parser->feed(input(0, bytes)); }

// Where the data of the next event is, until the next call; 0: there is none yet; 1: an event is
// too large, the stream must end.
std::uintptr_t sse_next(SseParser* parser) {
  static std::string_view data;
  const auto event = parser->next();
  if (!event) return parser->overflowed() ? 1 : 0;
  data = *event;
  return reinterpret_cast<std::uintptr_t>(&data);
}

void sse_end(SseParser* parser) { delete parser; }

}  // extern "C"
