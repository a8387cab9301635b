#include "wire/quoted.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::wire {
namespace {

using namespace std::string_literals;

TEST_CASE("printable text is quoted as it is", "[wire][quoted]") {
  CHECK(quoted("prices.*") == "'prices.*'");
  CHECK(quoted("") == "''");
}

TEST_CASE("bytes that could steer a terminal or break a log line are quoted as question marks",
          "[wire][quoted]") {
  CHECK(quoted("a\x1b[2J\r\nb") ==
        "'a?[2J?"
        "?b'");
  CHECK(quoted("\0\x7f\xff."s) == std::string("'") + std::string(3, '?') + ".'");
}

TEST_CASE("a long text is quoted by its beginning", "[wire][quoted]") {
  CHECK(quoted(std::string(80, 'x')) == "'" + std::string(80, 'x') + "'");
  CHECK(quoted(std::string(100'000, 'x')) == "'" + std::string(80, 'x') + "...'");
}

}  // namespace
}  // namespace freshet::wire
