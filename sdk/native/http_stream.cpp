#include "native/http_stream.h"

#include <charconv>
#include <utility>

#include "native/curl_request.h"
#include "native/http_head.h"

namespace freshet::native {

namespace {

// A peer's header section over this is refused; ours has some ten lines.
constexpr std::size_t headers_max = 100;

// The status of "HTTP/1.1 200 OK"; 0 if it is no status line.
int status_of(std::string_view line) {
  if (!line.starts_with("HTTP/")) return 0;
  const auto space = line.find(' ');
  if (space == std::string_view::npos) return 0;
  line.remove_prefix(space + 1);
  int status = 0;
  std::from_chars(line.data(), line.data() + line.size(), status);
  return status;
}

}  // namespace

HttpStream::HttpStream(CurlMulti& multi, HttpRequest request, HttpHandler& handler)
    : Transfer(multi), handler_(&handler), body_(std::move(request.body)) {
  apply_request(easy(), request);
  for (const auto& [name, value] : request.headers) {
    headers_ = curl_slist_append(headers_, (name + ": " + value).c_str());
  }
  if (body_) {
    curl_easy_setopt(easy(), CURLOPT_POSTFIELDS, body_->data());
    curl_easy_setopt(easy(), CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_->size()));
    // libcurl would ask before it sends a large body, and wait a second where nobody answers.
    headers_ = curl_slist_append(headers_, "Expect:");
  }
  curl_easy_setopt(easy(), CURLOPT_HTTPHEADER, headers_);
  curl_easy_setopt(easy(), CURLOPT_HEADERFUNCTION, &HttpStream::on_header);
  curl_easy_setopt(easy(), CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy(), CURLOPT_WRITEFUNCTION, &HttpStream::on_write);
  curl_easy_setopt(easy(), CURLOPT_WRITEDATA, this);
  // A proxy's own answers to CONNECT are no answers of the server.
  curl_easy_setopt(easy(), CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  start();
}

HttpStream::~HttpStream() {
  // Before what was lent to libcurl goes.
  finish();
  curl_slist_free_all(headers_);
}

std::size_t HttpStream::on_header(char* bytes, std::size_t, std::size_t count, void* self) {
  return static_cast<HttpStream*>(self)->take_header({bytes, count}) ? count : 0;
}

std::size_t HttpStream::on_write(char* bytes, std::size_t, std::size_t count, void* self) {
  auto& stream = *static_cast<HttpStream*>(self);
  if (stream.handler_ != nullptr) stream.handler_->on_body({bytes, count});
  return stream.handler_ != nullptr ? count : 0;
}

bool HttpStream::take_header(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  if (const int status = status_of(line); status != 0) {
    head_ = {.status = status, .headers = {}};
  } else if (line.empty()) {
    // 1xx answers come before the real one; trailers behind it.
    if (head_.status >= 200 && !head_told_) tell_head();
  } else if (const auto colon = line.find(':'); colon != std::string_view::npos && !head_told_) {
    if (head_.headers.size() == headers_max) return false;
    head_.headers.emplace_back(trim(line.substr(0, colon)), trim(line.substr(colon + 1)));
  }
  return handler_ != nullptr;
}

void HttpStream::tell_head() {
  head_told_ = true;
  const HttpHead head = std::exchange(head_, {.status = head_.status, .headers = {}});
  if (handler_ != nullptr) handler_->on_head(head);
}

void HttpStream::on_done(CURLcode code) {
  if (HttpHandler* const handler = std::exchange(handler_, nullptr)) {
    handler->on_end(end_of(code, head_told_, code == CURLE_OK ? "" : reason(code)));
  }
}

}  // namespace freshet::native
