#include "guard/identity.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::server {
namespace {

TEST_CASE("without a publish key everybody may publish", "[guard]") {
  const Guard guard;
  CHECK(guard.identify("")->may_publish);
  CHECK(guard.identify("Basic abc")->may_publish);
  CHECK(guard.identify_token("anything")->may_publish);
}

TEST_CASE("with a publish key only its holder may publish", "[guard]") {
  const Guard guard("secret");
  CHECK_FALSE(guard.identify("")->may_publish);
  const auto holder = guard.identify("Bearer secret");
  REQUIRE(holder);
  CHECK(holder->may_publish);
  CHECK_FALSE(holder->principal.empty());
  CHECK(guard.identify("bearer  secret")->may_publish);
  CHECK(guard.identify_token("secret")->may_publish);
}

TEST_CASE("a wrong key is unauthorized, not nobody", "[guard]") {
  const Guard guard("secret");
  for (const char* header : {"Bearer wrong", "Bearer secre", "Bearer secrets", "Bearer ", "Bearer",
                             "Basic secret", "secret", "Bearer secret "}) {
    INFO(header);
    const auto identity = guard.identify(header);
    REQUIRE_FALSE(identity);
    CHECK(identity.error().code == ErrorCode::unauthorized);
  }
  CHECK_FALSE(guard.identify_token(""));
}

TEST_CASE("a comparison in constant time is still a comparison", "[guard]") {
  CHECK(equals_in_constant_time("", ""));
  CHECK(equals_in_constant_time("abc", "abc"));
  CHECK_FALSE(equals_in_constant_time("abc", "abd"));
  CHECK_FALSE(equals_in_constant_time("abcabc", "abc"));
  CHECK_FALSE(equals_in_constant_time("abc", ""));
  CHECK_FALSE(equals_in_constant_time("", "abc"));
}

}  // namespace
}  // namespace freshet::server
