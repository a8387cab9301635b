#include "native/http_head.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::native {

TEST_CASE("headers are found without regard to case", "[native][http]") {
  const HttpHead head{.status = 200,
                      .headers = {{"Retry-After", "3"}, {"CONNECTION", "a,  Upgrade ,b"}}};
  REQUIRE(find_header(head, "retry-AFTER") != nullptr);
  CHECK(*find_header(head, "retry-AFTER") == "3");
  CHECK(find_header(head, "Retry") == nullptr);
  CHECK(has_word(head, "Connection", "upgrade"));
  CHECK(has_word(head, "Connection", "b"));
  CHECK_FALSE(has_word(head, "Connection", "up"));
}

TEST_CASE("a refusal says when to return, the exact time before the whole seconds",
          "[native][http]") {
  const auto retry_after = [](HttpHeaders headers) {
    return refused_end({.status = 503, .headers = std::move(headers)}, {}).retry_after;
  };
  CHECK(retry_after({{"Retry-After", "3"}}) == Duration{3'000});
  CHECK(retry_after({{"Retry-After", "3"}, {"Freshet-Retry-After-Ms", "2750"}}) == Duration{2'750});
  CHECK(retry_after({{"Retry-After", " 0 "}}) == Duration{0});
  CHECK(retry_after({}) == std::nullopt);
  CHECK(retry_after({{"Retry-After", "Fri, 31 Dec 1999 23:59:59 GMT"}}) == std::nullopt);
  CHECK(retry_after({{"Retry-After", "-1"}}) == std::nullopt);
  // A day at most, whatever is claimed.
  CHECK(retry_after({{"Retry-After", "18446744073709551615"}}) == Duration{86'400'000});
}

TEST_CASE("a refusal carries status, ticket and the problem's sentence", "[native][http]") {
  const auto end = refused_end(
      {.status = 403, .headers = {{"Freshet-Ticket", "t1"}}},
      R"({"type":"about:blank","title":"Forbidden","status":403,"detail":"no \"key\""})");
  CHECK(end.kind == EndKind::refused);
  CHECK(end.http_status == 403);
  CHECK(end.ticket == "t1");
  CHECK(end.reason == "no \"key\"");
}

TEST_CASE("a refusal without a problem document names its status, a redirect its target",
          "[native][http]") {
  CHECK(refused_end({.status = 502, .headers = {}}, "<html>").reason ==
        "the server answered with status 502");
  CHECK(refused_end({.status = 301, .headers = {{"Location", "https://b"}}}, "").reason ==
        "the server answered with status 301 and refers to https://b");
}

}  // namespace freshet::native
