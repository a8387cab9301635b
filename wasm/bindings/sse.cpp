// The exports that read event streams over fetch, where there is no EventSource or it could not
// carry credentials. src/sse_fetch.ts is their one caller.
#include <cstdint>
#include <memory>

#include "bindings/bindings.h"
#include "core/event.h"
#include "wire/sse.h"

using freshet::bindings::input;
using freshet::bindings::output;

namespace {

struct Stream {
  freshet::core::ConnectionId connection;
  freshet::wire::SseParser parser{};
};

freshet::List<std::unique_ptr<Stream>> streams;  // One, or two while one takes over.

freshet::wire::SseParser& parser_of(freshet::core::ConnectionId connection) {
  for (const auto& stream : streams) {
    if (stream->connection == connection) return stream->parser;
  }
  streams.push_back(std::unique_ptr<Stream>(new Stream{connection}));
  return streams.back()->parser;
}

}  // namespace

extern "C" {

// The buffer holds the stream's next bytes. Take all events out before the next call.
void sse_feed(std::uint32_t connection, std::uint32_t bytes) {
  parser_of(connection).feed(input(0, bytes));
}

// 1: the output's text is the data of the next event; 0: there is none yet; 2: an event is too
// large, the stream must end.
std::uint32_t sse_next(std::uint32_t connection) {
  auto& parser = parser_of(connection);
  if (const auto event = parser.next()) {
    output.text = event->data;
    return 1;
  }
  return parser.overflowed() ? 2 : 0;
}

void sse_end(std::uint32_t connection) {
  drop_if(streams, [&](const auto& stream) { return stream->connection == connection; });
}

}  // extern "C"
