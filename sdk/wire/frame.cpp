// Reading a message frame's head, and writing whole frames. parse_message_head is the hot path of
// every client: it looks at the first bytes only, and allocates nothing.
#include "wire/frame.h"

#include <algorithm>

#include "wire/json.h"
#include "wire/topic.h"

namespace freshet::wire {
namespace {

// Takes `expected` off the front of `rest`; false when something else stands there.
bool take(std::string_view& rest, std::string_view expected) {
  if (!rest.starts_with(expected)) return false;
  rest.remove_prefix(expected.size());
  return true;
}

// Takes off what stands in front of the next `end`, which stays.
std::string_view take_until(std::string_view& rest, char end) {
  const std::string_view taken = rest.substr(0, rest.find(end));
  rest.remove_prefix(taken.size());
  return taken;
}

bool take_number(std::string_view& rest, std::uint64_t& value) {
  const auto number = json_number(take_until(rest, ','));
  value = number.value_or(0);
  return static_cast<bool>(number);
}

// What may stand in a topic; its segments are the publisher's and the hub's affair.
bool is_topic_byte(char c) { return is_name_byte(c) || c == '.' || c == '$'; }

bool is_topic(std::string_view text) {
  return !text.empty() && text.size() <= topic_bytes_max &&
         std::all_of(text.begin(), text.end(), is_topic_byte);
}

}  // namespace

bool is_control(std::string_view frame) { return frame.starts_with("{\"op\":"); }

Result<MessageHead> parse_message_head(std::string_view frame) {
  // Inside a string a quote stands behind a backslash, and members between `time` and `data` are
  // scalars, so the first of these is not part of any other member.
  constexpr std::string_view data_name = ",\"data\":";
  std::string_view rest = frame.substr(0, head_bytes_max);
  MessageHead head;
  const std::size_t data_at = rest.find(data_name);
  head.data_offset = data_at + data_name.size();
  const bool whole = take(rest, "{\"id\":") && take_number(rest, head.id) &&
                     take(rest, ",\"topic\":\"") && is_topic(head.topic = take_until(rest, '"')) &&
                     take(rest, "\",\"time\":") && take_number(rest, head.time) &&
                     data_at != std::string_view::npos;
  if (!whole) return Error{ErrorCode::malformed, "a message frame's head is not in its form"};
  return head;
}

std::string_view frame_data(std::string_view frame, const MessageHead& head) {
  const std::size_t end = frame.rfind('}');
  if (end == std::string_view::npos || end < head.data_offset) return {};
  return frame.substr(head.data_offset, end - head.data_offset);
}

Text encode_message(std::uint64_t id, std::string_view topic, std::uint64_t time,
                    std::string_view data, std::string_view extra) {
  constexpr std::size_t fixed_bytes_max = 80;  // Names, punctuation and two numbers.
  Text out;
  out.reserve(fixed_bytes_max + topic.size() + data.size() + extra.size());
  out += "{\"id\":";
  append_number(out, id);
  out += ",\"topic\":\"";
  out += topic;
  out += "\",\"time\":";
  append_number(out, time);
  out += extra;
  out += ",\"data\":";
  const std::size_t data_begin = out.size();
  out += data;
  // One frame is one line: a carrier cuts at line ends. In valid JSON raw ones stand only between
  // tokens.
  for (std::size_t at = std::string_view{out}.find_first_of("\r\n", data_begin);
       at != std::string_view::npos; at = std::string_view{out}.find_first_of("\r\n", at + 1)) {
    out[at] = ' ';
  }
  out += '}';
  return out;
}

}  // namespace freshet::wire
