#include "http/subscribe_request.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "unit/http/engine_driver.h"

namespace freshet::server {
namespace {

Result<SubscribeRequest> of_query(const std::string& query, const std::string& headers = {},
                                  const Limits& limits = {}) {
  Result<SubscribeRequest> parsed{Error{ErrorCode::closed, "not parsed"}};
  with_request("/v1/sse", get_request("/v1/sse" + query, headers),
               [&](const Request& request) { parsed = parse_subscribe_query(request, limits); });
  return parsed;
}

std::vector<std::pair<std::string, std::string>> starts(const Result<SubscribeRequest>& parsed) {
  REQUIRE(parsed);
  std::vector<std::pair<std::string, std::string>> all;
  for (const auto& [pattern, start] : parsed->starts) {
    all.emplace_back(pattern, wire::to_string(start));
  }
  return all;
}

using Starts = std::vector<std::pair<std::string, std::string>>;

ErrorCode fault(const Result<SubscribeRequest>& parsed) {
  REQUIRE_FALSE(parsed);
  CHECK_FALSE(parsed.error().message.empty());
  return parsed.error().code;
}

TEST_CASE("one cursor is for all patterns, several are one for each", "[http][subscribe]") {
  CHECK(starts(of_query("")).empty());
  CHECK(starts(of_query("?pattern=a&pattern=b.*")) == Starts{{"a", "latest"}, {"b.*", "latest"}});
  CHECK(starts(of_query("?pattern=a&pattern=b&cursor=k3f9:7")) ==
        Starts{{"a", "k3f9:7"}, {"b", "k3f9:7"}});
  CHECK(starts(of_query("?pattern=a&cursor=earliest&pattern=b&cursor=last:5")) ==
        Starts{{"a", "earliest"}, {"b", "last:5"}});
  CHECK(starts(of_query("?cursor=k3f9:7&pattern=chat.%3E")) == Starts{{"chat.>", "k3f9:7"}});
  CHECK(fault(of_query("?pattern=a&pattern=b&pattern=c&cursor=latest&cursor=latest")) ==
        ErrorCode::invalid_cursor);
}

TEST_CASE("Last-Event-ID replaces words, other epochs and lower positions, never higher ones",
          "[http][subscribe]") {
  const std::string last = "Last-Event-ID: k3f9:7\r\n";
  CHECK(starts(of_query("?pattern=a", last)) == Starts{{"a", "k3f9:7"}});
  CHECK(starts(of_query("?pattern=a&cursor=earliest", last)) == Starts{{"a", "k3f9:7"}});
  CHECK(starts(of_query("?pattern=a&cursor=last:3", last)) == Starts{{"a", "k3f9:7"}});
  CHECK(starts(of_query("?pattern=a&cursor=k3f9:6", last)) == Starts{{"a", "k3f9:7"}});
  CHECK(starts(of_query("?pattern=a&cursor=k3f9:8", last)) == Starts{{"a", "k3f9:8"}});
  CHECK(starts(of_query("?pattern=a&cursor=x1:8", last)) == Starts{{"a", "k3f9:7"}});
  CHECK(fault(of_query("?pattern=a", "Last-Event-ID: soon\r\n")) == ErrorCode::invalid_cursor);
}

TEST_CASE("wait and limit have their defaults and bounds", "[http][subscribe]") {
  Limits limits;
  limits.wait_max = Duration{1'000};
  limits.poll_messages_max = 50;
  const auto absent = of_query("?pattern=a", {}, limits);
  REQUIRE(absent);
  CHECK(absent->wait == Duration{0});
  CHECK(absent->limit == 50);
  const auto given = of_query("?pattern=a&wait=1000&limit=1", {}, limits);
  REQUIRE(given);
  CHECK(given->wait == Duration{1'000});
  CHECK(given->limit == 1);
  for (const char* wrong : {"wait=55001", "wait=-1", "wait=1.5", "wait=x", "limit=0", "limit=51",
                            "limit=1e1", "limit=+1", "limit=99999999999999999999"}) {
    INFO(wrong);
    CHECK(fault(of_query("?pattern=a&" + std::string(wrong), {}, limits)) ==
          ErrorCode::invalid_argument);
  }
}

TEST_CASE("a wait that only this server does not allow is cut to its own", "[http][subscribe]") {
  Limits limits;
  limits.wait_max = Duration{1'000};
  const auto longer = of_query("?pattern=a&wait=55000", {}, limits);
  REQUIRE(longer);
  CHECK(longer->wait == Duration{1'000});
  CHECK(longer->wait_cut);
  CHECK_FALSE(of_query("?pattern=a&wait=1000", {}, limits)->wait_cut);
  limits.wait_max = Duration{60'000};
  CHECK(of_query("?pattern=a&wait=60000", {}, limits)->wait == Duration{60'000});
  CHECK(fault(of_query("?pattern=a&wait=60001", {}, limits)) == ErrorCode::invalid_argument);
}

TEST_CASE("names are short and plain", "[http][subscribe]") {
  const auto named = of_query("?pattern=a&client=c8f2&ticket=t.1-x&sdk=freshet-cpp%2F0.1");
  REQUIRE(named);
  CHECK(named->client == "c8f2");
  CHECK(named->ticket == "t.1-x");
  CHECK(named->sdk == "freshet-cpp/0.1");
  for (const char* wrong :
       {"client=a%22b", "client=a%5Cb", "sdk=a%0Ab", "sdk=%C3%A4", "ticket=a+b", "client=%7F"}) {
    INFO(wrong);
    CHECK(fault(of_query("?pattern=a&" + std::string(wrong))) == ErrorCode::invalid_argument);
  }
  CHECK(of_query("?client=" + std::string(128, 'c')));
  CHECK(fault(of_query("?client=" + std::string(129, 'c'))) == ErrorCode::invalid_argument);
  CHECK(of_query("?ticket=" + std::string(512, 't')));
  CHECK(fault(of_query("?ticket=" + std::string(513, 't'))) == ErrorCode::invalid_argument);
}

TEST_CASE("patterns are checked and counted", "[http][subscribe]") {
  Limits limits;
  limits.patterns_max = 2;
  CHECK(of_query("?pattern=a&pattern=b", {}, limits));
  CHECK(fault(of_query("?pattern=a&pattern=b&pattern=c", {}, limits)) == ErrorCode::too_many);
  CHECK(fault(of_query("?pattern=a*")) == ErrorCode::invalid_pattern);
  CHECK(fault(of_query("?pattern=a&cursor=soon")) == ErrorCode::invalid_cursor);
}

TEST_CASE("a body says the same as a query", "[http][subscribe]") {
  const auto of_body = [](std::string_view body) { return parse_subscribe_body(body, Limits{}); };
  CHECK(starts(of_body(R"({"patterns":["a","b"],"cursors":["k3f9:1","earliest"]})")) ==
        Starts{{"a", "k3f9:1"}, {"b", "earliest"}});
  CHECK(starts(of_body(R"({"pattern":"a","cursor":"k3f9:1"})")) == Starts{{"a", "k3f9:1"}});
  CHECK(starts(of_body(R"({"patterns":["a","b"],"cursor":"k3f9:1","other":[{}]})")) ==
        Starts{{"a", "k3f9:1"}, {"b", "k3f9:1"}});
  const auto rest = of_body(R"({"pattern":"a","wait":"20","limit":3,"client":"c","sdk":null})");
  REQUIRE(rest);
  CHECK(rest->wait == Duration{20});
  CHECK(rest->limit == 3);
  CHECK(rest->client == "c");
  CHECK(rest->sdk.empty());
  for (const char* no_object : {"", "[]", "1", "{", "{\"pattern\":\"a\"} x", "\xFF"}) {
    INFO(no_object);
    CHECK(fault(of_body(no_object)) == ErrorCode::invalid_json);
  }
  for (const char* wrong :
       {R"({"patterns":7})", R"({"patterns":[1]})", R"({"cursors":{}})", R"({"wait":[]})",
        R"({"wait":1.5})", R"({"wait":-1})", R"({"sdk":true})"}) {
    INFO(wrong);
    CHECK(fault(of_body(wrong)) == ErrorCode::invalid_argument);
  }
}

TEST_CASE("an SDK is known by its name, even where the rest does not parse", "[http][subscribe]") {
  const auto names = [](const std::string& target) {
    bool named = false;
    with_request("/v1/sse", get_request(target),
                 [&](const Request& request) { named = names_sdk(request); });
    return named;
  };
  CHECK(names("/v1/sse?pattern=a*&sdk=x"));
  CHECK_FALSE(names("/v1/sse?pattern=a&sdk="));
  CHECK_FALSE(names("/v1/sse?pattern=a"));
}

}  // namespace
}  // namespace freshet::server
