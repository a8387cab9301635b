// Publishing: one check and one way into the log for every transport, and its two HTTP routes.
#pragma once

#include <functional>
#include <string_view>

#include "freshet/result.h"
#include "guard/identity.h"
#include "guard/limits.h"
#include "guard/overload.h"
#include "http/request.h"
#include "http/response.h"
#include "log/instant.h"
#include "log/log.h"
#include "observe/limit_counts.h"
#include "observe/metrics.h"

namespace freshet::server {

struct PublishRequest {
  std::string_view topic;
  std::string_view data;  // Raw; need not be valid.
  std::string_view key;   // Idempotency key; empty without one.
};

struct PublishCounts {
  Count published;
  Count repeated;  // Answered by an idempotency key.
  Count refused;
};

// Thread-safe as far as the log is.
class Publisher {
 public:
  Publisher(Log& log, const Limits& limits, const Overload& overload, PublishCounts& counts,
            LimitCounts& reached);

  // Appends, or fails with unauthorized, invalid_topic, forbidden (a topic of the system),
  // too_large, invalid_json, busy (overload.h), or as the log does. May answer before it returns;
  // never on another thread.
  void publish(const PublishRequest& request, const Identity& identity, Instant now,
               std::function<void(Result<Appended>)> done) const;

  // POST /v1/topics/:topic
  void handle_one(const Request& request, const Guard& guard, Instant now,
                  Response& response) const;
  // POST /v1/publish: one control frame for each line, in order; `ref` is its number from 0. 503
  // when every line was refused as busy.
  void handle_many(const Request& request, const Guard& guard, Instant now,
                   Response& response) const;

 private:
  bool is_for_other_epoch(const Request& request, Response& response) const;

  Log& log_;
  const Limits& limits_;
  const Overload& overload_;
  PublishCounts& counts_;
  LimitCounts& reached_;
};

// One JSON value in UTF-8 and nothing else: no byte order mark, no NUL. invalid_json.
Result<void> check_payload(std::string_view data);

// The HTTP status that says an error code.
int http_status(ErrorCode code);

// Makes the response the error's problem document; 401 says how to authenticate.
void set_error(Response& response, const Error& error);

}  // namespace freshet::server
