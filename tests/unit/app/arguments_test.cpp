#include "app/arguments.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::app {
namespace {

TEST_CASE("a duration is a number with a unit, milliseconds without one", "[app]") {
  CHECK(*parse_duration("250") == Duration{250});
  CHECK(*parse_duration("250ms") == Duration{250});
  CHECK(*parse_duration("25s") == Duration{25'000});
  CHECK(*parse_duration("5m") == Duration{300'000});
  CHECK(*parse_duration("1h") == Duration{3'600'000});
}

TEST_CASE("a value is told as it would be typed", "[app]") {
  for (const char* text : {"1ms", "250ms", "25s", "90s", "5m", "1h"}) {
    CHECK(to_text(*parse_duration(text)) == text);
  }
  for (const char* text : {"1B", "1023B", "64KiB", "1MiB", "2GiB"}) {
    CHECK(bytes_to_text(*parse_bytes(text)) == text);
  }
  CHECK(to_text(Duration{0}) == "0ms");
}

TEST_CASE("what is not a duration is refused with an example", "[app]") {
  for (const char* text : {"", "s", "-1s", "1.5s", "1 s", "1d", "25sec", "99999999999999999999"}) {
    const auto duration = parse_duration(text);
    REQUIRE_FALSE(duration);
    CHECK(duration.error().code == ErrorCode::invalid_argument);
  }
  CHECK(parse_duration("x").error().message.find("25s") != std::string::npos);
  CHECK_FALSE(parse_duration("721h"));
}

TEST_CASE("a size is a number with a binary unit, bytes without one", "[app]") {
  CHECK(*parse_bytes("4096") == 4096);
  CHECK(*parse_bytes("64KiB") == 65'536);
  CHECK(*parse_bytes("1MiB") == 1'048'576);
  CHECK(*parse_bytes("2GiB") == 2'147'483'648);
  for (const char* text : {"", "KiB", "1KB", "1k", "-1", "2000GiB"}) CHECK_FALSE(parse_bytes(text));
}

TEST_CASE("an endpoint is a host and a port, IPv6 in brackets", "[app]") {
  CHECK(parse_endpoint("127.0.0.1:8080")->host == "127.0.0.1");
  CHECK(parse_endpoint("127.0.0.1:8080")->port == 8080);
  CHECK(parse_endpoint("[::1]:0")->host == "::1");
  CHECK(parse_endpoint("localhost:65535")->port == 65535);
  for (const char* text :
       {"", "8080", ":8080", "::1:8080", "127.0.0.1", "a:65536", "a:-1", "a:", "[]:80"}) {
    INFO(text);
    CHECK_FALSE(parse_endpoint(text));
  }
}

TEST_CASE("only this machine reaches loopback", "[app]") {
  for (const char* host : {"localhost", "127.0.0.1", "127.8.8.8", "::1"}) CHECK(is_loopback(host));
  for (const char* host : {"0.0.0.0", "::", "192.168.0.1", "example.com"}) {
    CHECK_FALSE(is_loopback(host));
  }
}

}  // namespace
}  // namespace freshet::app
