#include "transport/websocket_handshake.h"

#include <string>

#include "http/problem.h"
#include "wire/websocket_handshake.h"

namespace freshet::server {
namespace {

bool upgrade_required(Response& response, std::string detail) {
  set_problem(
      response,
      {.status = 426, .code = "upgrade_required", .detail = std::move(detail), .members = {}});
  response.headers.emplace_back("Upgrade", "websocket");
  response.headers.emplace_back("Sec-WebSocket-Version", "13");
  return false;
}

// A header that may come several times counts as one list (RFC 9110 §5.3).
bool any_lists(const Request& request, std::string_view name, std::string_view token) {
  for (const HeaderView& header : request.headers()) {
    if (equals_ignoring_case(header.name, name) && lists_token(header.value, token)) return true;
  }
  return false;
}

}  // namespace

bool accept_websocket(const Request& request, std::string_view subprotocol, Response& response) {
  if (!any_lists(request, "Upgrade", "websocket") || request.is_http_1_0()) {
    return upgrade_required(response,
                            "this address speaks WebSocket; a proxy on the way may have "
                            "removed the Upgrade header");
  }
  if (request.header("Sec-WebSocket-Version") != "13") {
    return upgrade_required(response, "only version 13 of WebSocket is spoken here");
  }
  const std::string_view key = request.header("Sec-WebSocket-Key");
  if (!any_lists(request, "Connection", "upgrade") || !wire::is_websocket_key(key)) {
    set_problem(response, {.status = 400,
                           .code = "malformed",
                           .detail = "the WebSocket handshake is broken: it needs 'Connection: "
                                     "Upgrade' and a Sec-WebSocket-Key of 16 bytes in base64",
                           .members = {}});
    return false;
  }
  response.headers.emplace_back("Upgrade", "websocket");
  response.headers.emplace_back("Sec-WebSocket-Accept", wire::websocket_accept(key));
  // A client that offers only others is answered without one, and decides for itself (§4.1).
  if (!subprotocol.empty() && any_lists(request, "Sec-WebSocket-Protocol", subprotocol)) {
    response.headers.emplace_back("Sec-WebSocket-Protocol", std::string(subprotocol));
  }
  return true;
}

std::optional<DeflateAgreement> accept_deflate(const Request& request,
                                               const Compression& compression, Response& response) {
  constexpr std::string_view extensions = "Sec-WebSocket-Extensions";
  std::string offers;
  for (const HeaderView& header : request.headers()) {
    if (equals_ignoring_case(header.name, extensions)) offers.append(header.value).append(",");
  }
  const auto answer = negotiate_deflate(offers);
  if (!answer) {
    response.headers.clear();
    set_problem(response, {.status = 400,
                           .code = "malformed",
                           .detail = "Sec-WebSocket-Extensions is not a list of extensions",
                           .members = {}});
    return std::nullopt;
  }
  if (!compression.on || !answer->agreement.agreed()) return DeflateAgreement{};
  response.headers.emplace_back(extensions, answer->extension);
  return answer->agreement;
}

}  // namespace freshet::server
