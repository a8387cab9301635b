// Decides whether a browser page of some origin may use this server. Pure.
// Used by the HTTP engine for every request, the WebSocket upgrade included.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::server {

struct OriginPolicy {
  // Origins as browsers send them, "https://app.example.com" or "http://localhost:5173"; "*"
  // allows every page, "null" pages without an origin (files, sandboxed frames). Empty: only pages
  // that this server itself served.
  std::vector<std::string> allowed;
};

enum class OriginVerdict : std::uint8_t {
  no_origin,  // Not from a page's script, so nothing to decide: curl, a navigation, an <img>.
  same,       // The page came from this very host and port.
  allowed,    // Named by the policy: answer with CORS headers.
  refused,    // 403.
};

// `origin` and `host` are the header values, empty if absent. An origin is the same when its
// authority equals `host`; the scheme is not compared, because behind a TLS proxy the server does
// not know its own. Compares without case, and with the schemes' default ports filled in.
OriginVerdict judge_origin(const OriginPolicy& policy, std::string_view origin,
                           std::string_view host);

// Empty if `origin` can stand in OriginPolicy::allowed ("*", "null" or scheme://host[:port] and
// nothing more), else a sentence that says what is wrong. For the command line.
std::string check_allowed_origin(std::string_view origin);

}  // namespace freshet::server
