#include "wire/cursor.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::wire {
namespace {

using namespace std::string_literals;

TEST_CASE("a cursor is an epoch and an id", "[wire][cursor]") {
  const auto cursor = parse_cursor("k3f9:1027");
  REQUIRE(cursor);
  CHECK(*cursor == Cursor{"k3f9", 1027});
  CHECK(*parse_cursor("a:0") == Cursor{"a", 0});
  CHECK(*parse_cursor("A-z_9:9007199254740991") == Cursor{"A-z_9", id_max});
  CHECK(*parse_cursor(std::string(32, 'e') + ":1") == Cursor{std::string(32, 'e'), 1});
}

TEST_CASE("cursors are written as they are read", "[wire][cursor]") {
  for (const char* text : {"k3f9:0", "k3f9:1027", "e-_:9007199254740991"}) {
    CHECK(to_string(*parse_cursor(text)) == text);
  }
}

TEST_CASE("what is not a cursor is refused", "[wire][cursor]") {
  for (const std::string& text : {std::string(""),
                                  std::string(":"),
                                  std::string("k3f9"),
                                  std::string("k3f9:"),
                                  std::string(":1"),
                                  std::string("k3f9:-1"),
                                  std::string("k3f9:+1"),
                                  std::string("k3f9:01"),
                                  std::string("k3f9:00"),
                                  std::string("k3f9: 1"),
                                  std::string("k3f9:1 "),
                                  std::string(" k3f9:1"),
                                  std::string("k3f9:1.0"),
                                  std::string("k3f9:1e3"),
                                  std::string("k3f9:0x1"),
                                  std::string("k3f9:9007199254740992"),
                                  std::string("k3f9:18446744073709551617"),
                                  std::string("k3f9:99999999999999999999999"),
                                  std::string("k:3:9"),
                                  std::string("k.3:9"),
                                  std::string("k\xc3\xa9:9"),
                                  "k\0:9"s,
                                  "k:9\0"s,
                                  std::string(33, 'e') + ":1",
                                  std::string("last:5"),
                                  std::string("latest"),
                                  std::string("earliest")}) {
    CAPTURE(text);
    const auto cursor = parse_cursor(text);
    REQUIRE_FALSE(cursor);
    CHECK(cursor.error().code == ErrorCode::invalid_cursor);
  }
}

TEST_CASE("words may stand in a cursor's place", "[wire][cursor]") {
  CHECK(*parse_start("") == Start{Latest{}});
  CHECK(*parse_start("latest") == Start{Latest{}});
  CHECK(*parse_start("earliest") == Start{Earliest{}});
  CHECK(*parse_start("last:1") == Start{LastOf{1}});
  CHECK(*parse_start("last:1000") == Start{LastOf{1000}});
  CHECK(*parse_start("k3f9:1027") == Start{Cursor{"k3f9", 1027}});
  CHECK(*parse_start("latest:5") == Start{Cursor{"latest", 5}});
}

TEST_CASE("starts are written as they are read", "[wire][cursor]") {
  for (const char* text : {"latest", "earliest", "last:17", "k3f9:1027"}) {
    CHECK(to_string(*parse_start(text)) == text);
  }
}

TEST_CASE("what is not a start is refused by a sentence that says what is", "[wire][cursor]") {
  for (const char* text : {"Latest", "newest", "last", "last:", "last:0", "last:1001", "last:-1",
                           "last:01", "last:1x", "last: 1", "last:99999999999999999999"}) {
    CAPTURE(text);
    const auto start = parse_start(text);
    REQUIRE_FALSE(start);
    CHECK(start.error().code == ErrorCode::invalid_cursor);
  }
  for (const std::string text : {"last:0", "yesterday"}) {
    CHECK(parse_start(text).error().message ==
          "'" + text +
              "' is not a start: give latest, earliest, last:N with N from 1 to 1000, or a "
              "cursor such as k3f9:1027");
  }
}

}  // namespace
}  // namespace freshet::wire
