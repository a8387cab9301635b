// A protocol whose blobs may be joined, for tests.
#pragma once

#include <string>
#include <string_view>

#include "park/joiner.h"

namespace freshet::park {

// "len=3:abc". Anything else stays as it is.
class CountedForm final : public JoinForm {
 public:
  std::string_view body_of(std::string_view blob) const override {
    return blob.starts_with("len=") ? blob.substr(blob.find(':') + 1) : std::string_view();
  }
  std::string head_of(std::size_t bytes) const override {
    return "len=" + std::to_string(bytes) + ":";
  }
};

}  // namespace freshet::park
