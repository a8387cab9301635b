#include "guard/origin.h"

#include <algorithm>
#include <cctype>
#include <optional>

namespace freshet::server {
namespace {

struct OriginParts {
  std::string scheme;
  std::string host;  // An IPv6 address with its brackets.
  std::string port;  // Empty if it is not said.

  std::string_view port_or_default() const {
    if (!port.empty()) return port;
    if (scheme == "http") return "80";
    if (scheme == "https") return "443";
    return {};
  }
};

std::string lower(std::string_view text) {
  std::string result(text);
  std::transform(result.begin(), result.end(), result.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return result;
}

bool is_port(std::string_view text) {
  return !text.empty() && text.size() <= 5 &&
         text.find_first_not_of("0123456789") == std::string_view::npos;
}

// "host", "host:8080", "[::1]:8080".
bool split_authority(std::string_view authority, OriginParts& parts) {
  const auto bracket = authority.rfind(']');
  const auto colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (colon != std::string_view::npos) {
    if (!is_port(authority.substr(colon + 1))) return false;
    parts.port = authority.substr(colon + 1);
  }
  parts.host = lower(authority.substr(0, colon));
  return !parts.host.empty();
}

// RFC 6454 §6.2: scheme "://" host [ ":" port ]. Nothing behind it, not even a slash.
std::optional<OriginParts> split_origin(std::string_view origin) {
  const auto end = origin.find("://");
  if (end == std::string_view::npos || end == 0) return std::nullopt;
  OriginParts parts;
  parts.scheme = lower(origin.substr(0, end));
  const auto authority = origin.substr(end + 3);
  if (authority.find_first_of("/?#@, \t\\*") != std::string_view::npos) return std::nullopt;
  if (!split_authority(authority, parts)) return std::nullopt;
  return parts;
}

bool is_named(const OriginPolicy& policy, std::string_view origin,
              const std::optional<OriginParts>& parts) {
  return std::any_of(policy.allowed.begin(), policy.allowed.end(), [&](const std::string& named) {
    if (named == "*" || named == origin) return true;
    const auto other = parts ? split_origin(named) : std::nullopt;
    return other && other->scheme == parts->scheme && other->host == parts->host &&
           other->port_or_default() == parts->port_or_default();
  });
}

bool is_same(const OriginParts& origin, std::string_view host) {
  OriginParts own;
  // A Host without a port means the default of the scheme the page was loaded with.
  own.scheme = origin.scheme;
  return split_authority(host, own) && own.host == origin.host &&
         own.port_or_default() == origin.port_or_default();
}

}  // namespace

OriginVerdict judge_origin(const OriginPolicy& policy, std::string_view origin,
                           std::string_view host) {
  if (origin.empty()) return OriginVerdict::no_origin;
  const auto parts = split_origin(origin);
  if (parts && is_same(*parts, host)) return OriginVerdict::same;
  return is_named(policy, origin, parts) ? OriginVerdict::allowed : OriginVerdict::refused;
}

std::string check_allowed_origin(std::string_view origin) {
  if (origin == "*" || origin == "null" || split_origin(origin)) return {};
  const std::string quoted = "'" + std::string(origin) + "'";
  if (origin.find("://") == std::string_view::npos) {
    return quoted + " is not an origin: it needs its scheme, as in https://" +
           (origin.empty() ? std::string("app.example.com") : std::string(origin));
  }
  if (origin.find('*') != std::string_view::npos) {
    return quoted + " is not an origin: '*' stands alone or not at all";
  }
  return quoted + " is not an origin: scheme, host and port only, as in https://app.example.com";
}

}  // namespace freshet::server
