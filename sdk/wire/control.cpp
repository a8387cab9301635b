// Control frames: one table of member names, one of forms, one encoder for each struct.
#include "wire/control.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <iterator>
#include <utility>

#include "wire/json.h"

namespace freshet::wire {
namespace {

constexpr Duration duration_max = std::chrono::hours{24};
constexpr Duration window_max = std::chrono::minutes{10};

// In the order of Field's enumerators.
constexpr std::array<std::string_view, field_count> field_names = {
    "op",     "epoch", "client",  "pattern",   "reason",   "code",    "message", "ticket", "cursor",
    "after",  "until", "cursors", "recovered", "more",     "version", "ref",     "id",     "code",
    "window", "ping",  "delay",   "interval",  "patterns", "topic",   "key",     "data",   "token",
};
static_assert(field_count == static_cast<std::size_t>(Field::token) + 1);
static_assert(server_field_count == static_cast<std::size_t>(Field::interval) + 1);

constexpr std::size_t index_of(Field field) { return static_cast<std::size_t>(field); }

bool is_absent(std::string_view raw) { return raw.empty() || raw == "null"; }

// What stands before the next `end`, which is taken off the front of `rest` with it.
std::string_view take_until(std::string_view& rest, char end) {
  const std::string_view taken = rest.substr(0, rest.find(end));
  rest.remove_prefix(std::min(taken.size() + 1, rest.size()));
  return taken;
}

// Fills `values` with the raw members of one frame; false if it is not one JSON object.
bool read_members(std::string_view frame, std::array<std::string_view, field_count>& values) {
  JsonReader reader{frame};
  while (const auto member = reader.next()) {
    for (std::size_t i = 0; i < field_count; ++i) {
      if (field_names[i] == member->name) {
        values[i] = member->value;
        break;
      }
    }
  }
  return reader.complete();
}

Text fault_of(Field field, std::string_view raw) {
  Text message = "the frame's '";
  message += field_names[index_of(field)];
  message += is_absent(raw) ? "' is missing" : "' is not of its type";
  return message;
}

Error not_an_object() { return {ErrorCode::malformed, "the frame is not one JSON object"}; }

bool read_text(std::string_view raw, Text& out) {
  auto text = json_string(raw);
  if (text) out = *std::move(text);
  return text.has_value();
}

// A number below zero or too large to hold is still a number: it is clamped like any other.
OptionalNumber clamped_duration(std::string_view raw, Duration max) {
  const bool negative = raw.starts_with('-');
  if (negative) raw.remove_prefix(1);
  return clamped_number(raw, negative ? 0 : static_cast<std::uint64_t>(max.count()));
}

// What the frames of a server are made of.
struct Form {
  std::uint32_t needed;
  std::uint32_t allowed;
};

// In the order of Op's enumerators.
constexpr std::string_view op_names[] = {"unknown", "hello", "subscribed", "live", "ping", "gap",
                                         "ack",     "error", "retry",      "next", "close"};

Op op_from(std::string_view text) {
  const auto* const found = std::find(std::begin(op_names), std::end(op_names), text);
  return found != std::end(op_names) ? static_cast<Op>(found - std::begin(op_names)) : Op::unknown;
}

template <typename... Fields>
constexpr std::uint32_t set_of(Fields... fields) {
  return (0u | ... | (1u << index_of(fields)));
}

// In the order of Op's enumerators.
constexpr Form forms[] = {
    {set_of(Field::op), 0},  // unknown
    {set_of(Field::version, Field::epoch, Field::cursor),
     set_of(Field::recovered, Field::ping, Field::window, Field::client, Field::cursors)},  // hello
    {set_of(Field::ref, Field::cursor), set_of(Field::recovered)},                 // subscribed
    {set_of(Field::cursor), set_of(Field::ref)},                                   // live
    {set_of(Field::cursor), set_of(Field::window)},                                // ping
    {set_of(Field::pattern, Field::after, Field::until), set_of(Field::reason)},   // gap
    {set_of(Field::ref), set_of(Field::id)},                                       // ack
    {set_of(Field::code), set_of(Field::ref, Field::message, Field::pattern)},     // error
    {set_of(Field::delay), set_of(Field::ticket, Field::reason)},                  // retry
    {set_of(Field::cursor), set_of(Field::window, Field::interval, Field::more)},  // next
    {set_of(Field::close_code), set_of(Field::reason)},                            // close
};

// The members of a client's frame. need() and take() fill a struct's member in place. The first
// member that is absent although it must be there, or is not of its type, is remembered and asked
// for once, at the end.
class Members {
 public:
  explicit Members(std::string_view frame) : whole_(read_members(frame, values_)) {}

  bool failed() const { return !whole_ || bad_; }
  Error error() const {
    return whole_ ? Error{ErrorCode::malformed, fault_of(*bad_, raw(*bad_))} : not_an_object();
  }

  std::string_view raw(Field field) const { return values_[index_of(field)]; }
  void reject(Field field) {
    if (!bad_) bad_ = field;
  }

  // For a member that must be there.
  template <typename T>
  void need(Field field, T& out) {
    if (!read(raw(field), out)) reject(field);
  }
  // For one that keeps its default when it is absent or null.
  template <typename T>
  void take(Field field, T& out) {
    if (!is_absent(raw(field))) need(field, out);
  }

 private:
  static bool read(std::string_view raw, Text& out) { return read_text(raw, out); }
  static bool read(std::string_view raw, std::uint64_t& out) {
    const auto number = json_number(raw);
    out = number.value_or(0);
    return static_cast<bool>(number);
  }
  static bool read(std::string_view raw, List<Text>& out) {
    auto texts = json_strings(raw);
    if (texts) out = *std::move(texts);
    return texts.has_value();
  }

  std::array<std::string_view, field_count> values_;
  std::optional<Field> bad_;
  bool whole_;
};

// Sets `error` where another code than `malformed` says what is wrong.
void read_client_frame(std::string_view op, Members& in, ClientFrame& frame,
                       std::optional<Error>& error) {
  if (op == "subscribe") {
    Subscribe& out = frame.emplace<Subscribe>();
    Text start;
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
  Writer& cursors_if_any(Field field, const List<Cursor>& values) {
    if (values.empty()) return *this;
    name(field);
    char before = '[';
    for (const Cursor& value : values) {
      out_ += std::exchange(before, ',');
      append_json_string(out_, to_string(value));
    }
    out_ += ']';
    return *this;
  }
  Writer& raw(Field field, std::string_view value) {
    name(field);
    out_ += value;
    return *this;
  }

  Text finish() {
    out_ += '}';
    return std::move(out_);
  }

 private:
  void name(Field field) {
    out_ += ",\"";
    out_ += field_names[static_cast<std::size_t>(field)];
    out_ += "\":";
  }

  Text out_;
};

Text encode_one(const Hello& frame) {
  return Writer{"hello"}
      .number(Field::version, frame.version)
      .text(Field::epoch, frame.epoch)
      .cursor(Field::cursor, frame.cursor)
      .flag(Field::recovered, frame.recovered)
      .duration(Field::ping, frame.ping)
      .duration(Field::window, frame.window)
      .text_if_any(Field::client, frame.client)
      .cursors_if_any(Field::cursors, frame.cursors)
      .finish();
}

Text encode_one(const Subscribed& frame) {
  return Writer{"subscribed"}
      .number(Field::ref, frame.ref)
      .cursor(Field::cursor, frame.cursor)
      .flag(Field::recovered, frame.recovered)
      .finish();
}

Text encode_one(const LiveMark& frame) {
  return Writer{"live"}
      .number_if_any(Field::ref, frame.ref)
      .cursor(Field::cursor, frame.cursor)
      .finish();
}

Text encode_one(const Ping& frame) {
  return Writer{"ping"}
      .cursor(Field::cursor, frame.cursor)
      .duration(Field::window, frame.window)
      .finish();
}

Text encode_one(const Gap& frame) {
  return Writer{"gap"}
      .text(Field::pattern, frame.pattern)
      .cursor(Field::after, frame.after)
      .cursor(Field::until, frame.until)
      .text(Field::reason, frame.reason)
      .finish();
}

Text encode_one(const Ack& frame) {
  Writer out{"ack"};
  out.number(Field::ref, frame.ref);
  if (frame.id != 0) out.number(Field::id, frame.id);
  return out.finish();
}

Text encode_one(const ErrorFrame& frame) {
  return Writer{"error"}
      .number_if_any(Field::ref, frame.ref)
      .text(Field::code, frame.code)
      .text(Field::message, frame.message)
      .text_if_any(Field::pattern, frame.pattern)
      .finish();
}

Text encode_one(const Retry& frame) {
  return Writer{"retry"}
      .duration(Field::delay, frame.delay)
      .text_if_any(Field::ticket, frame.ticket)
      .text_if_any(Field::reason, frame.reason)
      .finish();
}

Text encode_one(const Next& frame) {
  return Writer{"next"}
      .cursor(Field::cursor, frame.cursor)
      .duration(Field::window, frame.window)
      .duration(Field::interval, frame.interval)
      .flag(Field::more, frame.more)
      .finish();
}

Text encode_one(const Close& frame) {
  return Writer{"close"}
      .number(Field::code, frame.code)
      .text_if_any(Field::reason, frame.reason)
      .finish();
}

Text encode_one(const UnknownControl& frame) { return Writer{frame.op}.finish(); }

}  // namespace

std::optional<Text> flatten(std::string_view json) {
  std::array<std::string_view, field_count> values;
  if (!read_members(json, values)) return std::nullopt;
  Text flat;
  for (std::size_t i = 0; i < server_field_count; ++i) {
    const std::string_view value = values[i];
    if (const auto text = json_string(value)) {
      flat += '"';
      if (i == index_of(Field::op)) {
        append_number(flat, static_cast<std::uint64_t>(op_from(*text)));
      } else if (i == index_of(Field::code)) {
        append_number(flat, static_cast<std::uint64_t>(error_code_from(*text)));
      } else {
        flat += *text;
      }
    } else if (const auto list = json_strings(value)) {
      char before = '[';
      for (const Text& item : *list) {
        flat += std::exchange(before, ',');
        flat += item;
      }
    } else if (!is_absent(value)) {
      flat += value;
    }
    flat += '\0';
  }
  return flat;
}

bool take_cursor(std::string_view& rest, Cursor& cursor) {
  return read_cursor(take_until(rest, ','), cursor);
}

bool read_cursor_at(std::string_view cursors, std::size_t place, Cursor& cursor) {
  for (; place > 0; --place) take_until(cursors, ',');
  return take_cursor(cursors, cursor);
}

ControlFrame::ControlFrame(std::string_view flat) {
  for (std::string_view& value : values_) value = take_until(flat, '\0');
  op_ = static_cast<Op>(json_number(text(Field::op)).value_or(0));
  if (op_ == Op::close) {
    std::swap(values_[index_of(Field::code)], values_[index_of(Field::close_code)]);
  }
  read(Field::cursor, cursor_);
}

bool ControlFrame::well_formed() const {
  const Form& form = forms[static_cast<std::size_t>(op_)];
  for (std::size_t i = 0; i < server_field_count; ++i) {
    const auto field = static_cast<Field>(i);
    const bool looked_at = form.needed >> i & 1 || (form.allowed >> i & 1 && has(field));
    if (looked_at && !well_typed(field)) return false;
  }
  return true;
}

std::string_view ControlFrame::text(Field field) const {
  std::string_view one = value(field);
  if (!one.empty()) one.remove_prefix(1);
  return one;
}

std::uint64_t ControlFrame::number(Field field) const {
  return json_number(value(field)).value_or(0);
}

ErrorCode ControlFrame::error_code() const {
  constexpr auto unknown = static_cast<std::uint64_t>(ErrorCode::internal);
  return static_cast<ErrorCode>(json_number(text(Field::code)).value_or(unknown));
}

bool ControlFrame::flag(Field field, bool absent) const {
  // Only the other word changes what is absent.
  return (value(field) == (absent ? "false" : "true")) != absent;
}

Duration ControlFrame::duration(Field field, Duration absent) const {
  const OptionalNumber read =
      clamped_duration(value(field), field == Field::window ? window_max : duration_max);
  return read ? Duration{static_cast<Duration::rep>(*read)} : absent;
}

// The order of the enumerators groups them by type.
bool ControlFrame::well_typed(Field field) const {
  const std::string_view one = value(field);
  if (field < Field::cursor) return one.starts_with('"');
  Cursor cursor;
  if (field < Field::cursors) return read_cursor(text(field), cursor);
  if (field == Field::cursors) {
    std::string_view rest = text(field);
    while (!rest.empty()) {
      if (!take_cursor(rest, cursor)) return false;
    }
    return one.starts_with('[');
  }
  if (field < Field::version) return one == "true" || one == "false";
  if (field < Field::window) {
    const auto number = json_number(one);
    return number && (field != Field::close_code || *number <= 0xFFFF);
  }
  return static_cast<bool>(clamped_duration(one, duration_max));
}

Result<ClientFrame> parse_client_frame(std::string_view frame, std::optional<std::uint64_t>* ref) {
  Members in{frame};
  if (ref) {
    const OptionalNumber number = json_number(in.raw(Field::ref));
    *ref = number ? std::optional{*number} : std::nullopt;
  }
  Text op;
  in.need(Field::op, op);
  std::optional<Error> error;
  Result<ClientFrame> out{std::in_place};
  read_client_frame(op, in, *out, error);
  if (in.failed()) return in.error();
  if (error) return *std::move(error);
  return out;
}

Text encode(const ServerFrame& frame) {
  return std::visit([](const auto& one) { return encode_one(one); }, frame);
}

}  // namespace freshet::wire
