// One POST of a batch of publishes, and the lines of its answer. Used by client_driver.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "freshet/platform.h"
#include "native/answer_reader.h"

namespace freshet::native {

class PublishPost final : private AnswerReader {
 public:
  using OnLine = std::function<void(std::string_view)>;
  using OnEnd = std::function<void(const ConnectionEnd&)>;

  // `on_line` is called for each line of the answer, `on_end` once, last; it may destroy this.
  PublishPost(Platform& platform, HttpRequest request, OnLine on_line, OnEnd on_end);

 private:
  void on_bytes(std::string_view bytes) override;
  void on_answered(const ConnectionEnd& end) override;

  OnLine on_line_;
  OnEnd on_end_;
  LineReader lines_;
  std::unique_ptr<Platform::Request> request_;
};

}  // namespace freshet::native
