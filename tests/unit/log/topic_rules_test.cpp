#include "log/topic_rules.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::server {
namespace {

TEST_CASE("the first rule whose pattern matches holds, and disconnect without one",
          "[log][rules]") {
  TopicRules rules;
  CHECK(rules.empty());
  CHECK(rules.of("prices.AAPL") == SlowRule::disconnect);
  REQUIRE(rules.add("prices.audit:disconnect"));
  REQUIRE(rules.add("prices.>:latest"));
  REQUIRE(rules.add("chat.*:drop-oldest"));
  CHECK(rules.of("prices.audit") == SlowRule::disconnect);
  CHECK(rules.of("prices.AAPL") == SlowRule::latest);
  CHECK(rules.of("prices.AAPL.bid") == SlowRule::latest);
  CHECK(rules.of("chat.lobby") == SlowRule::drop_oldest);
  CHECK(rules.of("chat.lobby.2") == SlowRule::disconnect);
  CHECK(rules.any(SlowRule::latest));
  CHECK(rules.any(SlowRule::drop_oldest));
  CHECK_FALSE(TopicRules{}.any(SlowRule::disconnect));
}

TEST_CASE("no wildcard of a rule reaches a topic of the server's own", "[log][rules]") {
  TopicRules rules;
  REQUIRE(rules.add(">:latest"));
  CHECK(rules.of("$sys.stats") == SlowRule::disconnect);
}

TEST_CASE("what is no rule is refused with a sentence", "[log][rules]") {
  TopicRules rules;
  for (const char* wrong : {"", ":", "a", "a:", ":latest", "a:newest", "a:latest:latest",
                            "a:LATEST", "a latest", "a..b:latest", "prices*:latest"}) {
    INFO(wrong);
    const auto added = rules.add(wrong);
    REQUIRE_FALSE(added);
    CHECK_FALSE(added.error().message.empty());
  }
  CHECK(rules.add("a:newest").error().code == ErrorCode::invalid_argument);
  CHECK(rules.add("prices*:latest").error().code == ErrorCode::invalid_pattern);
  CHECK(rules.empty());
}

}  // namespace
}  // namespace freshet::server
