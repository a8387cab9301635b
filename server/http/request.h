// What a handler sees of a request: views into the bytes that came, decoded where that is wanted.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "park/connection.h"
#include "park/framer.h"

namespace freshet::server {

struct HeaderView {
  std::string_view name;   // As sent; compare without case.
  std::string_view value;  // As sent, without surrounding blanks; never percent-decoded.
};

struct QueryParameter {
  std::string name;   // Decoded: %XX and '+'.
  std::string value;  // The same; empty if there was no '='.
};

struct PathParameter {
  std::string_view name;
  std::string value;  // Percent-decoded; an encoded slash stays inside its segment.
};

// True if equal but for ASCII case, as header names are compared.
bool equals_ignoring_case(std::string_view a, std::string_view b);

// Without the blanks and tabs around it, which belong to no value (RFC 9110 §5.5).
std::string_view trim(std::string_view text);

// True if the comma-separated header `value` lists `token` (RFC 9110 §5.6.1), without case.
bool lists_token(std::string_view value, std::string_view token);

// In the order of the target, repetitions kept: "pattern=a&cursor=1&pattern=b&cursor=2" gives four.
std::vector<QueryParameter> parse_query(std::string_view query);

// "%41" becomes "A"; a '%' without two hexadecimal digits stays. '+' becomes a blank if
// `plus_is_blank` (query strings and form bodies).
std::string percent_decode(std::string_view text, bool plus_is_blank);

// Valid during the handler's call only; copy what must last.
class Request {
 public:
  // REQUIRES: `bytes` comes from a Framer, so that its head is well-formed.
  // `connection` is null in tests that use the engine without sockets.
  Request(const park::RequestBytes& bytes, park::Connection* connection);
  Request(const Request&) = delete;
  Request& operator=(const Request&) = delete;

  std::string_view method() const { return method_; }
  // As sent, but for a "http://host" before it: "/v1/poll?wait=0".
  std::string_view target() const { return target_; }
  // As sent, without the query: "/v1/topics/a%2Eb".
  std::string_view raw_path() const { return target_.substr(0, target_.find('?')); }
  // Decoded: "/v1/topics/a.b".
  std::string path() const { return percent_decode(raw_path(), false); }
  // Without chunk framing.
  std::string_view body() const { return bytes_.body; }

  const std::vector<HeaderView>& headers() const { return headers_; }
  // The first header of that name; empty if there is none.
  std::string_view header(std::string_view name) const;
  bool has_header(std::string_view name) const;

  // Parsed at the first call.
  const std::vector<QueryParameter>& query() const;
  // The first parameter of that name.
  std::optional<std::string_view> query(std::string_view name) const;
  // Every value of that name, in order.
  std::vector<std::string_view> query_all(std::string_view name) const;

  // The ":name" segment of the route; empty if the route has none of that name.
  std::string_view parameter(std::string_view name) const;

  bool is_head() const { return bytes_.is_head; }
  // Such a client knows no chunks: stream to it unframed and close at the end.
  bool is_http_1_0() const { return bytes_.is_http_1_0; }
  // What the client wants of the connection.
  bool keep_alive() const { return bytes_.keep_alive; }

  // As of park::Connection.
  park::Peer peer() const { return connection_ ? connection_->peer() : park::Peer{}; }

  // The connection the request came on, or null.
  park::Connection* connection() const { return connection_; }

 private:
  friend class HttpEngine;  // Sets parameters_ when a route matches.

  park::RequestBytes bytes_;
  std::string_view method_;
  std::string_view target_;
  std::vector<HeaderView> headers_;
  mutable std::optional<std::vector<QueryParameter>> query_;
  std::vector<PathParameter> parameters_;
  park::Connection* connection_;
};

}  // namespace freshet::server
