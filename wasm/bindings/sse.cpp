// The exports that read event streams over fetch, where there is no EventSource or it could not
// carry credentials. src/sse_fetch.ts is their one caller.
#include "wire/sse.h"

#include <cstdint>

#include "bindings/bindings.h"

using freshet::bindings::input;
using freshet::bindings::output;
using freshet::wire::SseParser;

extern "C" {

// A new stream's parser, until sse_end.
SseParser* sse_begin() { return new SseParser; }

// The buffer holds the stream's next bytes. Take all events out before the next call.
void sse_feed(SseParser* parser, std::uint32_t bytes) { parser->feed(input(0, bytes)); }

// 1: the output's text is the data of the next event; 0: there is none yet; 2: an event is too
// large, the stream must end.
std::uint32_t sse_next(SseParser* parser) {
  if (const auto event = parser->next()) {
    output.text = event->data;
    return 1;
  }
  return parser->overflowed() ? 2 : 0;
}

void sse_end(SseParser* parser) { delete parser; }

}  // extern "C"
