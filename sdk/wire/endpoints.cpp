// Addresses of protocol version 1: queries and base URLs (RFC 3986).
#include "wire/endpoints.h"

#include "wire/json.h"
#include "wire/quoted.h"
#include "wire/topic.h"

namespace freshet::wire {
namespace {

constexpr std::size_t npos = std::string_view::npos;

bool is_one_of(std::string_view set, char c) { return set.find(c) != npos; }

// Whether `text` begins with `prefix`, whose letters are lower case, in any case.
bool takes_prefix(std::string_view text, std::string_view prefix) {
  if (text.size() < prefix.size()) return false;
  for (std::size_t i = 0; i < prefix.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != prefix[i]) return false;
  }
  return true;
}

// Takes "https://" and its like off `rest`.
bool take_scheme(std::string_view& rest, bool& secure) {
  struct Scheme {
    std::string_view text;
    bool secure;
  };
  constexpr Scheme schemes[] = {
      {"http://", false}, {"https://", true}, {"ws://", false}, {"wss://", true}};
  for (const Scheme& scheme : schemes) {
    if (!takes_prefix(rest, scheme.text)) continue;
    secure = scheme.secure;
    rest.remove_prefix(scheme.text.size());
    return true;
  }
  return false;
}

// How long the host at the front of `rest` is, brackets included; 0 when there is none.
std::size_t host_bytes(std::string_view rest) {
  if (rest.starts_with('[')) {
    // An IPv6 address; whether it is one shows when it is connected to.
    const std::size_t end = rest.find_first_not_of("0123456789abcdefABCDEF:.", 1);
    return end != npos && end > 1 && rest[end] == ']' ? end + 1 : 0;
  }
  std::size_t end = 0;
  while (end < rest.size() && (is_name_byte(rest[end]) || rest[end] == '.')) ++end;
  return end;
}

bool is_path(std::string_view text) {
  if (!text.empty() && text.front() != '/') return false;
  for (const char c : text) {
    if (c <= ' ' || c > '~' || is_one_of("?#[]\\\"<>^`{|}", c)) return false;
  }
  return true;
}

Error invalid(std::string_view text, std::string_view why) {
  Text message = quoted(text);
  message += " is not a server address: ";
  message += why;
  return {ErrorCode::invalid_url, std::move(message)};
}

}  // namespace

bool is_final_close_code(std::uint16_t code) { return code >= 4000 && code <= 4099; }

void append_percent_encoded(Text& out, std::string_view text) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  for (const char c : text) {
    if (is_name_byte(c) || is_one_of(".~:,*", c)) {
      out += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    out += '%';
    out += hex[byte >> 4];
    out += hex[byte & 15];
  }
}

void append_parameter(Text& target, std::string_view name, std::string_view value) {
  target += is_one_of(target, '?') ? '&' : '?';
  target += name;
  target += '=';
  append_percent_encoded(target, value);
}

Text BaseUrl::origin() const {
  Text out = secure ? "https://" : "http://";
  out += host;
  if (port != (secure ? 443 : 80)) {
    out += ':';
    append_number(out, port);
  }
  return out;
}

Result<BaseUrl> parse_base_url(std::string_view text) {
  BaseUrl url;
  std::string_view rest = text;
  if (!take_scheme(rest, url.secure))
    return invalid(text, "it must begin with http:// or https://");
  if (rest.substr(0, rest.find_first_of("/?#")).find('@') != npos) {
    return invalid(text, "give credentials as a token, not in the address");
  }
  const std::size_t host_size = host_bytes(rest);
  if (host_size == 0) return invalid(text, "it names no host");
  url.host = rest.substr(0, host_size);
  rest.remove_prefix(host_size);

  url.port = url.secure ? 443 : 80;
  if (rest.starts_with(':')) {
    rest.remove_prefix(1);
    const std::string_view digits = rest.substr(0, rest.find_first_of("/?#"));
    const auto port = json_number(digits);
    if (!port || *port == 0 || *port > 65535) {
      return invalid(text, "its port must be a number from 1 to 65535");
    }
    url.port = static_cast<std::uint16_t>(*port);
    rest.remove_prefix(digits.size());
  }
  if (rest.find_first_of("?#") != npos) return invalid(text, "it must end before any '?' or '#'");
  if (!is_path(rest)) return invalid(text, "a character in it is not allowed there");
  while (rest.ends_with('/')) rest.remove_suffix(1);
  url.prefix = rest;
  return url;
}

}  // namespace freshet::wire
