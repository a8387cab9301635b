// Texts in pictures: used by `freshet herd` and by bench/.
#pragma once

#include <string>
#include <string_view>

namespace freshet::app {

// For the content of an element.
inline std::string svg_text(std::string_view words) {
  std::string safe;
  for (const char c : words) {
    if (c == '<') {
      safe += "&lt;";
    } else if (c == '&') {
      safe += "&amp;";
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace freshet::app
