#include "http/gzip.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>

#include "http/request.h"

namespace freshet::server {
namespace {

// What stands before `mark`; `text` keeps what stands behind it.
std::string_view take_until(std::string_view& text, char mark) {
  const std::size_t end = std::min(text.find(mark), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return trim(taken);
}

constexpr int full_weight = 1000;

// §12.4.2: "q=" and 0 to 1 with up to three digits behind the point, here in thousandths; without
// it 1. What is no weight is taken for a refusal: a plain answer can be read by everybody.
int weight_of(std::string_view parameters) {
  while (!parameters.empty()) {
    std::string_view value = take_until(parameters, ';');
    if (!equals_ignoring_case(take_until(value, '='), "q")) continue;
    value = trim(value);
    if (value.starts_with('1')) return full_weight;
    if (!value.starts_with("0.")) return 0;
    int weight = 0;
    int worth = full_weight / 10;
    for (const char digit : value.substr(2, 3)) {
      if (digit < '0' || digit > '9') return 0;
      weight += (digit - '0') * worth;
      worth /= 10;
    }
    return weight;
  }
  return full_weight;
}

bool has_header(const Answer& answer, std::string_view name) {
  return std::any_of(answer.headers.begin(), answer.headers.end(),
                     [&](const auto& field) { return equals_ignoring_case(field.first, name); });
}

}  // namespace

bool accepts_gzip(std::string_view accept_encoding) {
  std::optional<int> gzip;
  std::optional<int> any;
  int identity = 0;  // Without a weight of its own it is what is sent when nothing else may be.
  while (!accept_encoding.empty()) {
    std::string_view parameters = take_until(accept_encoding, ',');
    const std::string_view coding = take_until(parameters, ';');
    const int weight = weight_of(parameters);
    if (equals_ignoring_case(coding, "gzip") || equals_ignoring_case(coding, "x-gzip")) {
      gzip = weight;
    } else if (coding == "*") {
      any = weight;
    } else if (equals_ignoring_case(coding, "identity")) {
      identity = weight;
    }
  }
  const int weight = gzip.value_or(any.value_or(0));
  return weight > 0 && weight >= identity;
}

bool is_compressible(std::string_view content_type) {
  static constexpr std::array<std::string_view, 6> types{
      "application/json", "application/x-ndjson",      "application/problem+json",
      "application/wasm", "application/manifest+json", "image/svg+xml"};
  const std::string_view type = take_until(content_type, ';');
  if (type.starts_with("text/")) return type != "text/event-stream";
  return std::find(types.begin(), types.end(), type) != types.end();
}

void vary_by_encoding(Answer& answer) {
  if (!has_header(answer, "Vary")) answer.headers.emplace_back("Vary", "Accept-Encoding");
}

bool Gzip::is_worth_it(const Answer& answer) const {
  return options_.on && answer.status == 200 && answer.body.size() >= options_.bytes_min &&
         is_compressible(answer.content_type) && !has_header(answer, "Content-Encoding");
}

void Gzip::apply(Answer& answer, bool accepted) {
  if (!is_worth_it(answer)) return;
  vary_by_encoding(answer);
  if (!accepted) return;
  if (answer.body.size() > options_.bytes_max) {
    if (limits_) limits_->of(LimitName::gzip_bytes).add();
    return;
  }
  const std::size_t plain_bytes = answer.body.size();
  answer.body = deflater_.deflate(answer.body);
  answer.headers.emplace_back("Content-Encoding", "gzip");
  for (auto& [name, value] : answer.headers) {
    if (name == "ETag" && !value.starts_with("W/")) value.insert(0, "W/");
  }
  if (!counts_) return;
  counts_->answers.add();
  counts_->bytes_in.add(static_cast<std::int64_t>(plain_bytes));
  counts_->bytes_out.add(static_cast<std::int64_t>(answer.body.size()));
}

}  // namespace freshet::server
