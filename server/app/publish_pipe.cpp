#include "app/publish_pipe.h"

#include <cstdio>
#include <utility>

namespace freshet::app {
namespace {

// A server that is away for hours is waited for: the input is not lost meanwhile, it is not read.
constexpr Duration patience{24 * 60 * 60'000};
// How often a wait for an answer looks whether the program is to end.
constexpr std::chrono::milliseconds look_around{20};
constexpr std::chrono::seconds closing_reason_wait{5};

}  // namespace

void PublishPipe::publish(std::string topic, std::string json, std::string origin) {
  while (!over() && under_way_.size() >= under_way_max) take_first();
  if (over()) return;
  under_way_.push_back(
      {client_.publish_json(std::move(topic), std::move(json), {.timeout = patience}),
       std::move(origin)});
}

bool PublishPipe::over() {
  while (!code_ && !under_way_.empty() &&
         under_way_.front().outcome.wait_for(std::chrono::seconds{0}) ==
             std::future_status::ready) {
    take_first();
  }
  if (!code_) code_ = ending_.wait_for(std::chrono::nanoseconds{0});
  return code_.has_value();
}

ExitCode PublishPipe::finish() {
  while (!over() && !under_way_.empty()) take_first();
  client_.close();
  return code_.value_or(done);
}

void PublishPipe::take_first() {
  auto& [answer, origin] = under_way_.front();
  while (answer.wait_for(look_around) != std::future_status::ready) {
    if ((code_ = ending_.wait_for(std::chrono::nanoseconds{0}))) return;
  }
  const auto outcome = answer.get();
  const std::string before = origin.empty() ? "" : origin + ": ";
  under_way_.pop_front();
  if (!outcome) {
    // A client that was closed for a reason tells it, and the code, at about the same time.
    if (outcome.error().code == ErrorCode::closed &&
        (code_ = ending_.wait_for(closing_reason_wait))) {
      return;
    }
    complain(command_, before + outcome.error().message);
    code_ = exit_code_of(outcome.error().code);
  } else if (prints_ids_) {
    std::printf("{\"id\":%llu}\n", static_cast<unsigned long long>(outcome->id));
    if (std::fflush(stdout) != 0) code_ = done;
  }
}

}  // namespace freshet::app
