// Publishing without a socket: what reaches the log, and what each publisher is answered.
#include "http/publish.h"

#include <catch2/catch_test_macros.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "log/memory_log.h"
#include "unit/http/engine_driver.h"

namespace freshet::server {
namespace {

struct Rig {
  explicit Rig(std::string key = {}) : guard(std::move(key)) {
    engine.post("/v1/topics/:topic", [this](const Request& request, Response& response) {
      publisher.handle_one(request, guard, {}, response);
    });
    engine.post("/v1/publish", [this](const Request& request, Response& response) {
      publisher.handle_many(request, guard, {}, response);
    });
  }

  Answered one(std::string_view topic, std::string_view data, std::string_view headers = {}) {
    return ask(engine, post_request("/v1/topics/" + std::string(topic), data, headers));
  }
  Answered many(std::string_view lines) { return ask(engine, post_request("/v1/publish", lines)); }
  // The error of a publish that does not come by HTTP.
  std::optional<ErrorCode> error_of(std::string_view topic, std::string_view data) {
    std::optional<ErrorCode> code;
    publisher.publish({.topic = topic, .data = data, .key = {}},
                      {.principal = {}, .may_publish = true}, {},
                      [&](const Result<Appended>& appended) {
                        if (!appended) code = appended.error().code;
                      });
    return code;
  }
  void strain(std::string_view slow_topic) {
    overload.set_bytes_max(1'000);
    overload.add(800);
    overload.note_slow(slow_topic);
  }
  std::int64_t reached_total() { return reached.of(LimitName::outbox_total_bytes).value(); }

  MemoryLog log{1};
  Limits limits;
  Overload overload;
  PublishCounts counts;
  LimitCounts reached;
  Guard guard;
  Publisher publisher{log, limits, overload, counts, reached};
  HttpEngine engine;
};

TEST_CASE("a publish is answered with its id and the cursor behind it", "[http][publish]") {
  Rig rig;
  const Answered answered = rig.one("a.b", "{\"n\":1}");
  CHECK(answered.status() == 200);
  CHECK(answered.body() == "{\"id\":1,\"cursor\":\"" + rig.log.epoch() + ":1\"}");
  CHECK(rig.log.head() == 1);
  CHECK(rig.counts.published.value() == 1);
}

TEST_CASE("a repeated key is answered with the first id and counted as repeated",
          "[http][publish]") {
  Rig rig;
  rig.one("a", "1", "Idempotency-Key: k\r\n");
  CHECK(rig.one("a", "2", "Idempotency-Key: k\r\n").body().starts_with("{\"id\":1,"));
  CHECK(rig.log.head() == 1);
  CHECK(rig.counts.repeated.value() == 1);
}

TEST_CASE("what may not be published has its own error and never reaches the log",
          "[http][publish]") {
  Rig rig;
  rig.limits.message_bytes_max = 10;
  CHECK(rig.error_of("a..b", "1") == ErrorCode::invalid_topic);
  CHECK(rig.error_of("$sys", "1") == ErrorCode::forbidden);
  CHECK(rig.error_of("a", "\"12345678\"") == std::nullopt);
  CHECK(rig.error_of("a", "\"123456789\"") == ErrorCode::too_large);
  CHECK(rig.error_of("a", "{") == ErrorCode::invalid_json);
  CHECK(rig.log.head() == 1);
  CHECK(rig.counts.refused.value() == 4);
  CHECK(rig.reached.of(LimitName::message_bytes).value() == 1);
}

TEST_CASE("a payload is one JSON value in UTF-8 and nothing else", "[http][publish]") {
  for (const char* good : {"1", "null", "\"\"", " [1, 2] ", "{\"a\":{}}", "\"\xC3\xA4\""}) {
    INFO(good);
    CHECK(check_payload(good));
  }
  using namespace std::string_literals;
  for (const std::string& bad : {""s, "text"s, "1 2"s, "{"s, "1\0"s,
                                 "\xEF\xBB\xBF"
                                 "1"s,
                                 "\"\xC3\""s, "NaN"s, "'a'"s}) {
    INFO(bad);
    CHECK_FALSE(check_payload(bad));
  }
}

TEST_CASE("only the holder of the key publishes where there is one", "[http][publish]") {
  Rig rig("s3cret");
  CHECK(rig.one("a", "1").status() == 401);
  CHECK(rig.one("a", "1").header("WWW-Authenticate") == "Bearer");
  CHECK(rig.one("a", "1", "Authorization: Bearer wrong\r\n").status() == 401);
  CHECK(rig.many("{\"topic\":\"a\",\"data\":1}\n").status() == 401);
  CHECK(rig.log.head() == 0);
  CHECK(rig.one("a", "1", "Authorization: Bearer s3cret\r\n").status() == 200);
}

TEST_CASE("of many lines each is answered for itself", "[http][publish]") {
  Rig rig;
  const Answered answered = rig.many(
      "{\"topic\":\"a\",\"data\":1}\r\n\n{\"topic\":\"a..b\",\"data\":1}\n{\"topic\":\"a\"}\nno\n"
      "{\"topic\":\"b\",\"data\":[2],\"key\":\"k\"}");
  CHECK(answered.status() == 200);
  CHECK(answered.header("Content-Type") == "application/x-ndjson");
  std::vector<std::string> lines;
  for (std::string_view rest = answered.body(); !rest.empty();) {
    const std::size_t end = rest.find('\n');
    lines.emplace_back(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  REQUIRE(lines.size() == 5);
  CHECK(lines[0] == "{\"op\":\"ack\",\"ref\":0,\"id\":1}");
  CHECK(lines[1].find("\"ref\":1,\"code\":\"invalid_topic\"") != std::string::npos);
  CHECK(lines[2].find("\"ref\":2,\"code\":\"invalid_json\"") != std::string::npos);
  CHECK(lines[3].find("\"ref\":3,\"code\":\"invalid_json\"") != std::string::npos);
  CHECK(lines[4] == "{\"op\":\"ack\",\"ref\":4,\"id\":2}");
}

TEST_CASE("a topic whose readers are too slow is busy, others are not",
          "[http][publish][overload]") {
  Rig rig;
  rig.strain("hot");
  const Answered answered = rig.one("hot", "1");
  CHECK(answered.status() == 503);
  CHECK(answered.header("Retry-After") == "1");
  CHECK(answered.body().find("\"code\":\"busy\"") != std::string_view::npos);
  CHECK(rig.error_of("hot", "1") == ErrorCode::busy);
  CHECK(rig.one("cool", "1").status() == 200);
  CHECK(rig.log.head() == 1);
  CHECK(rig.reached_total() == 2);
  // What is wrong with a publish is told all the same.
  CHECK(rig.one("hot", "{").status() == 400);
}

TEST_CASE("a batch is busy as a whole only when each of its lines is",
          "[http][publish][overload]") {
  Rig rig;
  rig.strain("hot");
  const std::string hot = "{\"topic\":\"hot\",\"data\":1}\n";
  const Answered all = rig.many(hot + hot);
  CHECK(all.status() == 503);
  CHECK(all.header("Retry-After") == "1");
  const Answered some = rig.many(hot + "{\"topic\":\"cool\",\"data\":1}\n");
  CHECK(some.status() == 200);
  CHECK(some.body().find("\"ref\":0,\"code\":\"busy\"") != std::string_view::npos);
  CHECK(some.body().find("{\"op\":\"ack\",\"ref\":1,\"id\":1}") != std::string_view::npos);
}

TEST_CASE("each error has its status", "[http][publish]") {
  CHECK(http_status(ErrorCode::unauthorized) == 401);
  CHECK(http_status(ErrorCode::forbidden) == 403);
  CHECK(http_status(ErrorCode::not_found) == 404);
  CHECK(http_status(ErrorCode::too_large) == 413);
  CHECK(http_status(ErrorCode::busy) == 503);
  CHECK(http_status(ErrorCode::internal) == 500);
  CHECK(http_status(ErrorCode::invalid_pattern) == 400);
}

}  // namespace
}  // namespace freshet::server
