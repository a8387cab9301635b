// What the core asks of a port. Targets are paths with query, behind the base URL.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "core/event.h"
#include "freshet/result.h"
#include "freshet/transport.h"
#include "wire/control.h"

namespace freshet::core {

// Open a WebSocket or an event stream. Frames come in by handle_frame, its end by handle_end.
struct OpenStream {
  ConnectionId connection = 0;
  Transport transport = Transport::websocket;
  std::string target;
};

// One request of a polling connection; each line of the answer is a frame, its end goes to
// handle_end (finished) and the connection lives on. GET, or POST of `body` (JSON) unless empty.
struct Poll {
  ConnectionId connection = 0;
  std::string target;
  std::string body;
};

// Send one text message on a WebSocket.
struct SendText {
  ConnectionId connection = 0;
  std::string text;
};

// Send head + payload + "}" as one text message; the port keeps the payload by id.
struct SendPublish {
  ConnectionId connection = 0;
  PublishId publish = 0;
  std::string head;
};

// POST to `target`, one line head + payload + "}\n" each; the answer goes to
// handle_publish_answers, or a failure to handle_publish_failed.
struct PostPublishes {
  struct Line {
    PublishId publish = 0;
    std::string head;
  };
  RequestId request = 0;
  std::string target;
  std::vector<Line> lines;
};

// Give up a POST of publishes: its answer is no longer wanted.
struct CancelPost {
  RequestId request = 0;
};

// Close a connection (a WebSocket with this code) and tell nothing more of it.
struct CloseConnection {
  ConnectionId connection = 0;
  std::uint16_t code = 1000;
};

// Client::state() has changed.
struct StateChanged {};

struct TellGap {
  SubscriptionId subscription = 0;
  wire::Gap gap;
};

struct TellLive {
  SubscriptionId subscription = 0;
};

// The server refused the subscription; it has ended.
struct TellSubscriptionError {
  SubscriptionId subscription = 0;
  Error error;
};

// A publish is over; the port forgets its payload.
struct TellPublished {
  PublishId publish = 0;
  Result<std::uint64_t> id = Error{};
};

using Action = std::variant<OpenStream, Poll, SendText, SendPublish, PostPublishes, CancelPost,
                            CloseConnection, StateChanged, TellGap, TellLive, TellSubscriptionError,
                            TellPublished>;

}  // namespace freshet::core
