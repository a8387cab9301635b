// Reading the head of an HTTP answer. Pure.
#pragma once

#include <string>
#include <string_view>

#include "freshet/platform.h"

namespace freshet::native {

std::string_view trim(std::string_view text);

// The first header of this name, without regard to case; nullptr without one.
const std::string* find_header(const HttpHead& head, std::string_view name);

// Whether one of the comma-separated words of the header is `word`, without regard to case.
bool has_word(const HttpHead& head, std::string_view name, std::string_view word);

// What a refusing answer says: when to return, with which ticket, and why (`body` may be the
// beginning of a problem document, or anything).
ConnectionEnd refused_end(const HttpHead& head, std::string_view body);

}  // namespace freshet::native
