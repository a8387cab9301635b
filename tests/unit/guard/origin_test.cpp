#include "guard/origin.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <vector>

namespace freshet::server {
namespace {

TEST_CASE("an origin is judged by the policy and by the server's own host", "[guard][origin]") {
  struct Row {
    std::vector<std::string> allowed;
    std::string origin, host;
    OriginVerdict verdict;
  };
  using enum OriginVerdict;
  const auto row = GENERATE(values<Row>({
      // Not from a script of a page.
      {{}, "", "live.example.com", no_origin},
      // The server's own pages, also behind a TLS proxy and with default ports spelled out.
      {{}, "http://localhost:8080", "localhost:8080", same},
      {{}, "https://live.example.com", "live.example.com", same},
      {{}, "https://live.example.com", "LIVE.example.com:443", same},
      {{}, "http://live.example.com:80", "live.example.com", same},
      {{}, "http://[::1]:8080", "[::1]:8080", same},
      {{}, "http://[::1]", "[::1]:80", same},
      // Another host, port, or a host that only looks alike.
      {{}, "http://localhost:5173", "localhost:8080", refused},
      {{}, "http://127.0.0.1:8080", "localhost:8080", refused},
      {{}, "https://evil.com", "live.example.com", refused},
      {{}, "https://live.example.com.evil.com", "live.example.com", refused},
      {{}, "https://evil-live.example.com", "live.example.com", refused},
      {{}, "https://live.example.com:444", "live.example.com", refused},
      {{}, "http://live.example.com", "live.example.com:443", refused},
      {{}, "https://live.example.com@evil.com", "live.example.com", refused},
      {{}, "https://evil.com", "", refused},
      // Named ones, whatever their case; the scheme counts here.
      {{"https://app.example.com"}, "https://app.example.com", "a", allowed},
      {{"https://app.example.com"}, "HTTPS://App.Example.com:443", "a", allowed},
      {{"https://app.example.com:443"}, "https://app.example.com", "a", allowed},
      {{"https://app.example.com"}, "http://app.example.com", "a", refused},
      {{"https://app.example.com"}, "https://app.example.com:8443", "a", refused},
      {{"https://app.example.com"}, "https://sub.app.example.com", "a", refused},
      {{"https://a.com", "https://b.com"}, "https://b.com", "a", allowed},
      // Everything, and pages without an origin.
      {{"*"}, "https://anything.at.all", "a", allowed},
      {{"*"}, "null", "a", allowed},
      {{"null"}, "null", "a", allowed},
      {{}, "null", "null", refused},
      {{"https://a.com"}, "null", "a", refused},
      // Not an origin at all.
      {{}, "live.example.com", "live.example.com", refused},
      {{}, "https://", "", refused},
      {{}, "https://a.com, https://b.com", "a.com", refused},
      {{}, "https://a.com:x", "a.com:x", refused},
  }));
  INFO(row.origin << " at " << row.host);
  REQUIRE(judge_origin({.allowed = row.allowed}, row.origin, row.host) == row.verdict);
}

TEST_CASE("what cannot be an origin is refused on the command line with its reason",
          "[guard][origin]") {
  for (const auto* good : {"*", "null", "https://app.example.com", "http://localhost:5173",
                           "http://[::1]:8080", "capacitor://localhost"}) {
    INFO(good);
    REQUIRE(check_allowed_origin(good).empty());
  }
  REQUIRE(check_allowed_origin("app.example.com") ==
          "'app.example.com' is not an origin: it needs its scheme, as in "
          "https://app.example.com");
  REQUIRE(check_allowed_origin("https://*.example.com") ==
          "'https://*.example.com' is not an origin: '*' stands alone or not at all");
  REQUIRE(check_allowed_origin("https://app.example.com/") ==
          "'https://app.example.com/' is not an origin: scheme, host and port only, as in "
          "https://app.example.com");
  REQUIRE_FALSE(check_allowed_origin("").empty());
}

}  // namespace
}  // namespace freshet::server
