// Topics and patterns (docs/protocol.md): what is one, and whether they match. Used by both ends.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "freshet/result.h"

namespace freshet::wire {

inline constexpr std::size_t topic_bytes_max = 255;
inline constexpr std::size_t topic_segments_max = 16;

// A topic is 1 to 16 dot-separated segments of [A-Za-z0-9_-]+, at most 255 bytes. A segment may
// begin with one '$' more (reserved for the system). Returns ErrorCode::invalid_topic with a
// sentence that names the fault: "'prices..x' is not a topic: it has an empty segment".
Result<void> check_topic(std::string_view text);

// A pattern is a topic in which '*' stands for one segment and a final '>' for one or more.
// Returns ErrorCode::invalid_pattern: "'prices*' is not a pattern: '*' must be a whole segment".
Result<void> check_pattern(std::string_view text);

// The same as whether it is one, with the error in `error` if not.
bool check_topic(std::string_view text, Error& error);
bool check_pattern(std::string_view text, Error& error);

// Whether `c` is one of [A-Za-z0-9_-], which segments and epochs are made of.
bool is_name_byte(char c);

// Whether the topic has a segment that begins with '$': only the server publishes there.
bool is_reserved_topic(std::string_view topic);

// Whether `pattern` names exactly one topic, so that it holds no wildcard.
bool is_exact(std::string_view pattern);

// Whether `pattern` matches `topic`. No wildcard matches a segment that begins with '$'.
// REQUIRES: both were checked.
bool matches(std::string_view pattern, std::string_view topic);

}  // namespace freshet::wire
