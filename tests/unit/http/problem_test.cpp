#include "http/problem.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::server {
namespace {

TEST_CASE("a problem document has type, title, status, code and detail", "[http][problem]") {
  REQUIRE(to_json({.status = 400,
                   .code = "invalid_pattern",
                   .detail = "'prices*' is not a pattern: '*' must be a whole segment",
                   .members = {{"pattern", "prices*"}}}) ==
          R"({"type":"urn:freshet:problem:invalid_pattern","title":"Bad Request","status":400,)"
          R"("code":"invalid_pattern",)"
          R"("detail":"'prices*' is not a pattern: '*' must be a whole segment",)"
          R"("pattern":"prices*"})");
}

TEST_CASE("a detail that quotes hostile bytes is still JSON in UTF-8", "[http][problem]") {
  REQUIRE(to_json({.status = 404, .code = "x", .detail = "\"\\\n\xff"})
              .ends_with("\"detail\":\"\\\"\\\\\\n\xef\xbf\xbd\"}"));
}

TEST_CASE("a problem replaces the answer but keeps its headers", "[http][problem]") {
  Response response;
  response.status = 200;
  response.content_type = "text/plain";
  response.body = "fine";
  response.headers.emplace_back("Retry-After", "3");
  set_problem(response, {.status = 503, .code = "busy", .detail = "come back"});
  REQUIRE(response.status == 503);
  REQUIRE(response.content_type == problem_content_type);
  REQUIRE(response.headers.size() == 1);
  REQUIRE(response.body.find("fine") == std::string::npos);
}

TEST_CASE("every status that the server itself uses has a phrase and a code", "[http][problem]") {
  for (const int status :
       {400, 401, 403, 404, 405, 408, 413, 414, 417, 426, 429, 431, 500, 501, 503, 505}) {
    INFO(status);
    REQUIRE(reason_phrase(status) != "Unknown");
    REQUIRE_FALSE(problem_code(status).empty());
    REQUIRE((problem_code(status) != "internal" || status == 500));
  }
}

}  // namespace
}  // namespace freshet::server
