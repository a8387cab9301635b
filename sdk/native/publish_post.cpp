#include "native/publish_post.h"

#include <optional>
#include <utility>

#include "wire/control.h"

namespace freshet::native {

namespace {

struct Answer {
  std::uint64_t ref = 0;
  Result<std::uint64_t> id = Error{};
};

std::optional<Answer> parse_answer(std::string_view line) {
  const auto frame = wire::parse_server_frame(line);
  if (!frame) return std::nullopt;
  if (const auto* ack = std::get_if<wire::Ack>(&*frame)) return Answer{ack->ref, ack->id};
  const auto* error = std::get_if<wire::ErrorFrame>(&*frame);
  if (error == nullptr || !error->ref) return std::nullopt;
  return Answer{*error->ref, Error{error_code_from(error->code), error->message}};
}

}  // namespace

PublishPost::PublishPost(Platform& platform, HttpRequest request,
                         std::vector<core::PublishId> publishes, OnOutcome on_outcome)
    : publishes_(std::move(publishes)), on_outcome_(std::move(on_outcome)) {
  request.headers.emplace_back("Content-Type", "application/x-ndjson");
  request_ = platform.request(std::move(request), *this);
}

void PublishPost::on_bytes(std::string_view bytes) {
  if (!request_) return;
  if (lines_.feed(bytes, [this](std::string_view line) { return take_line(line); })) return;
  request_.reset();
  outcome_.end = {.kind = EndKind::malformed, .reason = "the answer to a publish is none"};
  on_outcome_(outcome_);
}

bool PublishPost::take_line(std::string_view line) {
  auto answer = parse_answer(line);
  if (!answer || answer->ref >= publishes_.size()) return false;
  outcome_.answers.push_back({publishes_[answer->ref], std::move(answer->id)});
  return true;
}

void PublishPost::on_answered(const ConnectionEnd& end) {
  request_.reset();
  outcome_.end = end;
  on_outcome_(outcome_);
}

}  // namespace freshet::native
