#include "wire/json.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

namespace freshet::wire {
namespace {

using namespace std::string_literals;

std::string as_json(std::string_view text) {
  Text out;
  append_json_string(out, text);
  return out;
}

std::string as_json(std::uint64_t number) {
  Text out;
  append_number(out, number);
  return out;
}

// "name=value name=value", then "." when the object was complete.
std::string walk(std::string_view text) {
  std::string out;
  JsonReader reader{text};
  while (const auto member = reader.next()) {
    CHECK(text.substr(member->value_offset, member->value.size()) == member->value);
    out += std::string(member->name) + "=" + std::string(member->value) + " ";
  }
  if (reader.complete()) out += ".";
  return out;
}

TEST_CASE("strings are written with the escapes that JSON demands", "[wire][json]") {
  CHECK(as_json("") == R"("")");
  CHECK(as_json("plain") == R"("plain")");
  CHECK(as_json(R"(say "hi" \ bye)") == R"("say \"hi\" \\ bye")");
  CHECK(as_json("\b\f\n\r\t") == R"("\b\f\n\r\t")");
  CHECK(as_json("\0\x01\x1f"s) == R"("\u0000\u0001\u001f")");
  CHECK(as_json("gr\xc3\xbc\xc3\x9f\x7f/") == "\"gr\xc3\xbc\xc3\x9f\x7f/\"");
}

TEST_CASE("numbers are written in full", "[wire][json]") {
  CHECK(as_json(0u) == "0");
  CHECK(as_json(std::uint64_t{9007199254740991u}) == "9007199254740991");
  CHECK(as_json(UINT64_MAX) == "18446744073709551615");
}

TEST_CASE("a reader walks the members of an object in their order", "[wire][json]") {
  CHECK(walk("{}") == ".");
  CHECK(walk(R"({"a":1})") == "a=1 .");
  CHECK(walk(R"({"a":1,"b":"x","c":true,"d":null,"e":-1.5e+3})") ==
        R"(a=1 b="x" c=true d=null e=-1.5e+3 .)");
  CHECK(walk(" \t\r\n{ \"a\" : 1 , \"b\" : [ 1 ] }\n ") == "a=1 b=[ 1 ] .");
}

TEST_CASE("nested values are stepped over whole", "[wire][json]") {
  CHECK(walk(R"({"a":{"b":[1,{"c":"}]"}]},"d":2})") == R"(a={"b":[1,{"c":"}]"}]} d=2 .)");
  CHECK(walk(R"({"a":"\"}\\","b":2})") == R"(a="\"}\\" b=2 .)");
  CHECK(walk(R"({"a":[],"b":{}})") == "a=[] b={} .");
}

TEST_CASE("nesting of any depth takes neither stack nor more than linear time", "[wire][json]") {
  const std::string deep(200'000, '[');
  const std::string text = "{\"a\":" + deep + std::string(200'000, ']') + "}";
  CHECK(walk(text).size() == 400'000 + 4);
  CHECK(walk("{\"a\":" + deep).empty());
}

TEST_CASE("what is not one object is not complete", "[wire][json]") {
  for (const char* text : {"",
                           " ",
                           "[]",
                           "1",
                           "\"a\"",
                           "null",
                           "{",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\":1",
                           "{\"a\":1,",
                           "{\"a\":1,}",
                           "{,}",
                           "{,\"a\":1}",
                           "{\"a\" 1}",
                           "{\"a\":1 \"b\":2}",
                           "{\"a\":1;\"b\":2}",
                           "{a:1}",
                           "{'a':1}",
                           "{\"a\":}",
                           "{\"a\":,\"b\":1}",
                           "{\"a\":1}}",
                           "{\"a\":1}{",
                           "{} x",
                           "{\"a\":tru}",
                           "{\"a\":True}",
                           "{\"a\":nul}",
                           "{\"a\":01}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":+1}",
                           "{\"a\":-}",
                           "{\"a\":1e}",
                           "{\"a\":1e+}",
                           "{\"a\":0x1}",
                           "{\"a\":NaN}",
                           "{\"a\":--1}",
                           "{\"a\":1 2}",
                           "{\"a\":\"x\ny\"}",
                           "{\"a\":[\"x\ny\"]}",
                           "{\"a\n\":1}",
                           "{\"a\":\"x}",
                           "{\"a\":\"x\\\"}",
                           "{\"a\":[1}",
                           "{\"a\":]}"}) {
    CAPTURE(text);
    JsonReader reader{text};
    while (reader.next()) {
    }
    CHECK_FALSE(reader.complete());
    CHECK_FALSE(reader.next());
  }
}

TEST_CASE("every prefix of an object is incomplete", "[wire][json]") {
  const std::string text = R"({"a":1,"b":"x\"y","c":{"d":[true]},"e":null})";
  for (std::size_t size = 0; size < text.size(); ++size) {
    CAPTURE(size);
    JsonReader reader{std::string_view(text).substr(0, size)};
    while (reader.next()) {
    }
    CHECK_FALSE(reader.complete());
  }
}

TEST_CASE("a text cut inside a value says which and where it began", "[wire][json]") {
  const std::string text = R"({"id":7,"data":{"bid":187.2}})";
  for (std::size_t size = 15; size < text.size() - 1; ++size) {
    CAPTURE(size);
    JsonReader reader{std::string_view(text).substr(0, size)};
    REQUIRE(reader.next()->name == "id");
    CHECK_FALSE(reader.next());
    REQUIRE(reader.cut());
    CHECK(reader.cut()->name == "data");
    CHECK(reader.cut()->value_offset == 15);
  }
  JsonReader whole{text};
  while (whole.next()) {
  }
  CHECK(whole.complete());
  CHECK_FALSE(whole.cut());
}

TEST_CASE("strings are decoded with all escapes", "[wire][json]") {
  CHECK(json_string(R"("")") == "");
  CHECK(json_string(R"("plain")") == "plain");
  CHECK(json_string(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(json_string(R"("\u0041\u00e9\u20AC")") == "A\xc3\xa9\xe2\x82\xac");
  CHECK(json_string(R"("\ud83d\ude00")") == "\xf0\x9f\x98\x80");
  CHECK(json_string(R"("\uDBFF\uDFFF")") == "\xf4\x8f\xbf\xbf");
  CHECK(json_string(R"("\u0000")") == "\0"s);
}

TEST_CASE("what is not a JSON string is not decoded", "[wire][json]") {
  for (const char* raw : {"",
                          "\"",
                          "x",
                          "\"x",
                          "x\"",
                          "1",
                          "\"a\"b\"",
                          "\"\\\"",
                          "\"\\x\"",
                          "\"\\u\"",
                          "\"\\u12\"",
                          "\"\\u12g4\"",
                          "\"\\u+123\"",
                          "\"\\u-123\"",
                          "\"\\ud83d\"",
                          "\"\\ude00\"",
                          "\"\\ud83d\\u0041\"",
                          "\"\\ud83d\\ud83d\"",
                          "\"\\ud83dx\"",
                          "\"\\ud83d\\n\"",
                          "\"a\nb\""}) {
    CAPTURE(raw);
    CHECK(json_string(raw) == std::nullopt);
  }
}

TEST_CASE("what is written is read back", "[wire][json]") {
  std::string all;
  for (int c = 0; c < 128; ++c) all += static_cast<char>(c);
  CHECK(json_string(as_json(all)) == all);
}

TEST_CASE("arrays of strings are read in order", "[wire][json]") {
  using Strings = List<Text>;
  CHECK(json_strings("[]") == Strings{});
  CHECK(json_strings("[ ]") == Strings{});
  CHECK(json_strings(R"(["a"])") == Strings{"a"});
  CHECK(json_strings(R"([ "a" , "b,]\"" ,"" ])") == Strings{"a", "b,]\"", ""});
  for (const char* raw :
       {"", "[", "]", "\"a\"", "{}", "[1]", "[\"a\",]", "[,\"a\"]", "[\"a\" \"b\"]", "[\"a\"",
        "[\"a\",", "[\"a]", "[null]", "[[\"a\"]]", "[\"\\q\"]"}) {
    CAPTURE(raw);
    CHECK(json_strings(raw) == std::nullopt);
  }
}

TEST_CASE("whole numbers below 2^53 are read, and nothing else", "[wire][json]") {
  CHECK(json_number("0") == 0);
  CHECK(json_number("7") == 7);
  CHECK(json_number("9007199254740991") == 9007199254740991u);
  for (const char* raw : {"", "-1", "+1", "01", "00", "1.0", "1e3", " 1", "1 ", "\"1\"", "true",
                          "9007199254740992", "99999999999999999999"}) {
    CAPTURE(raw);
    CHECK(json_number(raw) == std::nullopt);
  }
}

TEST_CASE("only true and false are flags", "[wire][json]") {
  CHECK(json_bool("true") == true);
  CHECK(json_bool("false") == false);
  for (const char* raw : {"", "True", "1", "\"true\"", "null"}) {
    CHECK(json_bool(raw) == std::nullopt);
  }
}

}  // namespace
}  // namespace freshet::wire
