#include "native/publish_post.h"

#include <utility>

namespace freshet::native {

PublishPost::PublishPost(Platform& platform, HttpRequest request, OnLine on_line, OnEnd on_end)
    : on_line_(std::move(on_line)), on_end_(std::move(on_end)) {
  request.headers.emplace_back("Content-Type", "application/x-ndjson");
  request_ = platform.request(std::move(request), *this);
}

void PublishPost::on_bytes(std::string_view bytes) {
  if (!request_) return;
  const bool read = lines_.feed(bytes, [this](std::string_view line) {
    on_line_(line);
    return true;
  });
  if (read) return;
  request_.reset();
  on_end_({.kind = EndKind::malformed, .reason = "the answer to a publish is none"});
}

void PublishPost::on_answered(const ConnectionEnd& end) {
  request_.reset();
  on_end_(end);
}

}  // namespace freshet::native
