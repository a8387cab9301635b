// Foreign text inside an error sentence. Used by every parser whose errors people read.
#pragma once

#include <string_view>

#include "freshet/containers.h"

namespace freshet::wire {

// `text` in single quotes, at most 80 characters of it, whatever is not printable ASCII as '?': it
// came from outside, and the sentence may end on a terminal, in a log line or in a frame.
Text quoted(std::string_view text);
void append_quoted(Text& out, std::string_view text);

}  // namespace freshet::wire
