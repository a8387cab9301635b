#include "http/router.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::server {
namespace {

Router sample() {
  Router router;
  router.add("GET", "/v1/topics/:topic/messages");
  router.add("POST", "/v1/topics/:topic");
  router.add("GET", "/v1/topics/fixed");
  router.add("GET", "/v1/topics/:topic");
  router.add("GET", "/");
  return router;
}

std::size_t index_of(std::string_view method, std::string_view path) {
  const auto match = sample().find(method, path);
  return match ? match->index : 99;
}

TEST_CASE("the first route that matches method and path is found", "[http][router]") {
  REQUIRE(index_of("GET", "/v1/topics/a/messages") == 0);
  REQUIRE(index_of("POST", "/v1/topics/a") == 1);
  REQUIRE(index_of("GET", "/v1/topics/fixed") == 2);
  REQUIRE(index_of("HEAD", "/v1/topics/other") == 3);
  REQUIRE(index_of("GET", "/") == 4);
}

TEST_CASE("a path that is longer, shorter or has an empty segment is another path",
          "[http][router]") {
  for (const auto* path : {"/v1/topics", "/v1/topics/", "/v1/topics/a/", "/v1/topics/a/messages/",
                           "/v1/topics//messages", "//", "", "*", "v1/topics/a"}) {
    INFO(path);
    REQUIRE(index_of("GET", path) == 99);
  }
}

TEST_CASE("parameters are decoded after the path is split", "[http][router]") {
  const auto router = sample();
  const auto match = router.find("GET", "/v1/topics/chat%2Flobby%2Emain/messages");
  REQUIRE(match.has_value());
  REQUIRE(match->parameters.size() == 1);
  REQUIRE(match->parameters[0].name == "topic");
  REQUIRE(match->parameters[0].value == "chat/lobby.main");
  REQUIRE(router.find("GET", "/v1/t%6fpics/fixed")->index == 2);
  REQUIRE_FALSE(router.find("GET", "/v1%2Ftopics/fixed").has_value());
}

TEST_CASE("a path's methods are listed once each", "[http][router]") {
  REQUIRE(sample().methods("/v1/topics/fixed") == "POST, GET, HEAD, OPTIONS");
  REQUIRE(sample().methods("/nowhere").empty());
}

}  // namespace
}  // namespace freshet::server
