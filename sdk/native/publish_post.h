// One POST of a batch of publishes, and what its answer says of each. Used by client_driver.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/event.h"
#include "freshet/platform.h"
#include "native/answer_reader.h"

namespace freshet::native {

class PublishPost final : private AnswerReader {
 public:
  // What was answered, and how the answer ended.
  struct Outcome {
    std::vector<core::PublishAnswer> answers;
    ConnectionEnd end;
  };
  using OnOutcome = std::function<void(const Outcome&)>;

  // `publishes`: one for each line of the request's body. `on_outcome` is called once, unless this
  // is destroyed before; it may destroy this.
  PublishPost(Platform& platform, HttpRequest request, std::vector<core::PublishId> publishes,
              OnOutcome on_outcome);

 private:
  void on_bytes(std::string_view bytes) override;
  void on_answered(const ConnectionEnd& end) override;
  bool take_line(std::string_view line);

  std::vector<core::PublishId> publishes_;
  OnOutcome on_outcome_;
  Outcome outcome_;
  LineReader lines_;
  std::unique_ptr<Platform::Request> request_;
};

}  // namespace freshet::native
