// What a stream or a poll asks for: patterns and where each begins, from a query, a Last-Event-ID
// header or a JSON body. Parsed here once, for all four transports.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "freshet/result.h"
#include "freshet/time.h"
#include "guard/limits.h"
#include "http/request.h"
#include "wire/cursor.h"

namespace freshet::server {

struct SubscribeRequest {
  struct Start {
    std::string pattern;
    wire::Start start;
  };
  std::vector<Start> starts;  // In the order asked for; may be empty.
  Duration wait{0};           // Polls: how long to wait for a first message.
  bool wait_cut = false;      // It asked for more than the server waits.
  std::size_t limit = 0;      // Polls: messages of the answer; never 0 after parsing.
  std::string client;         // The id from an earlier hello; empty without one.
  std::string ticket;
  std::string sdk;  // Name and version; empty for a bare client.
};

// From ?pattern=&cursor=&wait=&limit=&client=&ticket=&sdk= and Last-Event-ID. `pattern` may repeat;
// `cursor` is one for all or one for each. Last-Event-ID takes the place of words, of cursors of
// another epoch and of lower positions. Unknown parameters are ignored.
// A wait that the protocol allows and this server does not is cut, so that a server with a shorter
// one serves every client. Fails with invalid_pattern, invalid_cursor, invalid_argument or
// too_many.
Result<SubscribeRequest> parse_subscribe_query(const Request& request, const Limits& limits);

// From {"patterns":[…],"cursors":[…],"wait":…,"limit":…,"client":…,"ticket":…,"sdk":…}; `pattern`
// and `cursor` may stand for a list of one, and `cursor` for all. Fails with invalid_json too.
Result<SubscribeRequest> parse_subscribe_body(std::string_view body, const Limits& limits);

// Whether the request names an SDK: it is told refusals inside the stream, where a browser can read
// them. Works on requests that do not parse.
bool names_sdk(const Request& request);

}  // namespace freshet::server
