// Reading a message frame's head, and writing whole frames. parse_message_head is the hot path of
// every client: one pass, no allocation.
#include "wire/frame.h"

#include "wire/json.h"
#include "wire/topic.h"

namespace freshet::wire {
namespace {

// What may stand in a topic; its segments are the publisher's and the hub's affair.
bool is_topic_byte(char c) { return is_name_byte(c) || c == '.' || c == '$'; }

// Reads from the front of a frame; each function is false when something else stands there.
class HeadReader {
 public:
  explicit HeadReader(std::string_view frame) : frame_(frame) {}

  bool take(std::string_view expected) {
    if (frame_.substr(at_, expected.size()) != expected) return false;
    at_ += expected.size();
    return true;
  }

  bool take_number(std::uint64_t& value) {
    const std::size_t begin = at_;
    while (at_ < frame_.size() && frame_[at_] >= '0' && frame_[at_] <= '9') ++at_;
    const auto number = json_number(frame_.substr(begin, at_ - begin));
    value = number.value_or(0);
    return number.has_value();
  }

  bool take_topic(std::string_view& topic) {
    const std::size_t begin = at_;
    while (at_ < frame_.size() && is_topic_byte(frame_[at_])) ++at_;
    topic = frame_.substr(begin, at_ - begin);
    return !topic.empty() && topic.size() <= topic_bytes_max;
  }

  // Steps over the members between `time` and `data`, up to behind "data":.
  bool take_until_data() {
    constexpr std::string_view data_name = "\"data\":";
    while (take(",")) {
      if (take(data_name)) return true;
      if (!take_string() || !take(":") || !take_scalar()) return false;
    }
    return false;
  }

  std::size_t at() const { return at_; }

 private:
  bool take_string() {
    if (!take("\"")) return false;
    while (at_ < frame_.size()) {
      const char c = frame_[at_++];
      if (c == '"') return true;
      if (c == '\\') ++at_;
    }
    return false;
  }

  bool take_scalar() {
    if (at_ < frame_.size() && frame_[at_] == '"') return take_string();
    const std::size_t begin = at_;
    at_ = frame_.find_first_of(",{}[]\" \t\r\n", at_);
    return at_ != std::string_view::npos && at_ > begin;
  }

  std::string_view frame_;
  std::size_t at_ = 0;
};

}  // namespace

bool is_control(std::string_view frame) { return frame.starts_with("{\"op\":"); }

Result<MessageHead> parse_message_head(std::string_view frame) {
  HeadReader reader{frame.substr(0, head_bytes_max)};
  MessageHead head;
  const bool whole = reader.take("{\"id\":") && reader.take_number(head.id) &&
                     reader.take(",\"topic\":\"") && reader.take_topic(head.topic) &&
                     reader.take("\",\"time\":") && reader.take_number(head.time) &&
                     reader.take_until_data();
  if (!whole) return Error{ErrorCode::malformed, "a message frame's head is not in its form"};
  head.data_offset = reader.at();
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
