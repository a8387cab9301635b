// The exports that read event streams over fetch, where there is no EventSource or it could not
// carry credentials. src/sse_fetch.ts is their one caller.
#include <cstdint>
#include <map>
#include <string>

#include "bindings/bindings.h"
#include "core/event.h"
#include "wire/sse.h"

namespace {
std::map<freshet::core::ConnectionId, freshet::wire::SseParser> parsers;
}

extern "C" {

// The buffer holds the stream's next bytes. Take all events out before the next call.
void sse_feed(std::uint32_t connection, std::uint32_t bytes) {
  parsers[connection].feed(freshet::bindings::input(0, bytes));
}

// 1: the output's text is the data of the next event; 0: there is none yet; 2: an event is too
// large, the stream must end.
std::uint32_t sse_next(std::uint32_t connection) {
  auto& parser = parsers[connection];
  if (const auto event = parser.next()) {
    freshet::bindings::put_text(std::string{event->data});
    return 1;
  }
  return parser.overflowed() ? 2 : 0;
}

void sse_end(std::uint32_t connection) { parsers.erase(connection); }

}  // extern "C"
