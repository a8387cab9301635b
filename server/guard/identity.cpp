#include "guard/identity.h"

#include <utility>

namespace freshet::server {
namespace {

constexpr std::string_view bearer = "bearer ";

bool begins_with_bearer(std::string_view text) {
  if (text.size() < bearer.size()) return false;
  for (std::size_t i = 0; i < bearer.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c) != bearer[i]) return false;
  }
  return true;
}

}  // namespace

Guard::Guard(std::string publish_key) : publish_key_(std::move(publish_key)) {}

Result<Identity> Guard::identify(std::string_view authorization) const {
  if (!wants_key()) return Identity{.principal = {}, .may_publish = true};
  if (authorization.empty()) return Identity{};
  // RFC 9110 §11.1: the scheme is compared without case.
  if (!begins_with_bearer(authorization)) {
    return Error{ErrorCode::unauthorized, "the Authorization header must be 'Bearer KEY'"};
  }
  authorization.remove_prefix(bearer.size());
  while (authorization.starts_with(' ')) authorization.remove_prefix(1);
  return identify_token(authorization);
}

Result<Identity> Guard::identify_token(std::string_view token) const {
  if (!wants_key()) return Identity{.principal = {}, .may_publish = true};
  if (!equals_in_constant_time(token, publish_key_)) {
    return Error{ErrorCode::unauthorized, "this is not the server's publish key"};
  }
  return Identity{.principal = "publisher", .may_publish = true};
}

bool equals_in_constant_time(std::string_view a, std::string_view b) {
  // The time tells the length of `a`, which whoever sent it knows.
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (std::size_t i = 0; i < a.size(); ++i) {
    const char other = b.empty() ? '\0' : b[i % b.size()];
    difference = static_cast<unsigned char>(
        difference | (static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(other)));
  }
  return difference == 0;
}

}  // namespace freshet::server
