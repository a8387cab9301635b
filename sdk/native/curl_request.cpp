#include "native/curl_request.h"

#include <string>

namespace freshet::native {

namespace {

// Of each running request, so of each of a thousand event streams; 16 KiB by libcurl's default.
constexpr long receive_buffer_bytes = 4'096;
}  // namespace

void apply_request(CURL* easy, const HttpRequest& request) {
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  // A stream of its own for each client: what befalls one connection befalls one client.
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, receive_buffer_bytes);
  if (!request.source_address.empty()) {
    curl_easy_setopt(easy, CURLOPT_INTERFACE, ("host!" + request.source_address).c_str());
  }
  if (request.fresh_connection) curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
  if (!request.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, request.ca_file.c_str());
  if (request.insecure) {
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 0L);
    curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 0L);
  }
}

ConnectionEnd end_of(CURLcode code, bool answered, std::string_view reason) {
  ConnectionEnd end{.reason = std::string(reason)};
  switch (code) {
    case CURLE_OK:
      end.kind = EndKind::finished;
      break;
    case CURLE_WEIRD_SERVER_REPLY:
      end.kind = EndKind::malformed;
      break;
    case CURLE_SEND_ERROR:
    case CURLE_RECV_ERROR:
    case CURLE_GOT_NOTHING:
    case CURLE_PARTIAL_FILE:
    case CURLE_READ_ERROR:
    case CURLE_WRITE_ERROR:
      end.kind = EndKind::lost;
      break;
    default:
      end.kind = answered ? EndKind::lost : EndKind::unreachable;
  }
  return end;
}

}  // namespace freshet::native
