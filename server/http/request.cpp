#include "http/request.h"

#include <algorithm>

namespace freshet::server {
namespace {

char to_lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 9112 §3.2.2: a server accepts "http://host/path" from anybody, not only from proxies.
std::string_view without_authority(std::string_view target) {
  if (target.starts_with('/') || target == "*") return target;
  const auto scheme_end = target.find("://");
  if (scheme_end == std::string_view::npos) return target;
  // Anything else before "://" is none: a proxy may have judged all of it as one path.
  const auto scheme = target.substr(0, scheme_end);
  if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) {
    return target;
  }
  const auto path = target.find_first_of("/?", scheme_end + 3);
  return path == std::string_view::npos ? "/" : target.substr(path);
}

}  // namespace

std::string_view trim(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool equals_ignoring_case(std::string_view a, std::string_view b) {
  return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
           return to_lower(x) == to_lower(y);
         });
}

bool lists_token(std::string_view value, std::string_view token) {
  while (true) {
    const auto comma = value.find(',');
    if (equals_ignoring_case(trim(value.substr(0, comma)), token)) return true;
    if (comma == std::string_view::npos) return false;
    value.remove_prefix(comma + 1);
  }
}

std::string percent_decode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && hex_digit(text[i + 1]) >= 0 &&
        hex_digit(text[i + 2]) >= 0) {
      decoded += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
      i += 2;
    } else {
      decoded += text[i] == '+' && plus_is_blank ? ' ' : text[i];
    }
  }
  return decoded;
}

std::vector<QueryParameter> parse_query(std::string_view query) {
  std::vector<QueryParameter> parameters;
  while (!query.empty()) {
    const auto end = query.find('&');
    const auto part = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (part.empty()) continue;
    const auto equals = part.find('=');
    parameters.push_back({percent_decode(part.substr(0, equals), true),
                          equals == std::string_view::npos
                              ? std::string()
                              : percent_decode(part.substr(equals + 1), true)});
  }
  return parameters;
}

Request::Request(const park::RequestBytes& bytes, park::Connection* connection)
    : bytes_(bytes), connection_(connection) {
  std::string_view rest = bytes.head;
  const auto take_line = [&rest] {
    const auto end = rest.find("\r\n");
    const auto line = rest.substr(0, end);
    rest.remove_prefix(std::min(rest.size(), end + 2));
    return line;
  };
  const auto request_line = take_line();
  const auto method_end = request_line.find(' ');
  method_ = request_line.substr(0, method_end);
  const auto target = request_line.substr(method_end + 1);
  target_ = without_authority(target.substr(0, target.find(' ')));
  // A fragment never belongs in a request; what it would name is the page's business.
  target_ = target_.substr(0, target_.find('#'));
  headers_.reserve(16);
  for (auto line = take_line(); !line.empty(); line = take_line()) {
    const auto colon = line.find(':');
    headers_.push_back({line.substr(0, colon), trim(line.substr(colon + 1))});
  }
}

std::string_view Request::header(std::string_view name) const {
  for (const auto& header : headers_) {
    if (equals_ignoring_case(header.name, name)) return header.value;
  }
  return {};
}

bool Request::has_header(std::string_view name) const {
  return std::any_of(headers_.begin(), headers_.end(), [&](const HeaderView& header) {
    return equals_ignoring_case(header.name, name);
  });
}

const std::vector<QueryParameter>& Request::query() const {
  if (!query_) {
    const auto mark = target_.find('?');
    query_ =
        parse_query(mark == std::string_view::npos ? std::string_view() : target_.substr(mark + 1));
  }
  return *query_;
}

std::optional<std::string_view> Request::query(std::string_view name) const {
  for (const auto& parameter : query()) {
    if (parameter.name == name) return parameter.value;
  }
  return std::nullopt;
}

std::vector<std::string_view> Request::query_all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& parameter : query()) {
    if (parameter.name == name) values.push_back(parameter.value);
  }
  return values;
}

std::string_view Request::parameter(std::string_view name) const {
  for (const auto& parameter : parameters_) {
    if (parameter.name == name) return parameter.value;
  }
  return {};
}

}  // namespace freshet::server
