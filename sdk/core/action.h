// What the core asks of a port. Paths stand behind the base URL; what is asked for is flat text
// (wire/request.h), of which core/request.h makes addresses, bodies and frames.
#pragma once

#include <cstdint>

#include "core/event.h"
#include "freshet/containers.h"
#include "freshet/result.h"
#include "freshet/transport.h"

namespace freshet::core {

enum class ActionKind : std::uint8_t {
  // Open a WebSocket or an event stream at the path `text` with `members` as its query. Frames come
  // in by handle_frame, its end by handle_end.
  open_stream,
  // One request of a polling connection, said in the same way; each line of the answer is a frame,
  // its end goes to handle_end (finished) and the connection lives on. GET, or, where the address
  // would be too long, POST of the members as JSON.
  poll,
  // Send `members` as one message on a WebSocket.
  send_frame,
  // The same with the publish's `data` behind them, and before it the `key` that is in `text`
  // unless it is empty; the port keeps the payload by its publish.
  send_publish,
  // Have such an object as the next line of the POST that follows.
  add_line,
  // POST the lines to the path `text` with `members` as its query; each line of the answer goes to
  // handle_publish_answer, its end or failure to handle_post_end.
  post,
  // Give up a POST: its answer is no longer wanted.
  cancel_post,
  // Close a connection and tell nothing more of it.
  close_connection,
  // Client::state() has changed.
  tell_state,
  // Messages are gone: cursors `after` and `until`, and why in `text`.
  tell_gap,
  // Replay has caught up.
  tell_live,
  // The server refused the subscription; it has ended.
  tell_error,
  // A publish is over; the port forgets its payload.
  tell_published,
};

// Whether it is of those that still follow when the client is closed.
constexpr bool ends(ActionKind kind) {
  return (kind >= ActionKind::cancel_post && kind <= ActionKind::tell_state) ||
         kind == ActionKind::tell_published;
}

// One form for all kinds, so that it crosses into the browser as it is: wasm/src/core.ts reads the
// members where they stand.
struct Action {
  ActionKind kind{};
  // What it is about: the connection, the POST, the subscription, or the publish of tell_published.
  std::uint32_t id = 0;
  Transport transport = Transport::websocket;  // Of open_stream.
  PublishId publish = 0;                       // Of send_publish and add_line.
  std::uint32_t close_code = 0;                // Of close_connection, for a WebSocket.
  ErrorCode code{};                            // Of tell_error and tell_published.
  std::uint64_t message_id = 0;                // Of tell_published; 0 = it failed: `code`, `text`.
  Text text;
  Text members;
  Text after;
  Text until;
};

}  // namespace freshet::core
