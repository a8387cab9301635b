#include "wire/utf8.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "unit/wire/feed.h"

namespace freshet::wire {
namespace {

using namespace std::string_literals;

bool valid_in_every_cut(std::string_view bytes) {
  return test::read_in_every_cut(bytes, [](const test::Pieces& pieces) {
    Utf8Validator validator;
    pieces.for_each([&](std::string_view piece) { validator.feed(piece); });
    return validator.complete();
  });
}

// How many bytes are taken before the text is known to be beyond repair.
std::size_t bytes_until_refused(std::string_view bytes) {
  Utf8Validator validator;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (!validator.feed(bytes.substr(i, 1))) return i + 1;
  }
  return std::string_view::npos;
}

TEST_CASE("well-formed text is UTF-8 in every cut", "[wire][utf8]") {
  const std::vector<std::string> texts = {
      "",
      "plain",
      "exactly8",
      "a longer run of ASCII that takes the fast path",
      "\0nul"s,
      "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",  // κόσμε
      "\xc2\x80",                                      // U+0080, the first of two bytes
      "\xdf\xbf",                                      // U+07FF, the last
      "\xe0\xa0\x80",                                  // U+0800, the first of three
      "\xed\x9f\xbf",                                  // U+D7FF, the last before the surrogates
      "\xee\x80\x80",                                  // U+E000, the first behind them
      "\xef\xbf\xbd",                                  // U+FFFD
      "\xef\xbf\xbf",                                  // U+FFFF, no character, but well-formed
      "\xf0\x90\x80\x80",                              // U+10000, the first of four
      "\xf4\x8f\xbf\xbf",                              // U+10FFFF, the last
      "seven b\xe2\x82\xac behind the fast path and \xf0\x9f\x98\x80 once more",
  };
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK(valid_in_every_cut(text));
    CHECK(is_utf8(text));
  }
}

TEST_CASE("malformed text is refused in every cut", "[wire][utf8]") {
  const std::vector<std::string> texts = {
      "\x80",  // a continuation alone
      "\xbf",
      "\xc0\x80",  // NUL in too many bytes
      "\xc1\xbf",
      "\xc0\xaf",
      "\xe0\x80\xaf",
      "\xe0\x9f\xbf",
      "\xf0\x80\x80\xaf",
      "\xf0\x8f\xbf\xbf",
      "\xf8\x88\x80\x80\x80",      // five bytes
      "\xfc\x84\x80\x80\x80\x80",  // six
      "\xed\xa0\x80",              // surrogates, alone and in pairs
      "\xed\xbf\xbf",
      "\xed\xa0\x80\xed\xb0\x80",
      "\xf4\x90\x80\x80",  // past U+10FFFF
      "\xf5\x80\x80\x80",
      "\xfe",
      "\xff",
      "\xfe\xfe\xff\xff",
      "\xc3(",  // cut short by ASCII
      "\xe2\x82(",
      "\xe2(\xac",
      "\xf0\x90\x80(",
      "\xc3\xc3",  // cut short by another lead
      "a long run of ASCII before the fault \xff and behind it",
      "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5\xed\xa0\x80\x65\x64\x69\x74\x65\x64",
  };
  for (const std::string& text : texts) {
    CAPTURE(text);
    CHECK_FALSE(valid_in_every_cut(text));
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("text cut inside a character is not complete, but may go on", "[wire][utf8]") {
  for (const char* text : {"\xc3", "\xe2", "\xe2\x82", "\xf0", "\xf0\x9f", "\xf0\x9f\x98"}) {
    Utf8Validator validator;
    CHECK(validator.feed(text));
    CHECK_FALSE(validator.complete());
    CHECK_FALSE(is_utf8(text));
  }
}

TEST_CASE("a fault shows at the first byte that cannot be", "[wire][utf8]") {
  CHECK(bytes_until_refused("ab\xff") == 3);
  CHECK(bytes_until_refused("\xed\xa0\x80") == 2);
  CHECK(bytes_until_refused("\xf4\x90\x80\x80") == 2);
  CHECK(bytes_until_refused("\xe0\x9f\xbf") == 2);
  CHECK(bytes_until_refused("\xc0\x80") == 1);
}

TEST_CASE("a refused text stays refused", "[wire][utf8]") {
  Utf8Validator validator;
  CHECK_FALSE(validator.feed("\xff"));
  CHECK_FALSE(validator.feed("fine"));
  CHECK_FALSE(validator.feed(""));
  CHECK_FALSE(validator.complete());
}

TEST_CASE("exactly the scalar values of Unicode are UTF-8", "[wire][utf8]") {
  // Every sequence of three bytes whose lead announces three, against the definition.
  std::size_t disagreements = 0;
  for (unsigned lead = 0xE0; lead <= 0xEF; ++lead) {
    for (unsigned second = 0x70; second <= 0xCF; ++second) {
      for (const unsigned third : {0x7Fu, 0x80u, 0xBFu, 0xC0u}) {
        const char bytes[] = {static_cast<char>(lead), static_cast<char>(second),
                              static_cast<char>(third)};
        const bool continuations =
            second >= 0x80 && second <= 0xBF && third >= 0x80 && third <= 0xBF;
        const unsigned code = (lead & 15) << 12 | (second & 63) << 6 | (third & 63);
        const bool expected = continuations && code >= 0x800 && (code < 0xD800 || code > 0xDFFF);
        if (is_utf8({bytes, 3}) != expected) ++disagreements;
      }
    }
  }
  CHECK(disagreements == 0);
}

}  // namespace
}  // namespace freshet::wire
