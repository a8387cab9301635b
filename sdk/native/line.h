// The raw connection under a WebSocket: libcurl connects it (names, proxies, TLS) and hands it
// over, then bytes go in and out without blocking.
#pragma once

#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "freshet/platform.h"
#include "native/curl_multi.h"
#include "native/descriptor.h"

namespace freshet::native {

// How far a read or a write came.
struct LineProgress {
  std::size_t bytes = 0;
  bool broken = false;  // End of file or an error: no more will come, or go.
};

class Line final : public Transfer {
 public:
  // Told once: nullopt when the line is open, else why it is not.
  using OnConnected = std::function<void(std::optional<ConnectionEnd> failed)>;

  Line(CurlMulti& multi, const HttpRequest& request, OnConnected on_connected);

  // To be watched. REQUIRES of this and what follows: open.
  int descriptor() const;
  LineProgress read(std::span<char> into);
  LineProgress write(std::string_view bytes);
  // Whether read() may leave bytes behind that the descriptor does not announce: TLS does.
  bool hides_bytes() const { return !own_; }

 private:
  void on_done(CURLcode code) override;

  OnConnected on_connected_;
  bool encrypted_;
  // Without TLS: the connection itself. libcurl then needs to know no more of it, which saves its
  // 15 KB and the search through all its connections that each of its reads begins with.
  Descriptor own_;
  curl_socket_t lent_ = CURL_SOCKET_BAD;
};

}  // namespace freshet::native
