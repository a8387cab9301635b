#include "app/record_file.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::app {
namespace {

std::string read(std::string_view text) {
  const auto records = read_records(text);
  if (!records) return records.error().message;
  std::string all;
  for (const auto& record : *records) all += record.dump() + ' ';
  return all;
}

TEST_CASE("each row of CSV is an object, with numbers where they are", "[app][records]") {
  CHECK(read("symbol,price,note\nA,1.5,\nB,-2,x y\n") ==
        R"({"symbol":"A","price":1.5,"note":null} {"symbol":"B","price":-2,"note":"x y"} )");
  // What only begins like a number is text; a leading zero is no JSON number.
  CHECK(read("a,b,c\n1-2,007,1e3\n") == R"({"a":"1-2","b":"007","c":1000.0} )");
  CHECK(read("a\r\n1\r\n\r\n2") == R"({"a":1} {"a":2} )");
  CHECK(read("\xEF\xBB\xBF"
             "a\n1\n") == R"({"a":1} )");
  CHECK(read("a\n").empty());
  CHECK(read("").empty());
}

TEST_CASE("quotes keep commas, line ends and quotes", "[app][records]") {
  CHECK(read("a,b\n\"x,y\",\"line\nbreak\"\n\"say \"\"hi\"\"\",2\n") ==
        R"({"a":"x,y","b":"line\nbreak"} {"a":"say \"hi\"","b":2} )");
}

TEST_CASE("a row of another length is told by its line", "[app][records]") {
  CHECK(read("a,b\n1,2\n3\n") == "line 3: 1 fields where the header has 2");
}

TEST_CASE("what begins with a brace is one JSON object a line", "[app][records]") {
  CHECK(read("\n {\"b\":1,\"a\":[2]}\n\n{\"b\":null}") == R"({"b":1,"a":[2]} {"b":null} )");
  CHECK(read("{\"a\":1}\n[1]\n") == "line 2: not a JSON object");
  CHECK(read("{\"a\":1\n") == "line 1: not a JSON object");
}

TEST_CASE("a topic is filled from a record, and is a topic afterwards", "[app][records]") {
  const auto record = nlohmann::ordered_json::parse(R"({"symbol":"BRK.A","n":7,"empty":""})");
  const auto filled = [&](std::string_view pattern) {
    const auto topic = fill_topic(pattern, record);
    return topic ? *topic : topic.error().message;
  };
  CHECK(filled("prices.{symbol}") == "prices.BRK_A");
  CHECK(filled("{n}.x-{n}") == "7.x-7");
  CHECK(filled("plain") == "plain");
  CHECK(filled("prices.{name}") == "the records have no member 'name'");
  CHECK(filled("prices.{symbol") == "the records have no member 'symbol'");
  CHECK(filled("prices.{empty}").starts_with("'prices.' is not a topic"));
}

}  // namespace
}  // namespace freshet::app
