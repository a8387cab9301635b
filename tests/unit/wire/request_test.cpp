#include "wire/request.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::wire {
namespace {

Text subscribe() {
  Text flat;
  append_text_member(flat, "op", "subscribe");
  append_number_member(flat, "ref", 3);
  append_item_member(flat, "patterns", "chat.>");
  append_item_member(flat, "patterns", "prices.*");
  append_text_member(flat, "cursor", "k3f9:1027");
  return flat;
}

TEST_CASE("a request's members are flat text, each with its type", "[wire][request]") {
  using namespace std::string_literals;
  CHECK(subscribe() ==
        "op\0\"subscribe\0ref\0#3\0patterns\0[chat.>\0patterns\0[prices.*\0cursor\0\"k3f9:1027\0"s);
  Text flat;
  append_text_member(flat, "key", "");
  CHECK(flat.empty());
}

TEST_CASE("flat text is one JSON object, its items a list", "[wire][request]") {
  CHECK(json_of(subscribe()) ==
        R"({"op":"subscribe","ref":3,"patterns":["chat.>","prices.*"],"cursor":"k3f9:1027"})");
  Text flat;
  append_item_member(flat, "pattern", "a");
  append_item_member(flat, "cursor", "e:1");
  append_item_member(flat, "cursor", "e:2");
  CHECK(json_of(flat) == R"({"pattern":["a"],"cursor":["e:1","e:2"]})");
  flat.resize(0);
  append_text_member(flat, "topic", "a\"b");
  CHECK(json_of(flat) == R"({"topic":"a\"b"})");
  CHECK(json_of({}) == "{}");
}

TEST_CASE("flat text is a query, its items a parameter each", "[wire][request]") {
  CHECK(query_of(subscribe()) ==
        "?op=subscribe&ref=3&patterns=chat.%3E&patterns=prices.*&cursor=k3f9:1027");
  CHECK(query_of({}).empty());
}

}  // namespace
}  // namespace freshet::wire
