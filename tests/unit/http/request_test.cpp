#include "http/request.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "unit/http/engine_driver.h"

namespace freshet::server {
namespace {

TEST_CASE("query parameters keep their order and their repetitions", "[http][request]") {
  const std::string target =
      "/v1/poll?pattern=chat.%3E&cursor=latest&pattern=prices.*&cursor=latest&wait=0";
  with_request("/v1/poll", get_request(target), [](const Request& request) {
    REQUIRE(request.query_all("pattern") == std::vector<std::string_view>{"chat.>", "prices.*"});
    // The same pair twice counts twice: cursors repeat pairwise with patterns.
    REQUIRE(request.query_all("cursor") == std::vector<std::string_view>{"latest", "latest"});
    REQUIRE(request.query("wait") == "0");
    REQUIRE_FALSE(request.query("limit").has_value());
    REQUIRE(request.query().size() == 5);
    REQUIRE(request.path() == "/v1/poll");
  });
}

TEST_CASE("queries of odd shape are read as browsers write them", "[http][request]") {
  const auto parameters = parse_query("a=1&&b&c=&=d&e=x=y&f=a+b%2B&g=%zz%4");
  REQUIRE(parameters.size() == 7);
  REQUIRE(parameters[0].value == "1");
  REQUIRE((parameters[1].name == "b" && parameters[1].value.empty()));
  REQUIRE((parameters[2].name == "c" && parameters[2].value.empty()));
  REQUIRE((parameters[3].name.empty() && parameters[3].value == "d"));
  REQUIRE(parameters[4].value == "x=y");
  REQUIRE(parameters[5].value == "a b+");
  REQUIRE(parameters[6].value == "%zz%4");
  REQUIRE(parse_query("").empty());
}

TEST_CASE("percent signs are decoded at the very end too", "[http][request]") {
  REQUIRE(percent_decode("%41", false) == "A");
  REQUIRE(percent_decode("a%4a", false) == "aJ");
  REQUIRE(percent_decode("%4", false) == "%4");
  REQUIRE(percent_decode("%", false) == "%");
  REQUIRE(percent_decode("%00", false) == std::string(1, '\0'));
  REQUIRE(percent_decode("a+b", false) == "a+b");
  REQUIRE(percent_decode("a+b", true) == "a b");
}

TEST_CASE("headers are found without case and trimmed, the first of a name first",
          "[http][request]") {
  with_request("/", get_request("/", "X-One:  a b \t\r\nx-one: second\r\nX-Empty:\r\n"),
               [](const Request& request) {
                 REQUIRE(request.header("x-ONE") == "a b");
                 REQUIRE(request.header("X-Empty").empty());
                 REQUIRE(request.has_header("x-empty"));
                 REQUIRE_FALSE(request.has_header("X-None"));
                 REQUIRE(request.headers().size() == 4);
               });
}

TEST_CASE("tokens are found in lists, not in parts of words", "[http][request]") {
  REQUIRE(lists_token("keep-alive, Upgrade", "upgrade"));
  REQUIRE(lists_token("upgrade", "upgrade"));
  REQUIRE_FALSE(lists_token("keep-alive, upgraded", "upgrade"));
  REQUIRE_FALSE(lists_token("", "upgrade"));
}

TEST_CASE("a fragment that strays into a target is dropped", "[http][request]") {
  with_request("/a", get_request("/a?b=1#c"), [](const Request& request) {
    REQUIRE(request.target() == "/a?b=1");
    REQUIRE(request.query("b") == "1");
  });
}

}  // namespace
}  // namespace freshet::server
