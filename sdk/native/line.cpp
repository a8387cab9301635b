#include "native/line.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "native/curl_request.h"

namespace freshet::native {

namespace {

// Whether TLS lies on the connection: to the server, or to a proxy that is spoken to by TLS itself.
bool is_encrypted(const std::string& url) {
  if (url.starts_with("https:")) return true;
  for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) {
    const char* const proxy = std::getenv(name);
    if (proxy != nullptr && std::strncmp(proxy, "https:", 6) == 0) return true;
  }
  return false;
}

}  // namespace

Line::Line(CurlMulti& multi, const HttpRequest& request, OnConnected on_connected)
    : Transfer(multi),
      on_connected_(std::move(on_connected)),
      encrypted_(is_encrypted(request.url)) {
  apply_request(easy(), request);
  curl_easy_setopt(easy(), CURLOPT_CONNECT_ONLY, 1L);
  curl_easy_setopt(easy(), CURLOPT_FRESH_CONNECT, 1L);
  // Through a proxy as a tunnel: what follows is no HTTP that it would understand.
  curl_easy_setopt(easy(), CURLOPT_HTTPPROXYTUNNEL, 1L);
  curl_easy_setopt(easy(), CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
  curl_easy_setopt(easy(), CURLOPT_BUFFERSIZE, 1'024L);
  start();
}

void Line::on_done(CURLcode code) {
  if (code == CURLE_OK) {
    curl_easy_getinfo(easy(), CURLINFO_ACTIVESOCKET, &lent_);
    if (lent_ == CURL_SOCKET_BAD) code = CURLE_COULDNT_CONNECT;
  }
  if (code != CURLE_OK) {
    on_connected_(end_of(code, false, reason(code)));
    return;
  }
  if (!encrypted_) {
    own_ = Descriptor(fcntl(lent_, F_DUPFD_CLOEXEC, 0));
    if (own_) finish();
  }
  on_connected_(std::nullopt);
}

int Line::descriptor() const { return own_ ? own_.number() : lent_; }

LineProgress Line::read(std::span<char> into) {
  if (!own_) {
    std::size_t count = 0;
    const CURLcode code = curl_easy_recv(easy(), into.data(), into.size(), &count);
    return {.bytes = count, .broken = code != CURLE_AGAIN && (code != CURLE_OK || count == 0)};
  }
  const ssize_t count = recv(own_.number(), into.data(), into.size(), 0);
  if (count > 0) return {.bytes = static_cast<std::size_t>(count)};
  return {.broken = count == 0 || (errno != EAGAIN && errno != EINTR)};
}

LineProgress Line::write(std::string_view bytes) {
  if (!own_) {
    std::size_t count = 0;
    const CURLcode code = curl_easy_send(easy(), bytes.data(), bytes.size(), &count);
    return {.bytes = count, .broken = code != CURLE_OK && code != CURLE_AGAIN};
  }
  const ssize_t count = send(own_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (count >= 0) return {.bytes = static_cast<std::size_t>(count)};
  return {.broken = errno != EAGAIN && errno != EINTR};
}

}  // namespace freshet::native
