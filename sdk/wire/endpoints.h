// Paths, parameters, close codes and header names of protocol version 1. Used by both ends.
#pragma once

#include <cstdint>
#include <string_view>

#include "freshet/containers.h"
#include "freshet/result.h"

namespace freshet::wire {

// With ?lines=1 one text message may hold several frames, a line each.
inline constexpr std::string_view websocket_path = "/v1/ws";
inline constexpr std::string_view sse_path = "/v1/sse";
inline constexpr std::string_view poll_path = "/v1/poll";
// Takes NDJSON, one line each of {"topic":"chat.lobby","key":"…","data":…}. Answered 200 with one
// line for each, in order: {"op":"ack",…} or {"op":"error",…}, `ref` the line's number from 0.
// With ?epoch=… it is refused whole (412) unless that is the log's epoch: a client that repeats a
// POST whose answer was lost must not have it stored again by a server that has forgotten its key.
inline constexpr std::string_view publish_path = "/v1/publish";
inline constexpr std::string_view drain_path = "/v1/admin/drain";
inline constexpr std::string_view topics_path = "/v1/topics/";
inline constexpr std::string_view echo_path = "/v1/echo";
inline constexpr std::string_view websocket_subprotocol = "freshet.v1";
// Exact milliseconds beside Retry-After's whole seconds.
inline constexpr std::string_view retry_after_ms_header = "Freshet-Retry-After-Ms";
inline constexpr std::string_view ticket_header = "Freshet-Ticket";

namespace close_code {
inline constexpr std::uint16_t normal = 1000;
inline constexpr std::uint16_t going_away = 1001;  // Drain.
inline constexpr std::uint16_t protocol_error = 1002;
inline constexpr std::uint16_t too_big = 1009;  // Fails its publish; never resent.
inline constexpr std::uint16_t epoch_changed = 1012;
inline constexpr std::uint16_t busy = 1013;
inline constexpr std::uint16_t unauthorized = 4001;
inline constexpr std::uint16_t forbidden = 4003;
inline constexpr std::uint16_t malformed = 4004;
inline constexpr std::uint16_t slow_consumer = 4100;
inline constexpr std::uint16_t token_expired = 4101;
}  // namespace close_code

// 4000 to 4099: the client must not come back by itself. Every other code is retried by policy.
bool is_final_close_code(std::uint16_t code);

// Appends a text, percent-encoded all but unreserved characters (RFC 3986 §2.3) and ':' ',' '*'
// '.'. A '+' is encoded.
void append_percent_encoded(Text& out, std::string_view text);

// Appends "name=value" behind a '?' or '&', the value percent-encoded.
void append_parameter(Text& target, std::string_view name, std::string_view value);

// An http or https base address ("https://host:port/prefix"). ws and wss are taken as http and
// https.
struct BaseUrl {
  bool secure = false;
  Text host;               // As written; an IPv6 address keeps its brackets.
  std::uint16_t port = 0;  // 80 or 443 by default.
  Text prefix;             // "" or "/prefix", without a trailing slash.

  Text origin() const;  // "https://host:8443", the port only if not the default.
};

// ErrorCode::invalid_url with a sentence.
Result<BaseUrl> parse_base_url(std::string_view text);

}  // namespace freshet::wire
