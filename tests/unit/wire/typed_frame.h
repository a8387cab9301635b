// Server frames read into the structs that they are written from, for tests that look at each.
#pragma once

#include <string_view>
#include <utility>

#include "wire/control.h"

namespace freshet::wire {

inline Result<ServerFrame> parse_server_frame(std::string_view text) {
  const auto read = read_server_frame(text);
  if (!read) return read.error();
  const ControlFrame& in = *read;
  const auto ref = in.has(Field::ref) ? std::optional{in.number(Field::ref)} : std::nullopt;
  switch (in.op()) {
    case Op::hello:
      return ServerFrame{Hello{.version = in.number(Field::version),
                               .epoch = in.text(Field::epoch),
                               .cursor = in.cursor(Field::cursor),
                               .recovered = in.flag(Field::recovered, true),
                               .ping = in.duration(Field::ping, ping_default),
                               .window = in.duration(Field::window, window_default),
                               .client = in.text(Field::client),
                               .cursors = in.cursors()}};
    case Op::subscribed:
      return ServerFrame{
          Subscribed{ref.value(), in.cursor(Field::cursor), in.flag(Field::recovered, true)}};
    case Op::live:
      return ServerFrame{LiveMark{ref, in.cursor(Field::cursor)}};
    case Op::ping:
      return ServerFrame{
          Ping{in.cursor(Field::cursor), in.duration(Field::window, window_default)}};
    case Op::gap:
      return ServerFrame{Gap{in.text(Field::pattern), in.cursor(Field::after),
                             in.cursor(Field::until), in.text(Field::reason)}};
    case Op::ack:
      return ServerFrame{Ack{ref.value(), in.number(Field::id)}};
    case Op::error:
      return ServerFrame{
          ErrorFrame{ref, in.text(Field::code), in.text(Field::message), in.text(Field::pattern)}};
    case Op::retry:
      return ServerFrame{Retry{in.duration(Field::delay, Duration{0}), in.text(Field::ticket),
                               in.text(Field::reason)}};
    case Op::next:
      return ServerFrame{Next{in.cursor(Field::cursor), in.duration(Field::window, window_default),
                              in.duration(Field::interval, interval_default),
                              in.flag(Field::more, false)}};
    case Op::close:
      return ServerFrame{
          Close{static_cast<std::uint16_t>(in.number(Field::close_code)), in.text(Field::reason)}};
    case Op::unknown:
      break;
  }
  return ServerFrame{UnknownControl{in.text(Field::op)}};
}

}  // namespace freshet::wire
