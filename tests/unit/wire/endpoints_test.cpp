#include "wire/endpoints.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::wire {
namespace {

Text percent_encode(std::string_view text) {
  Text out;
  append_percent_encoded(out, text);
  return out;
}

using namespace std::string_literals;

TEST_CASE("close codes from 4000 to 4099 are final and no others", "[wire][endpoints]") {
  CHECK(is_final_close_code(4000));
  CHECK(is_final_close_code(close_code::unauthorized));
  CHECK(is_final_close_code(close_code::forbidden));
  CHECK(is_final_close_code(close_code::malformed));
  CHECK(is_final_close_code(4099));
  for (const std::uint16_t code :
       {std::uint16_t{1000}, close_code::going_away, close_code::too_big, close_code::epoch_changed,
        close_code::busy, std::uint16_t{3999}, close_code::slow_consumer, close_code::token_expired,
        std::uint16_t{0}, std::uint16_t{65535}}) {
    CHECK_FALSE(is_final_close_code(code));
  }
}

TEST_CASE("patterns and cursors stay readable in a query", "[wire][endpoints]") {
  CHECK(percent_encode("prices.*") == "prices.*");
  CHECK(percent_encode("k3f9:1027,a-b_c~d") == "k3f9:1027,a-b_c~d");
  CHECK(percent_encode("chat.>") == "chat.%3E");
}

TEST_CASE("everything else is percent-encoded", "[wire][endpoints]") {
  CHECK(percent_encode("a b+c&d=e?f#g/h%i") == "a%20b%2Bc%26d%3De%3Ff%23g%2Fh%25i");
  CHECK(percent_encode("\xc3\xa9\n") == "%C3%A9%0A");
  CHECK(percent_encode("\0"s) == "%00");
  CHECK(percent_encode("") == "");
}

TEST_CASE("parameters are appended in order and may repeat", "[wire][endpoints]") {
  Text target = "/v1/poll";
  append_parameter(target, "pattern", "a.>");
  append_parameter(target, "pattern", "b");
  append_parameter(target, "cursor", "k:1");
  CHECK(target == "/v1/poll?pattern=a.%3E&pattern=b&cursor=k:1");
}

TEST_CASE("a server's address gives host, port and prefix", "[wire][endpoints]") {
  struct Row {
    const char* text;
    const char* origin;
    std::uint16_t port;
    const char* prefix;
  };
  for (const Row& row : {
           Row{"http://localhost:8080", "http://localhost:8080", 8080, ""},
           Row{"https://live.example.com", "https://live.example.com", 443, ""},
           Row{"https://live.example.com:443/", "https://live.example.com", 443, ""},
           Row{"http://a:443", "http://a:443", 443, ""},
           Row{"HTTP://Ex.Com/a/b/", "http://Ex.Com", 80, "/a/b"},
           Row{"wss://ex.com/live", "https://ex.com", 443, "/live"},
           Row{"ws://ex.com:81", "http://ex.com:81", 81, ""},
           Row{"http://[::1]:8080/x", "http://[::1]:8080", 8080, "/x"},
           Row{"http://127.0.0.1", "http://127.0.0.1", 80, ""},
           Row{"http://a//", "http://a", 80, ""},
           Row{"http://a/%20x~y", "http://a", 80, "/%20x~y"},
       }) {
    CAPTURE(row.text);
    const auto url = parse_base_url(row.text);
    REQUIRE(url);
    CHECK(url->origin() == row.origin);
    CHECK(url->port == row.port);
    CHECK(url->prefix == row.prefix);
  }
}

TEST_CASE("what is not a server's address is told by a sentence that says why",
          "[wire][endpoints]") {
  struct Row {
    std::string text;
    const char* why;
  };
  for (const Row& row : {
           Row{"", "it must begin with http:// or https://"},
           Row{"localhost:8080", "it must begin with http:// or https://"},
           Row{"//ex.com", "it must begin with http:// or https://"},
           Row{"ftp://ex.com", "it must begin with http:// or https://"},
           Row{"http:/ex.com", "it must begin with http:// or https://"},
           Row{"http://", "it names no host"},
           Row{"http:///path", "it names no host"},
           Row{"http://:80", "it names no host"},
           Row{"http://[]", "it names no host"},
           Row{"http://[::1", "it names no host"},
           Row{"http://[::1%25lo]", "it names no host"},
           Row{"http://u:p@ex.com", "give credentials as a token, not in the address"},
           Row{"http://ex.com:", "its port must be a number from 1 to 65535"},
           Row{"http://ex.com:0", "its port must be a number from 1 to 65535"},
           Row{"http://ex.com:65536", "its port must be a number from 1 to 65535"},
           Row{"http://ex.com:http", "its port must be a number from 1 to 65535"},
           Row{"http://ex.com:-1", "its port must be a number from 1 to 65535"},
           Row{"http://ex.com?x=1", "it must end before any '?' or '#'"},
           Row{"http://ex.com:80?x=1", "it must end before any '?' or '#'"},
           Row{"http://ex.com/a#b", "it must end before any '?' or '#'"},
           Row{"http://ex com/", "a character in it is not allowed there"},
           Row{"http://ex.com/a b", "a character in it is not allowed there"},
           Row{"http://ex.com/a\r\nHost: b", "a character in it is not allowed there"},
           Row{"http://ex.com\\b", "a character in it is not allowed there"},
           Row{"http://b\xc3\xbc"
               "cher.example",
               "a character in it is not allowed there"},
           Row{"http://[::1]/a[1]", "a character in it is not allowed there"},
           Row{"http://[::1]x", "a character in it is not allowed there"},
       }) {
    CAPTURE(row.text);
    const auto url = parse_base_url(row.text);
    REQUIRE_FALSE(url);
    CHECK(url.error().code == ErrorCode::invalid_url);
    CHECK(url.error().message.ends_with(std::string(" is not a server address: ") + row.why));
  }
}

}  // namespace
}  // namespace freshet::wire
