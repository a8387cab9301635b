// Foreign text inside an error sentence.
#include "wire/quoted.h"

#include <cstddef>

namespace freshet::wire {

Text quoted(std::string_view text) {
  Text out;
  append_quoted(out, text);
  return out;
}

void append_quoted(Text& out, std::string_view text) {
  constexpr std::size_t shown_max = 80;
  out += '\'';
  for (const char c : text.substr(0, shown_max)) out += c >= ' ' && c <= '~' ? c : '?';
  if (text.size() > shown_max) out += "...";
  out += '\'';
}

}  // namespace freshet::wire
