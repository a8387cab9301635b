// Checking and matching of topics and patterns.
#include "wire/topic.h"

#include "wire/quoted.h"

namespace freshet::wire {
namespace {

// What stands before the first dot; all when there is none.
std::string_view first_segment(std::string_view text) { return text.substr(0, text.find('.')); }

constexpr std::string_view arrow_fault = "'>' must be the whole last segment";
constexpr std::string_view dollar_fault = "'$' must begin a segment's name";

// What is wrong with a segment that is no wildcard; empty when nothing is.
std::string_view segment_fault(std::string_view segment) {
  if (segment.empty()) return "it has an empty segment";
  if (segment.front() == '$') segment.remove_prefix(1);
  if (segment.empty()) return dollar_fault;
  for (const char c : segment) {
    if (c == '*') return "'*' must be a whole segment";
    if (c == '>') return arrow_fault;
    if (c == '$') return dollar_fault;
    if (!is_name_byte(c)) return "segments are made of letters, digits, '_' and '-'";
  }
  return {};
}

// What is wrong with a topic or pattern; empty when nothing is.
std::string_view fault_of(std::string_view text, bool wildcards) {
  if (text.size() > topic_bytes_max) return "it is longer than 255 bytes";
  for (std::size_t segments = 1;; ++segments) {
    if (segments > topic_segments_max) return "it has more than 16 segments";
    const std::string_view segment = first_segment(text);
    const bool last = segment.size() == text.size();
    if (segment == "*" || segment == ">") {
      if (!wildcards) return "wildcards name no single topic";
      if (segment == ">" && !last) return arrow_fault;
    } else if (const std::string_view fault = segment_fault(segment); !fault.empty()) {
      return fault;
    }
    if (last) return {};
    text.remove_prefix(segment.size() + 1);
  }
}

// The same as a sentence.
bool check(std::string_view text, bool wildcards, Error& error) {
  const std::string_view fault = fault_of(text, wildcards);
  if (fault.empty()) return true;
  error.code = wildcards ? ErrorCode::invalid_pattern : ErrorCode::invalid_topic;
  error.message.clear();
  append_quoted(error.message, text);
  error.message += wildcards ? " is not a pattern: " : " is not a topic: ";
  error.message += fault;
  return false;
}

}  // namespace

bool check_topic(std::string_view text, Error& error) { return check(text, false, error); }

bool check_pattern(std::string_view text, Error& error) { return check(text, true, error); }

Result<void> check_topic(std::string_view text) {
  Error error;
  if (!check_topic(text, error)) return error;
  return {};
}

Result<void> check_pattern(std::string_view text) {
  Error error;
  if (!check_pattern(text, error)) return error;
  return {};
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
  while (pattern != ">") {
    const std::string_view want = first_segment(pattern);
    const std::string_view have = first_segment(topic);
    if (want == "*" ? have.starts_with('$') : want != have) return false;
    const bool pattern_ends = want.size() == pattern.size();
    const bool topic_ends = have.size() == topic.size();
    if (pattern_ends || topic_ends) return pattern_ends && topic_ends;
    pattern.remove_prefix(want.size() + 1);
    topic.remove_prefix(have.size() + 1);
  }
  return !is_reserved_topic(topic);
}

}  // namespace freshet::wire
