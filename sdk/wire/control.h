// Control frames, both directions: one struct each, one encoder and one parser. docs/protocol.md
// is their reference. All durations and times are whole milliseconds.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "freshet/result.h"
#include "freshet/time.h"
#include "wire/cursor.h"

namespace freshet::wire {

inline constexpr std::uint64_t protocol_version = 1;

// Server → client ---------------------------------------------------------------------------

// First frame of every stream and first line of every poll answer.
struct Hello {
  std::uint64_t version = protocol_version;
  std::string epoch;
  Cursor cursor;          // The start that was resolved: the lowest of all patterns.
  bool recovered = true;  // False when a cursor asked for could not be served: a gap follows.
  Duration ping{25'000};
  Duration window{5'000};
  std::string client;           // The client's id; given again with every later request.
  std::vector<Cursor> cursors;  // One for each pattern asked for, in order, when there are several.
};

struct Subscribed {
  std::uint64_t ref = 0;
  Cursor cursor;
  bool recovered = true;
};

struct LiveMark {
  std::optional<std::uint64_t> ref;  // Absent on streams begun by URL.
  Cursor cursor;
};

struct Ping {
  Cursor cursor;
  Duration window{5'000};
};

// Some matching messages in (after, until] are gone. reason: epoch, retention, slow, limit.
struct Gap {
  std::string pattern;
  Cursor after;
  Cursor until;
  std::string reason;
};

struct Ack {
  std::uint64_t ref = 0;
  std::uint64_t id = 0;  // 0 when it answers something that has no id (a token).
};

struct ErrorFrame {
  std::optional<std::uint64_t> ref;
  std::string code;  // An ErrorCode's spelling.
  std::string message;
  std::string pattern;  // Empty unless the answer is for one of several patterns.
};

struct Retry {
  Duration delay{0};
  std::string ticket;  // Empty without one.
  std::string reason;  // busy, drain.
};

// Last line of every poll answer.
struct Next {
  Cursor cursor;
  Duration window{5'000};
  Duration interval{4'000};  // What the server advises for short polling.
  bool more = false;
};

// What a WebSocket close code says, in-band on SSE.
struct Close {
  std::uint16_t code = 1000;
  std::string reason;
};

// An op this version does not know; to be skipped.
struct UnknownControl {
  std::string op;
};

using ServerFrame = std::variant<Hello, Subscribed, LiveMark, Ping, Gap, Ack, ErrorFrame, Retry,
                                 Next, Close, UnknownControl>;

// Client → server (WebSocket) ----------------------------------------------------------------

struct Subscribe {
  std::uint64_t ref = 0;
  std::vector<std::string> patterns;
  Start start = Latest{};
};

struct Unsubscribe {
  std::uint64_t ref = 0;
};

struct Publish {
  std::uint64_t ref = 0;
  std::string topic;
  std::string key;        // Idempotency key; empty without one.
  std::string_view data;  // Raw; points into the frame.
};

struct Token {
  std::uint64_t ref = 0;  // 0 when the client wants no answer.
  std::string token;
};

using ClientFrame = std::variant<Subscribe, Unsubscribe, Publish, Token, UnknownControl>;

// Every value is clamped to a sane range while parsing: durations to [0, 1 day] (window: to
// [0, 10 min]), so that a lying server cannot park a client for ever.
// ErrorCode::malformed when the frame is not one JSON object, has no string `op`, or a known op
// lacks a member it must have or has one of the wrong type (null counts as absent).
Result<ServerFrame> parse_server_frame(std::string_view frame);

// As above; also ErrorCode::invalid_cursor, and ErrorCode::invalid_json when `data` is absent
// (that `data` is one valid JSON value is checked by the server, and so are topic and patterns, as
// each pattern is answered for itself). Members may come in any order.
// `ref`, when it could be read, tells which request an error answers.
Result<ClientFrame> parse_client_frame(std::string_view frame,
                                       std::optional<std::uint64_t>* ref = nullptr);

std::string encode(const ServerFrame& frame);

std::string encode(const Subscribe& frame);
std::string encode(const Unsubscribe& frame);
std::string encode(const Token& frame);
// Everything of a publish frame up to where the payload goes; the payload and "}" follow:
// {"op":"publish","ref":7,"topic":"chat.lobby","key":"…","data":
std::string encode_publish_head(std::uint64_t ref, std::string_view topic, std::string_view key);
// The same for one line of POST /v1/publish: {"topic":"chat.lobby","key":"…","data":
std::string encode_publish_line_head(std::string_view topic, std::string_view key);

}  // namespace freshet::wire
