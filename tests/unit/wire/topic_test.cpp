#include "wire/topic.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace freshet::wire {
namespace {

using namespace std::string_literals;

std::string segments(std::size_t count, const std::string& segment = "a") {
  std::string out = segment;
  for (std::size_t i = 1; i < count; ++i) out += "." + segment;
  return out;
}

TEST_CASE("names of one to sixteen segments are topics", "[wire][topic]") {
  for (const std::string& text :
       {std::string("a"), std::string("prices.AAPL"), std::string("A-Z_09.x"),
        std::string("$sys.health"), std::string("chat.$typing"), segments(16),
        std::string(255, 'x')}) {
    CAPTURE(text);
    CHECK(check_topic(text));
    CHECK(check_pattern(text));
    CHECK(is_exact(text));
  }
}

TEST_CASE("what is not a topic is told by a sentence that names the fault", "[wire][topic]") {
  struct Row {
    std::string text;
    std::string fault;
  };
  const std::vector<Row> rows = {
      {"", "it has an empty segment"},
      {".", "it has an empty segment"},
      {"prices..x", "it has an empty segment"},
      {".prices", "it has an empty segment"},
      {"prices.", "it has an empty segment"},
      {std::string(256, 'x'), "it is longer than 255 bytes"},
      {segments(17), "it has more than 16 segments"},
      {"prices.*", "wildcards name no single topic"},
      {">", "wildcards name no single topic"},
      {"prices*", "'*' must be a whole segment"},
      {"a.b>", "'>' must be the whole last segment"},
      {"$", "'$' must begin a segment's name"},
      {"a.$.b", "'$' must begin a segment's name"},
      {"a$b", "'$' must begin a segment's name"},
      {"$$a", "'$' must begin a segment's name"},
      {"a b", "segments are made of letters, digits, '_' and '-'"},
      {"a/b", "segments are made of letters, digits, '_' and '-'"},
      {"pr\xc3\xa9s", "segments are made of letters, digits, '_' and '-'"},
      {"a\0b"s, "segments are made of letters, digits, '_' and '-'"},
      {"a\n", "segments are made of letters, digits, '_' and '-'"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    const auto checked = check_topic(row.text);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == ErrorCode::invalid_topic);
    CHECK(checked.error().message.ends_with(" is not a topic: " + row.fault));
  }
}

TEST_CASE("an error shows the text that was refused", "[wire][topic]") {
  CHECK(check_topic("prices..x").error().message ==
        "'prices..x' is not a topic: it has an empty segment");
  CHECK(check_pattern("prices*").error().message ==
        "'prices*' is not a pattern: '*' must be a whole segment");
}

TEST_CASE("a star stands for one segment and a final arrow for the rest", "[wire][topic]") {
  for (const char* text : {"*", ">", "prices.*", "*.AAPL", "chat.>", "*.*", "*.>", "$sys.*"}) {
    CAPTURE(text);
    CHECK(check_pattern(text));
    CHECK_FALSE(is_exact(text));
  }
  CHECK(check_pattern(segments(16, "*")));
}

TEST_CASE("what is not a pattern is refused as one", "[wire][topic]") {
  for (const std::string& text :
       {std::string(""), std::string(">.a"), std::string("a.>.b"), std::string("a*"),
        std::string("**"), std::string("*a.b"), std::string("a.>>"), std::string("$*"),
        std::string("$>"), std::string("a..*"), segments(17, "*")}) {
    CAPTURE(text);
    const auto checked = check_pattern(text);
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == ErrorCode::invalid_pattern);
  }
}

TEST_CASE("patterns match exactly the topics they describe", "[wire][topic]") {
  struct Row {
    const char* pattern;
    const char* topic;
    bool matched;
  };
  const std::vector<Row> rows = {
      {"prices.AAPL", "prices.AAPL", true},
      {"prices.AAPL", "prices.AAP", false},
      {"prices.AAPL", "prices.AAPLX", false},
      {"prices.AAPL", "prices.aapl", false},
      {"prices", "prices.AAPL", false},
      {"prices.AAPL", "prices", false},
      {"prices.*", "prices.AAPL", true},
      {"prices.*", "prices", false},
      {"prices.*", "prices.US.AAPL", false},
      {"*", "prices", true},
      {"*.AAPL", "prices.AAPL", true},
      {"*.AAPL", "prices.MSFT", false},
      {"a.*.c", "a.b.c", true},
      {"a.*.c", "a.b.d", false},
      {"chat.>", "chat.lobby", true},
      {"chat.>", "chat.a.b.c", true},
      {"chat.>", "chat", false},
      {"chat.>", "chats.a", false},
      {">", "a", true},
      {">", "a.b.c", true},
      {"*.>", "a.b", true},
      {"*.>", "a", false},
      {"*.*", "a.b", true},
      {"*.*", "a.b.c", false},
      {"a.>", "a.b.c", true},
      {"a.b.>", "a.c.b", false},
  };
  for (const Row& row : rows) {
    CAPTURE(row.pattern, row.topic);
    CHECK(matches(row.pattern, row.topic) == row.matched);
  }
}

TEST_CASE("no wildcard matches a segment of the system", "[wire][topic]") {
  CHECK_FALSE(matches("*", "$sys"));
  CHECK_FALSE(matches(">", "$sys.health"));
  CHECK_FALSE(matches(">", "a.b.$c"));
  CHECK_FALSE(matches("chat.>", "chat.a.$typing"));
  CHECK_FALSE(matches("chat.*", "chat.$typing"));
  CHECK(matches("chat.$typing", "chat.$typing"));
  CHECK(matches("$sys.*", "$sys.health"));
  CHECK(matches("$sys.>", "$sys.a.b"));
  CHECK(is_reserved_topic("$sys"));
  CHECK(is_reserved_topic("chat.$typing"));
  CHECK_FALSE(is_reserved_topic("chat.typing"));
}

}  // namespace
}  // namespace freshet::wire
