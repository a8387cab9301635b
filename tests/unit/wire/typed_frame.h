// Server frames read into the structs that they are written from, and client frames written from
// those that they are read into: for tests that look at each.
#pragma once

#include <string_view>
#include <utility>

#include "wire/control.h"
#include "wire/json.h"

namespace freshet::wire {

inline Result<ServerFrame> parse_server_frame(std::string_view text) {
  const auto flat = flatten(text);
  if (!flat) return Error{ErrorCode::malformed, "the frame is not one JSON object"};
  const ControlFrame in{*flat};
  if (!in.well_formed()) return Error{ErrorCode::malformed, "it is not in its form"};
  const auto cursor = [&](Field field) {
    Cursor out;
    in.read(field, out);
    return out;
  };
  const auto words = [&](Field field) { return Text{in.text(field)}; };
  const auto ref = in.has(Field::ref) ? std::optional{in.number(Field::ref)} : std::nullopt;
  switch (in.op()) {
    case Op::hello: {
      List<Cursor> cursors;
      for (std::string_view rest = in.text(Field::cursors); !rest.empty();) {
        take_cursor(rest, cursors.emplace_back());
      }
      return ServerFrame{Hello{.version = in.number(Field::version),
                               .epoch = words(Field::epoch),
                               .cursor = cursor(Field::cursor),
                               .recovered = in.flag(Field::recovered, true),
                               .ping = in.duration(Field::ping, ping_default),
                               .window = in.duration(Field::window, window_default),
                               .client = words(Field::client),
                               .cursors = std::move(cursors)}};
    }
    case Op::subscribed:
      return ServerFrame{
          Subscribed{ref.value(), cursor(Field::cursor), in.flag(Field::recovered, true)}};
    case Op::live:
      return ServerFrame{LiveMark{ref, cursor(Field::cursor)}};
    case Op::ping:
      return ServerFrame{Ping{cursor(Field::cursor), in.duration(Field::window, window_default)}};
    case Op::gap:
      return ServerFrame{Gap{words(Field::pattern), cursor(Field::after), cursor(Field::until),
                             words(Field::reason)}};
    case Op::ack:
      return ServerFrame{Ack{ref.value(), in.number(Field::id)}};
    case Op::error:
      return ServerFrame{ErrorFrame{ref, Text{to_string(in.error_code())}, words(Field::message),
                                    words(Field::pattern)}};
    case Op::retry:
      return ServerFrame{Retry{in.duration(Field::delay, Duration{0}), words(Field::ticket),
                               words(Field::reason)}};
    case Op::next:
      return ServerFrame{Next{cursor(Field::cursor), in.duration(Field::window, window_default),
                              in.duration(Field::interval, interval_default),
                              in.flag(Field::more, false)}};
    case Op::close:
      return ServerFrame{
          Close{static_cast<std::uint16_t>(in.number(Field::close_code)), words(Field::reason)}};
    case Op::unknown:
      break;
  }
  return ServerFrame{UnknownControl{}};
}

// Writes {"op":"…", member by member, and the brace that closes it.
class ClientFrameWriter {
 public:
  explicit ClientFrameWriter(std::string_view op) { text("op", op); }

  ClientFrameWriter& text(std::string_view name, std::string_view value) {
    begin(name);
    append_json_string(out_, value);
    return *this;
  }
  ClientFrameWriter& ref(std::uint64_t value) {
    begin("ref");
    append_number(out_, value);
    return *this;
  }
  ClientFrameWriter& raw(std::string_view name, std::string_view value) {
    begin(name);
    out_ += value;
    return *this;
  }
  Text finish() { return out_ += '}'; }

 private:
  void begin(std::string_view name) {
    out_ += out_.empty() ? '{' : ',';
    append_json_string(out_, name);
    out_ += ':';
  }

  Text out_;
};

inline Text encode(const Subscribe& frame) {
  Text patterns = "[";
  for (const Text& pattern : frame.patterns) {
    if (patterns.size() > 1) patterns += ',';
    append_json_string(patterns, pattern);
  }
  patterns += ']';
  ClientFrameWriter out{"subscribe"};
  out.ref(frame.ref).raw("patterns", patterns);
  if (!frame.start.is_latest()) out.text("cursor", to_string(frame.start));
  return out.finish();
}

inline Text encode(const Unsubscribe& frame) {
  return ClientFrameWriter{"unsubscribe"}.ref(frame.ref).finish();
}

inline Text encode(const Token& frame) {
  ClientFrameWriter out{"token"};
  if (frame.ref != 0) out.ref(frame.ref);
  return out.text("token", frame.token).finish();
}

inline Text encode(const Publish& frame) {
  ClientFrameWriter out{"publish"};
  out.ref(frame.ref).text("topic", frame.topic);
  if (!frame.key.empty()) out.text("key", frame.key);
  return out.raw("data", frame.data).finish();
}

}  // namespace freshet::wire
