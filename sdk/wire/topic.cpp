// Checking and matching of topics and patterns.
#include "wire/topic.h"

#include <optional>

#include "wire/quoted.h"

namespace freshet::wire {
namespace {

// Takes the first segment off `rest`; afterwards `rest` is nullopt when that was the last one.
std::string_view take_segment(std::optional<std::string_view>& rest) {
  const std::size_t dot = rest->find('.');
  const std::string_view segment = rest->substr(0, dot);
  if (dot == std::string_view::npos) {
    rest.reset();
  } else {
    rest->remove_prefix(dot + 1);
  }
  return segment;
}

// What is wrong with a segment that is no wildcard; empty when nothing is.
std::string_view segment_fault(std::string_view segment) {
  if (segment.empty()) return "it has an empty segment";
  if (segment == "$") return "a segment needs a name behind '$'";
  if (segment.front() == '$') segment.remove_prefix(1);
  for (const char c : segment) {
    if (c == '*') return "'*' must be a whole segment";
    if (c == '>') return "'>' must be the whole last segment";
    if (c == '$') return "'$' may only begin a segment";
    if (!is_name_byte(c)) return "segments are made of letters, digits, '_' and '-'";
  }
  return {};
}

// What is wrong with a topic or pattern; empty when nothing is.
std::string_view fault_of(std::string_view text, bool wildcards) {
  if (text.empty()) return "it is empty";
  if (text.size() > topic_bytes_max) return "it is longer than 255 bytes";
  std::size_t segments = 0;
  std::optional<std::string_view> rest = text;
  while (rest) {
    const std::string_view segment = take_segment(rest);
    if (++segments > topic_segments_max) return "it has more than 16 segments";
    if (segment == "*" || segment == ">") {
      if (!wildcards) return "wildcards name no single topic";
      if (segment == ">" && rest) return "'>' must be the last segment";
      continue;
    }
    if (const std::string_view fault = segment_fault(segment); !fault.empty()) return fault;
  }
  return {};
}

Result<void> check(std::string_view text, bool wildcards, ErrorCode code, std::string_view kind) {
  const std::string_view fault = fault_of(text, wildcards);
  if (fault.empty()) return {};
  Text message = quoted(text);
  message += " is not a ";
  message += kind;
  message += ": ";
  message += fault;
  return Error{code, std::move(message)};
}

}  // namespace

Result<void> check_topic(std::string_view text) {
  return check(text, false, ErrorCode::invalid_topic, "topic");
}

Result<void> check_pattern(std::string_view text) {
  return check(text, true, ErrorCode::invalid_pattern, "pattern");
}

bool is_name_byte(char c) {
  const char lower = static_cast<char>(c | 0x20);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
}

bool is_reserved_topic(std::string_view topic) {
  // '$' only ever begins a segment.
  return topic.find('$') != std::string_view::npos;
}

bool is_exact(std::string_view pattern) {
  return pattern.find_first_of("*>") == std::string_view::npos;
}

bool matches(std::string_view pattern, std::string_view topic) {
  std::optional<std::string_view> pattern_rest = pattern;
  std::optional<std::string_view> topic_rest = topic;
  while (pattern_rest && topic_rest) {
    if (*pattern_rest == ">") return !is_reserved_topic(*topic_rest);
    const std::string_view want = take_segment(pattern_rest);
    const std::string_view have = take_segment(topic_rest);
    if (want == "*" ? have.front() == '$' : want != have) return false;
  }
  return !pattern_rest && !topic_rest;
}

}  // namespace freshet::wire
