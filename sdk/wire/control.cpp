// Control frames: one table of member names, readers that clamp, one encoder for each struct.
#include "wire/control.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

#include "wire/json.h"

namespace freshet::wire {
namespace {

constexpr Duration duration_max = std::chrono::hours{24};
constexpr Duration window_max = std::chrono::minutes{10};

enum class Field : std::uint8_t {
  op,
  ref,
  cursor,
  recovered,
  version,
  epoch,
  ping,
  window,
  client,
  cursors,
  pattern,
  after,
  until,
  reason,
  id,
  code,
  message,
  delay,
  ticket,
  interval,
  more,
  patterns,
  topic,
  key,
  data,
  token,
};

// In the order of Field's enumerators.
constexpr std::array<std::string_view, 26> field_names = {
    "op",      "ref",      "cursor", "recovered", "version", "epoch", "ping", "window",  "client",
    "cursors", "pattern",  "after",  "until",     "reason",  "id",    "code", "message", "delay",
    "ticket",  "interval", "more",   "patterns",  "topic",   "key",   "data", "token",
};
static_assert(field_names.size() == static_cast<std::size_t>(Field::token) + 1);

// The raw members of one control frame. need() and take() fill a struct's member in place, so that
// no frame is ever moved and each costs the browser build one call. The first member that is absent
// although it must be there, or is not of its type, is remembered and asked for once, at the end.
class Members {
 public:
  explicit Members(std::string_view frame);

  bool failed() const { return !whole_ || bad_; }
  Error fault() const;

  std::string_view raw(Field field) const { return values_[static_cast<std::size_t>(field)]; }
  void reject(Field field) {
    if (!bad_) bad_ = field;
  }

  // For a member that must be there.
  template <typename T, typename... Max>
  void need(Field field, T& out, Max... max) {
    if (!read(raw(field), out, max...)) reject(field);
  }
  // For one that keeps its default when it is absent or null.
  template <typename T, typename... Max>
  void take(Field field, T& out, Max... max) {
    if (has(field)) need(field, out, max...);
  }

 private:
  bool has(Field field) const { return !raw(field).empty() && raw(field) != "null"; }

  static bool read(std::string_view raw, std::string& out);
  static bool read(std::string_view raw, std::uint64_t& out);
  static bool read(std::string_view raw, std::optional<std::uint64_t>& out);
  static bool read(std::string_view raw, bool& out);
  static bool read(std::string_view raw, Cursor& out);
  static bool read(std::string_view raw, std::vector<std::string>& out);
  static bool read(std::string_view raw, std::vector<Cursor>& out);
  static bool read(std::string_view raw, Duration& out, Duration max);

  std::array<std::string_view, field_names.size()> values_;
  std::optional<Field> bad_;
  bool whole_ = false;
};

Members::Members(std::string_view frame) {
  JsonReader reader{frame};
  while (const auto member = reader.next()) {
    for (std::size_t i = 0; i < field_names.size(); ++i) {
      if (field_names[i] == member->name) values_[i] = member->value;
    }
  }
  whole_ = reader.complete();
}

Error Members::fault() const {
  if (!whole_) return {ErrorCode::malformed, "the frame is not one JSON object"};
  std::string message = "the frame's '";
  message += field_names[static_cast<std::size_t>(*bad_)];
  message += has(*bad_) ? "' is not of its type" : "' is missing";
  return {ErrorCode::malformed, std::move(message)};
}

bool Members::read(std::string_view raw, std::string& out) {
  auto text = json_string(raw);
  if (text) out = *std::move(text);
  return text.has_value();
}

bool Members::read(std::string_view raw, std::uint64_t& out) {
  const auto number = json_number(raw);
  out = number.value_or(0);
  return number.has_value();
}

bool Members::read(std::string_view raw, std::optional<std::uint64_t>& out) {
  out = json_number(raw);
  return out.has_value();
}

bool Members::read(std::string_view raw, bool& out) {
  out = raw == "true";
  return out || raw == "false";
}

bool Members::read(std::string_view raw, Cursor& out) {
  // A cursor needs no escapes.
  return raw.size() >= 2 && raw.front() == '"' && read_cursor(raw.substr(1, raw.size() - 2), out);
}

bool Members::read(std::string_view raw, std::vector<std::string>& out) {
  auto texts = json_strings(raw);
  if (texts) out = *std::move(texts);
  return texts.has_value();
}

bool Members::read(std::string_view raw, std::vector<Cursor>& out) {
  const auto texts = json_strings(raw);
  if (!texts) return false;
  for (const std::string& text : *texts) {
    if (!read_cursor(text, out.emplace_back())) return false;
  }
  return true;
}

bool Members::read(std::string_view raw, Duration& out, Duration max) {
  // A number below zero or too large to hold is still a number: it is clamped like any other.
  const bool negative = raw.starts_with('-');
  if (negative) raw.remove_prefix(1);
  const auto value = clamped_number(raw, static_cast<std::uint64_t>(max.count()));
  out = Duration{negative ? 0 : static_cast<Duration::rep>(value.value_or(0))};
  return value.has_value();
}

void read_server_frame(std::string_view op, Members& in, ServerFrame& frame) {
  if (op == "hello") {
    Hello& out = frame.emplace<Hello>();
    in.need(Field::version, out.version);
    in.need(Field::epoch, out.epoch);
    in.need(Field::cursor, out.cursor);
    in.take(Field::recovered, out.recovered);
    in.take(Field::ping, out.ping, duration_max);
    in.take(Field::window, out.window, window_max);
    in.take(Field::client, out.client);
    in.take(Field::cursors, out.cursors);
  } else if (op == "subscribed") {
    Subscribed& out = frame.emplace<Subscribed>();
    in.need(Field::ref, out.ref);
    in.need(Field::cursor, out.cursor);
    in.take(Field::recovered, out.recovered);
  } else if (op == "live") {
    LiveMark& out = frame.emplace<LiveMark>();
    in.take(Field::ref, out.ref);
    in.need(Field::cursor, out.cursor);
  } else if (op == "ping") {
    Ping& out = frame.emplace<Ping>();
    in.need(Field::cursor, out.cursor);
    in.take(Field::window, out.window, window_max);
  } else if (op == "gap") {
    Gap& out = frame.emplace<Gap>();
    in.need(Field::pattern, out.pattern);
    in.need(Field::after, out.after);
    in.need(Field::until, out.until);
    in.take(Field::reason, out.reason);
  } else if (op == "ack") {
    Ack& out = frame.emplace<Ack>();
    in.need(Field::ref, out.ref);
    in.take(Field::id, out.id);
  } else if (op == "error") {
    ErrorFrame& out = frame.emplace<ErrorFrame>();
    in.take(Field::ref, out.ref);
    in.need(Field::code, out.code);
    in.take(Field::message, out.message);
    in.take(Field::pattern, out.pattern);
  } else if (op == "retry") {
    Retry& out = frame.emplace<Retry>();
    in.need(Field::delay, out.delay, duration_max);
    in.take(Field::ticket, out.ticket);
    in.take(Field::reason, out.reason);
  } else if (op == "next") {
    Next& out = frame.emplace<Next>();
    in.need(Field::cursor, out.cursor);
    in.take(Field::window, out.window, window_max);
    in.take(Field::interval, out.interval, duration_max);
    in.take(Field::more, out.more);
  } else if (op == "close") {
    Close& out = frame.emplace<Close>();
    std::uint64_t code = 0;
    in.need(Field::code, code);
    out.code = static_cast<std::uint16_t>(code);
    if (out.code != code) in.reject(Field::code);
    in.take(Field::reason, out.reason);
  } else {
    frame.emplace<UnknownControl>().op = op;
  }
}

// Sets `error` where another code than `malformed` says what is wrong.
void read_client_frame(std::string_view op, Members& in, ClientFrame& frame,
                       std::optional<Error>& error) {
  if (op == "subscribe") {
    Subscribe& out = frame.emplace<Subscribe>();
    std::string start;
    in.need(Field::ref, out.ref);
    in.need(Field::patterns, out.patterns);
    in.take(Field::cursor, start);
    if (out.patterns.empty()) in.reject(Field::patterns);
    auto parsed = parse_start(start);
    if (parsed) out.start = *std::move(parsed);
    if (!parsed) error = parsed.error();
  } else if (op == "unsubscribe") {
    in.need(Field::ref, frame.emplace<Unsubscribe>().ref);
  } else if (op == "publish") {
    Publish& out = frame.emplace<Publish>();
    in.need(Field::ref, out.ref);
    in.need(Field::topic, out.topic);
    in.take(Field::key, out.key);
    out.data = in.raw(Field::data);
    if (out.data.empty()) error = Error{ErrorCode::invalid_json, "the frame's 'data' is missing"};
  } else if (op == "token") {
    Token& out = frame.emplace<Token>();
    in.take(Field::ref, out.ref);
    in.need(Field::token, out.token);
  } else {
    frame.emplace<UnknownControl>().op = op;
  }
}

// Writes {"op":"…", member by member, and the brace that closes it.
class Writer {
 public:
  explicit Writer(std::string_view op) : out_("{\"op\":") { append_json_string(out_, op); }

  Writer& text(Field field, std::string_view value) {
    name(field);
    append_json_string(out_, value);
    return *this;
  }
  Writer& text_if_any(Field field, std::string_view value) {
    return value.empty() ? *this : text(field, value);
  }
  Writer& number(Field field, std::uint64_t value) {
    name(field);
    append_number(out_, value);
    return *this;
  }
  Writer& number_if_any(Field field, std::optional<std::uint64_t> value) {
    return value ? number(field, *value) : *this;
  }
  Writer& duration(Field field, Duration value) {
    return number(field, static_cast<std::uint64_t>(std::max(value, Duration{0}).count()));
  }
  Writer& flag(Field field, bool value) { return raw(field, value ? "true" : "false"); }
  Writer& cursor(Field field, const Cursor& value) { return text(field, to_string(value)); }
  template <typename T, typename ToText>
  Writer& texts(Field field, const std::vector<T>& values, ToText to_text) {
    name(field);
    char before = '[';
    for (const T& value : values) {
      out_ += std::exchange(before, ',');
      append_json_string(out_, to_text(value));
    }
    out_ += values.empty() ? "[]" : "]";
    return *this;
  }
  Writer& raw(Field field, std::string_view value) {
    name(field);
    out_ += value;
    return *this;
  }

  std::string finish() {
    out_ += '}';
    return std::move(out_);
  }
  std::string unfinished() { return std::move(out_); }

 private:
  void name(Field field) {
    out_ += ",\"";
    out_ += field_names[static_cast<std::size_t>(field)];
    out_ += "\":";
  }

  std::string out_;
};

std::string encode_one(const Hello& frame) {
  Writer out{"hello"};
  out.number(Field::version, frame.version)
      .text(Field::epoch, frame.epoch)
      .cursor(Field::cursor, frame.cursor)
      .flag(Field::recovered, frame.recovered)
      .duration(Field::ping, frame.ping)
      .duration(Field::window, frame.window)
      .text_if_any(Field::client, frame.client);
  if (!frame.cursors.empty()) {
    out.texts(Field::cursors, frame.cursors,
              [](const Cursor& cursor) { return to_string(cursor); });
  }
  return out.finish();
}

std::string encode_one(const Subscribed& frame) {
  return Writer{"subscribed"}
      .number(Field::ref, frame.ref)
      .cursor(Field::cursor, frame.cursor)
      .flag(Field::recovered, frame.recovered)
      .finish();
}

std::string encode_one(const LiveMark& frame) {
  return Writer{"live"}
      .number_if_any(Field::ref, frame.ref)
      .cursor(Field::cursor, frame.cursor)
      .finish();
}

std::string encode_one(const Ping& frame) {
  return Writer{"ping"}
      .cursor(Field::cursor, frame.cursor)
      .duration(Field::window, frame.window)
      .finish();
}

std::string encode_one(const Gap& frame) {
  return Writer{"gap"}
      .text(Field::pattern, frame.pattern)
      .cursor(Field::after, frame.after)
      .cursor(Field::until, frame.until)
      .text(Field::reason, frame.reason)
      .finish();
}

std::string encode_one(const Ack& frame) {
  Writer out{"ack"};
  out.number(Field::ref, frame.ref);
  if (frame.id != 0) out.number(Field::id, frame.id);
  return out.finish();
}

std::string encode_one(const ErrorFrame& frame) {
  return Writer{"error"}
      .number_if_any(Field::ref, frame.ref)
      .text(Field::code, frame.code)
      .text(Field::message, frame.message)
      .text_if_any(Field::pattern, frame.pattern)
      .finish();
}

std::string encode_one(const Retry& frame) {
  return Writer{"retry"}
      .duration(Field::delay, frame.delay)
      .text_if_any(Field::ticket, frame.ticket)
      .text_if_any(Field::reason, frame.reason)
      .finish();
}

std::string encode_one(const Next& frame) {
  return Writer{"next"}
      .cursor(Field::cursor, frame.cursor)
      .duration(Field::window, frame.window)
      .duration(Field::interval, frame.interval)
      .flag(Field::more, frame.more)
      .finish();
}

std::string encode_one(const Close& frame) {
  return Writer{"close"}
      .number(Field::code, frame.code)
      .text_if_any(Field::reason, frame.reason)
      .finish();
}

std::string encode_one(const UnknownControl& frame) { return Writer{frame.op}.finish(); }

}  // namespace

Result<ServerFrame> parse_server_frame(std::string_view frame) {
  Members in{frame};
  std::string op;
  in.need(Field::op, op);
  Result<ServerFrame> out{std::in_place};
  read_server_frame(op, in, *out);
  if (in.failed()) return in.fault();
  return out;
}

Result<ClientFrame> parse_client_frame(std::string_view frame, std::optional<std::uint64_t>* ref) {
  Members in{frame};
  if (ref) *ref = json_number(in.raw(Field::ref));
  std::string op;
  in.need(Field::op, op);
  std::optional<Error> error;
  Result<ClientFrame> out{std::in_place};
  read_client_frame(op, in, *out, error);
  if (in.failed()) return in.fault();
  if (error) return *std::move(error);
  return out;
}

std::string encode(const ServerFrame& frame) {
  return std::visit([](const auto& one) { return encode_one(one); }, frame);
}

std::string encode(const Subscribe& frame) {
  Writer out{"subscribe"};
  out.number(Field::ref, frame.ref)
      .texts(Field::patterns, frame.patterns,
             [](const std::string& pattern) -> std::string_view { return pattern; });
  if (!std::holds_alternative<Latest>(frame.start)) {
    out.text(Field::cursor, to_string(frame.start));
  }
  return out.finish();
}

std::string encode(const Unsubscribe& frame) {
  return Writer{"unsubscribe"}.number(Field::ref, frame.ref).finish();
}

std::string encode(const Token& frame) {
  Writer out{"token"};
  if (frame.ref != 0) out.number(Field::ref, frame.ref);
  return out.text(Field::token, frame.token).finish();
}

std::string encode_publish_head(std::uint64_t ref, std::string_view topic, std::string_view key) {
  return Writer{"publish"}
      .number(Field::ref, ref)
      .text(Field::topic, topic)
      .text_if_any(Field::key, key)
      .raw(Field::data, {})
      .unfinished();
}

std::string encode_publish_line_head(std::string_view topic, std::string_view key) {
  std::string out = "{\"topic\":";
  append_json_string(out, topic);
  if (!key.empty()) {
    out += ",\"key\":";
    append_json_string(out, key);
  }
  out += ",\"data\":";
  return out;
}

}  // namespace freshet::wire
