// One HTTP request of the native platform: an event stream, a poll or a POST. The answer's bytes go
// to the handler out of libcurl's own buffer.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "freshet/platform.h"
#include "native/curl_multi.h"

namespace freshet::native {

class HttpStream final : public Transfer {
 public:
  HttpStream(CurlMulti& multi, HttpRequest request, HttpHandler& handler);
  ~HttpStream() override;

  // The handler is told nothing more; libcurl is made to stop when it next asks.
  void give_up() { handler_ = nullptr; }

 private:
  static std::size_t on_header(char* bytes, std::size_t one, std::size_t count, void* self);
  static std::size_t on_write(char* bytes, std::size_t one, std::size_t count, void* self);

  void on_done(CURLcode code) override;
  bool take_header(std::string_view line);
  void tell_head();

  HttpHandler* handler_;
  std::optional<std::string> body_;  // Lent to libcurl.
  curl_slist* headers_ = nullptr;
  HttpHead head_;
  bool head_told_ = false;
};

}  // namespace freshet::native
