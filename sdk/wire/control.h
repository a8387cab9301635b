// Control frames, both directions. Each has a struct, to be written from; what the server gets is
// read into them, what the client gets is read in place (ControlFrame). docs/protocol.md is their
// reference. All durations and times are whole milliseconds.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "freshet/containers.h"
#include "freshet/result.h"
#include "freshet/time.h"
#include "wire/cursor.h"

namespace freshet::wire {

inline constexpr std::uint64_t protocol_version = 1;
// What holds when a frame does not say it.
inline constexpr Duration ping_default{25'000};
inline constexpr Duration window_default{5'000};
inline constexpr Duration interval_default{4'000};

// Server → client ---------------------------------------------------------------------------

// First frame of every stream and first line of every poll answer.
struct Hello {
  std::uint64_t version = protocol_version;
  Text epoch;
  Cursor cursor;          // The start that was resolved: the lowest of all patterns.
  bool recovered = true;  // False when a cursor asked for could not be served: a gap follows.
  Duration ping = ping_default;
  Duration window = window_default;
  Text client;           // The client's id; given again with every later request.
  List<Cursor> cursors;  // One for each pattern asked for, in order, when there are several.
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
  Duration window = window_default;
};

// Some matching messages in (after, until] are gone. reason: epoch, retention, slow, limit.
struct Gap {
  Text pattern;
  Cursor after;
  Cursor until;
  Text reason;
};

struct Ack {
  std::uint64_t ref = 0;
  std::uint64_t id = 0;  // 0 when it answers something that has no id (a token).
};

struct ErrorFrame {
  std::optional<std::uint64_t> ref;
  Text code;  // An ErrorCode's spelling.
  Text message;
  Text pattern;  // Empty unless the answer is for one of several patterns.
};

struct Retry {
  Duration delay{0};
  Text ticket;  // Empty without one.
  Text reason;  // busy, drain.
};

// Last line of every poll answer.
struct Next {
  Cursor cursor;
  Duration window = window_default;
  Duration interval = interval_default;  // What the server advises for short polling.
  bool more = false;
};

// What a WebSocket close code says, in-band on SSE.
struct Close {
  std::uint16_t code = 1000;
  Text reason;
};

// An op this version does not know; to be skipped.
struct UnknownControl {
  Text op;
};

using ServerFrame = std::variant<Hello, Subscribed, LiveMark, Ping, Gap, Ack, ErrorFrame, Retry,
                                 Next, Close, UnknownControl>;

// Client → server (WebSocket) ----------------------------------------------------------------

struct Subscribe {
  std::uint64_t ref = 0;
  List<Text> patterns;
  Start start = Latest{};
};

struct Unsubscribe {
  std::uint64_t ref = 0;
};

struct Publish {
  std::uint64_t ref = 0;
  Text topic;
  Text key;               // Idempotency key; empty without one.
  std::string_view data;  // Raw; points into the frame.
};

struct Token {
  std::uint64_t ref = 0;  // 0 when the client wants no answer.
  Text token;
};

using ClientFrame = std::variant<Subscribe, Unsubscribe, Publish, Token, UnknownControl>;

// Reading -----------------------------------------------------------------------------------

enum class Op : std::uint8_t {
  unknown,  // To be skipped.
  hello,
  subscribed,
  live,
  ping,
  gap,
  ack,
  error,
  retry,
  next,
  close,
};

// The members of control frames. Those of a server's come first, up to `interval`: in this order
// they stand in flat text.
enum class Field : std::uint8_t {
  op,
  epoch,
  client,
  pattern,
  reason,
  code,  // Of an error: text.
  message,
  ticket,
  cursor,
  after,
  until,
  cursors,
  recovered,
  more,
  version,
  ref,
  id,
  close_code,  // Of a close: a number. Spelled "code" too.
  window,
  ping,
  delay,
  interval,
  patterns,
  topic,
  key,
  data,
  token,
};
inline constexpr std::size_t field_count = 27;
inline constexpr std::size_t server_field_count = 22;

// A server's control frame as flat text: the values of its members in the order of Field, a NUL
// behind each. A value is a '"' and the content of a string, a '[' and the items of a list of
// strings with commas between, or the JSON itself; it is empty when the member is absent or null.
// `op` and an error's `code` are the numbers of their Op and ErrorCode, as text. The browser has a
// JSON reader and hands frames over in this form; this is the same for all others. nullopt if
// `json` is not one object.
std::optional<Text> flatten(std::string_view json);

// Takes the next of Field::cursors off the front of `rest`, which is ControlFrame::text() of it at
// first. False when that is no cursor.
bool take_cursor(std::string_view& rest, Cursor& cursor);
// The one at `place` of all; false when there is none.
bool read_cursor_at(std::string_view cursors, std::size_t place, Cursor& cursor);

// A control frame of the server, read in place: it holds for as long as the flat text does.
class ControlFrame {
 public:
  explicit ControlFrame(std::string_view flat);

  // Whether it has a string `op`, and of a known op each member it must have and none of the wrong
  // type.
  bool well_formed() const;

  // REQUIRES for the others: it is well-formed.
  Op op() const { return op_; }
  // What is absent is empty, 0, or the default given.
  bool has(Field field) const { return !value(field).empty(); }
  std::string_view text(Field field) const;
  std::uint64_t number(Field field) const;
  // Of an error; `internal` when this version does not know it.
  ErrorCode error_code() const;
  bool flag(Field field, bool absent) const;
  // False, and `cursor` as it was, when it is absent.
  bool read(Field field, Cursor& cursor) const { return read_cursor(text(field), cursor); }
  const Cursor& cursor() const { return cursor_; }  // Field::cursor.
  // Clamped to [0, 1 day], window to [0, 10 min], so that a lying server cannot park a client for
  // ever.
  Duration duration(Field field, Duration absent) const;

 private:
  std::string_view value(Field field) const { return values_[static_cast<std::size_t>(field)]; }
  bool well_typed(Field field) const;

  std::array<std::string_view, server_field_count> values_;
  Op op_ = Op::unknown;
  Cursor cursor_;
};

// ErrorCode::malformed when the frame is not one JSON object, has no string `op`, or a known op
// lacks a member it must have or has one of the wrong type; also ErrorCode::invalid_cursor, and
// ErrorCode::invalid_json when `data` is absent (that `data` is one valid JSON value is checked by
// the server, and so are topic and patterns, as each pattern is answered for itself). Members may
// come in any order. `ref`, when it could be read, tells which request an error answers.
Result<ClientFrame> parse_client_frame(std::string_view frame,
                                       std::optional<std::uint64_t>* ref = nullptr);

Text encode(const ServerFrame& frame);

}  // namespace freshet::wire
