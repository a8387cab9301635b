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

// The raw members of one control frame. The first one that is absent although it must be there, or
// is not of its type, is remembered: the readers fill the frame's whole struct, then ask fault()
// once. An optional member that is null counts as absent.
class Members {
 public:
  explicit Members(std::string_view frame) {
    JsonReader reader{frame};
    while (const auto member = reader.next()) {
      const auto name = std::find(field_names.begin(), field_names.end(), member->name);
      if (name != field_names.end()) {
        values_[static_cast<std::size_t>(name - field_names.begin())] = member->value;
      }
    }
    whole_ = reader.complete();
  }

  bool failed() const { return !whole_ || bad_; }
  Error fault() const;

  std::string_view raw(Field field) const { return values_[static_cast<std::size_t>(field)]; }
  bool has(Field field) const { return !raw(field).empty() && raw(field) != "null"; }

  std::string text(Field field) { return required(field, json_string(raw(field))); }
  std::string text_or_empty(Field field) { return has(field) ? text(field) : std::string{}; }

  std::uint64_t number(Field field) { return required(field, json_number(raw(field))); }
  std::optional<std::uint64_t> optional_number(Field field) {
    if (!has(field)) return std::nullopt;
    return number(field);
  }

  bool flag_or(Field field, bool absent) {
    return has(field) ? required(field, json_bool(raw(field))) : absent;
  }

  Duration duration(Field field, Duration max) { return required(field, clamped(raw(field), max)); }
  Duration duration_or(Field field, Duration absent, Duration max) {
    return has(field) ? duration(field, max) : absent;
  }

  Cursor cursor(Field field) { return cursor_from(field, text(field)); }
  std::vector<Cursor> cursors_or_none(Field field) {
    std::vector<Cursor> out;
    for (const std::string& text : texts_or_none(field)) out.push_back(cursor_from(field, text));
    return out;
  }

  std::vector<std::string> texts(Field field) { return required(field, json_strings(raw(field))); }
  std::vector<std::string> texts_or_none(Field field) {
    return has(field) ? texts(field) : std::vector<std::string>{};
  }

  void reject(Field field) {
    if (!bad_) bad_ = field;
  }

 private:
  template <typename T>
  T required(Field field, std::optional<T> value) {
    if (value) return *std::move(value);
    reject(field);
    return T{};
  }

  Cursor cursor_from(Field field, std::string_view text) {
    auto cursor = parse_cursor(text);
    return required(field, cursor ? std::optional{*std::move(cursor)} : std::nullopt);
  }

  // A number below zero or too large to read is still a number: it is clamped like any other.
  static std::optional<Duration> clamped(std::string_view digits, Duration max) {
    const bool negative = digits.starts_with('-');
    if (negative) digits.remove_prefix(1);
    if (digits.empty() || digits.find_first_not_of("0123456789") != std::string_view::npos) {
      return std::nullopt;
    }
    if (negative) return Duration{0};
    const auto value = json_number(digits);
    if (!value || *value > static_cast<std::uint64_t>(max.count())) return max;
    return Duration{static_cast<Duration::rep>(*value)};
  }

  std::array<std::string_view, field_names.size()> values_;
  std::optional<Field> bad_;
  bool whole_ = false;
};

Error Members::fault() const {
  if (!whole_) return {ErrorCode::malformed, "the frame is not one JSON object"};
  std::string message = "the frame's '";
  message += field_names[static_cast<std::size_t>(*bad_)];
  message += has(*bad_) ? "' is not of its type" : "' is missing";
  return {ErrorCode::malformed, std::move(message)};
}

Hello read_hello(Members& in) {
  Hello out;
  out.version = in.number(Field::version);
  out.epoch = in.text(Field::epoch);
  out.cursor = in.cursor(Field::cursor);
  out.recovered = in.flag_or(Field::recovered, out.recovered);
  out.ping = in.duration_or(Field::ping, out.ping, duration_max);
  out.window = in.duration_or(Field::window, out.window, window_max);
  out.client = in.text_or_empty(Field::client);
  out.cursors = in.cursors_or_none(Field::cursors);
  return out;
}

Close read_close(Members& in) {
  constexpr std::uint64_t code_max = 0xFFFF;
  const std::uint64_t code = in.number(Field::code);
  if (code > code_max) in.reject(Field::code);
  return {static_cast<std::uint16_t>(code), in.text_or_empty(Field::reason)};
}

ServerFrame read_server_frame(const std::string& op, Members& in) {
  if (op == "hello") return read_hello(in);
  if (op == "subscribed") {
    return Subscribed{in.number(Field::ref), in.cursor(Field::cursor),
                      in.flag_or(Field::recovered, true)};
  }
  if (op == "live") return LiveMark{in.optional_number(Field::ref), in.cursor(Field::cursor)};
  if (op == "ping") {
    return Ping{in.cursor(Field::cursor), in.duration_or(Field::window, Ping{}.window, window_max)};
  }
  if (op == "gap") {
    return Gap{in.text(Field::pattern), in.cursor(Field::after), in.cursor(Field::until),
               in.text_or_empty(Field::reason)};
  }
  if (op == "ack") return Ack{in.number(Field::ref), in.optional_number(Field::id).value_or(0)};
  if (op == "error") {
    return ErrorFrame{in.optional_number(Field::ref), in.text(Field::code),
                      in.text_or_empty(Field::message), in.text_or_empty(Field::pattern)};
  }
  if (op == "retry") {
    return Retry{in.duration(Field::delay, duration_max), in.text_or_empty(Field::ticket),
                 in.text_or_empty(Field::reason)};
  }
  if (op == "next") {
    return Next{in.cursor(Field::cursor), in.duration_or(Field::window, Next{}.window, window_max),
                in.duration_or(Field::interval, Next{}.interval, duration_max),
                in.flag_or(Field::more, false)};
  }
  if (op == "close") return read_close(in);
  return UnknownControl{op};
}

// Sets `error` where another code than `malformed` says what is wrong.
ClientFrame read_client_frame(const std::string& op, Members& in, std::optional<Error>& error) {
  if (op == "subscribe") {
    Subscribe out{in.number(Field::ref), in.texts(Field::patterns), Latest{}};
    if (out.patterns.empty()) in.reject(Field::patterns);
    auto start = parse_start(in.text_or_empty(Field::cursor));
    if (start) {
      out.start = *std::move(start);
    } else {
      error = start.error();
    }
    return out;
  }
  if (op == "unsubscribe") return Unsubscribe{in.number(Field::ref)};
  if (op == "publish") {
    Publish out{in.number(Field::ref), in.text(Field::topic), in.text_or_empty(Field::key),
                in.raw(Field::data)};
    if (out.data.empty()) error = Error{ErrorCode::invalid_json, "the frame's 'data' is missing"};
    return out;
  }
  if (op == "token") {
    return Token{in.optional_number(Field::ref).value_or(0), in.text(Field::token)};
  }
  return UnknownControl{op};
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
  const std::string op = in.text(Field::op);
  ServerFrame out = read_server_frame(op, in);
  if (in.failed()) return in.fault();
  return out;
}

Result<ClientFrame> parse_client_frame(std::string_view frame, std::optional<std::uint64_t>* ref) {
  Members in{frame};
  if (ref) *ref = json_number(in.raw(Field::ref));
  const std::string op = in.text(Field::op);
  std::optional<Error> error;
  ClientFrame out = read_client_frame(op, in, error);
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
