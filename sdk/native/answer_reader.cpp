#include "native/answer_reader.h"

namespace freshet::native {

namespace {

// As much of a refusal as a problem document may need.
constexpr std::size_t refusal_bytes_max = 4'096;

}  // namespace

void AnswerReader::on_head(const HttpHead& head) {
  if (head.status == 200) {
    refusal_.reset();
    on_accepted(head);
  } else {
    refusal_ = std::make_unique<Refusal>(Refusal{head, {}});
  }
}

void AnswerReader::on_body(std::string_view bytes) {
  if (!refusal_) {
    on_bytes(bytes);
  } else if (refusal_->body.size() < refusal_bytes_max) {
    refusal_->body += bytes.substr(0, refusal_bytes_max - refusal_->body.size());
  }
}

void AnswerReader::on_end(const ConnectionEnd& end) {
  // A refusal that broke off in its body was a refusal all the same.
  if (const auto refusal = std::move(refusal_)) {
    on_answered(refused_end(refusal->head, refusal->body));
  } else {
    on_answered(end);
  }
}

}  // namespace freshet::native
