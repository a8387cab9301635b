// The same on the standard's containers and, as wasm, on those that stand in for them.
#include "freshet/containers.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace freshet {
namespace {

TEST_CASE("a text grows to any length and keeps what it held", "[wire][containers]") {
  Text text;
  std::string expected;
  for (int count = 0; count < 1'000; ++count) {
    const char c = static_cast<char>('a' + count % 26);
    text += c;
    expected += c;
    REQUIRE(text == expected);
  }
  CHECK(text.size() == 1'000);
  text.clear();
  CHECK(text.empty());
  CHECK(text == "");
}

TEST_CASE("a text can be appended to itself", "[wire][containers]") {
  Text text = "12345678";
  text += std::string_view{text};
  CHECK(text == "1234567812345678");
  text += std::string_view{text}.substr(6, 4);
  CHECK(text == "12345678123456787812");
}

TEST_CASE("a copied text is its own, a moved one changes hands", "[wire][containers]") {
  Text one = "chat.lobby";
  Text copy = one;
  copy += '!';
  CHECK(one == "chat.lobby");
  CHECK(copy == "chat.lobby!");
  Text moved = std::move(one);
  CHECK(moved == "chat.lobby");
  moved = std::move(copy);
  CHECK(moved == "chat.lobby!");
  const Text& same = moved;
  moved = same;
  CHECK(moved == "chat.lobby!");
}

TEST_CASE("a resized text keeps its beginning", "[wire][containers]") {
  Text text = "abcdef";
  text.resize(3);
  CHECK(text == "abc");
  text.resize(40);
  CHECK(std::string_view{text}.starts_with("abc"));
  CHECK(text.size() == 40);
}

TEST_CASE("elements of a list come and go in order", "[wire][containers]") {
  List<Text> list;
  for (int count = 0; count < 100; ++count) list.push_back(std::to_string(count));
  list.erase(list.begin() + 50);
  CHECK(list.size() == 99);
  CHECK(list[49] == "49");
  CHECK(list[50] == "51");
  CHECK(list.back() == "99");
  List<Text> copy = list;
  list.clear();
  CHECK(list.empty());
  CHECK(copy.front() == "0");
}

TEST_CASE("every unwanted element is dropped, wherever it stands", "[wire][containers]") {
  List<int> list = {2, 1, 4, 4, 3, 6};
  drop_if(list, [](int one) { return one % 2 == 0; });
  CHECK(list == List<int>{1, 3});
  drop_if(list, [](int one) { return one > 9; });
  CHECK(list == List<int>{1, 3});
  drop(list, list[0]);
  CHECK(list == List<int>{3});
  drop_if(list, [](int) { return true; });
  CHECK(list.empty());
}

TEST_CASE("a new element stays where it is when others come", "[wire][containers]") {
  List<std::unique_ptr<int>> list;
  int& first = add_new(list);
  for (int count = 0; count < 100; ++count) add_new(list);
  CHECK(&first == list.front().get());
  CHECK(first == 0);
}

}  // namespace
}  // namespace freshet
