#include "wire/frame.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

namespace freshet::wire {
namespace {

const std::string plain =
    R"({"id":1027,"topic":"prices.AAPL","time":1790000000123,"data":{"bid":187.2}})";

TEST_CASE("a message frame has its members in the fixed order", "[wire][frame]") {
  CHECK(encode_message(1027, "prices.AAPL", 1790000000123, R"({"bid":187.2})") == plain);
  CHECK(encode_message(1, "a", 0, "null") == R"({"id":1,"topic":"a","time":0,"data":null})");
}

TEST_CASE("further members stand between time and data", "[wire][frame]") {
  CHECK(encode_message(1, "a", 2, "3", R"(,"sender":"ann","trace":7)") ==
        R"({"id":1,"topic":"a","time":2,"sender":"ann","trace":7,"data":3})");
}

TEST_CASE("a frame is one line whatever the data's line ends", "[wire][frame]") {
  const std::string frame = encode_message(1, "a", 2, "{\r\n  \"b\": \"\\n\",\n\"c\":1\r}\n");
  CHECK(frame == "{\"id\":1,\"topic\":\"a\",\"time\":2,\"data\":{    \"b\": \"\\n\", \"c\":1 } }");
}

TEST_CASE("the head of a message frame is read in place", "[wire][frame]") {
  const auto head = parse_message_head(plain);
  REQUIRE(head);
  CHECK(head->id == 1027);
  CHECK(head->topic == "prices.AAPL");
  CHECK(head->topic.data() == plain.data() + 20);
  CHECK(head->time == 1790000000123);
  CHECK(frame_data(plain, *head) == R"({"bid":187.2})");
}

TEST_CASE("scalar members that a reader does not know are skipped", "[wire][frame]") {
  for (const std::string& extra :
       {std::string(R"(,"sender":"ann")"), std::string(R"(,"a":"\"data\":1}","b":-1.5e3)"),
        std::string(R"(,"a":true,"b":false,"c":null)"), std::string(R"(,"x\"y":"\\")"),
        std::string(R"(,"":"")"), std::string(R"(,"datas":0)")}) {
    CAPTURE(extra);
    const std::string frame = encode_message(7, "a.b", 9, R"({"data":1})", extra);
    const auto head = parse_message_head(frame);
    REQUIRE(head);
    CHECK(head->id == 7);
    CHECK(head->topic == "a.b");
    CHECK(head->time == 9);
    CHECK(frame_data(frame, *head) == R"({"data":1})");
  }
}

TEST_CASE("a head is whole exactly when the frame reaches to where data begins", "[wire][frame]") {
  const std::string frame =
      encode_message(1027, "prices.AAPL", 1790000000123, R"({"bid":187.2})", R"(,"sender":"ann")");
  const std::size_t data_offset = frame.find("{\"bid");
  for (std::size_t size = 0; size <= frame.size(); ++size) {
    CAPTURE(size);
    const std::string cut = frame.substr(0, size);
    const auto head = parse_message_head(cut);
    REQUIRE(static_cast<bool>(head) == (size >= data_offset));
    if (head) CHECK(head->data_offset == data_offset);
    if (!head) CHECK(head.error().code == ErrorCode::malformed);
  }
}

TEST_CASE("the longest head fits the browser's buffer", "[wire][frame]") {
  const std::string frame =
      encode_message(9007199254740991, std::string(255, 't'), 9007199254740991, "1",
                     ",\"trace\":\"" + std::string(21, 'x') + "\"");
  const auto head = parse_message_head(std::string_view(frame).substr(0, head_bytes_max));
  REQUIRE(head);
  CHECK(head->id == 9007199254740991);
  CHECK(head->topic.size() == 255);
  CHECK(head->data_offset == head_bytes_max);
}

TEST_CASE("what is not in a message frame's form is malformed", "[wire][frame]") {
  const std::string tail = R"(,"topic":"a","time":2,"data":3})";
  for (const std::string& frame :
       {std::string(""),
        std::string("{}"),
        std::string("{\"op\":\"ping\"}"),
        R"({"id":01)" + tail,
        R"({"id":)" + tail,
        R"({"id":-1)" + tail,
        R"({"id":1.5)" + tail,
        R"({"id":"1")" + tail,
        R"({"id":9007199254740992)" + tail,
        R"({"id":18446744073709551617)" + tail,
        R"({ "id":1)" + tail,
        R"({"id": 1)" + tail,
        std::string(R"({"topic":"a","id":1,"time":2,"data":3})"),
        std::string(R"({"id":1,"topic":"","time":2,"data":3})"),
        std::string(R"({"id":1,"topic":"a b","time":2,"data":3})"),
        std::string(R"({"id":1,"topic":"a\u0041","time":2,"data":3})"),
        std::string(R"({"id":1,"topic":"a*","time":2,"data":3})"),
        std::string("{\"id\":1,\"topic\":\"\xc3\xa9\",\"time\":2,\"data\":3}"),
        R"({"id":1,"topic":")" + std::string(256, 't') + R"(","time":2,"data":3})",
        std::string(R"({"id":1,"topic":"a","data":3})"),
        std::string(R"({"id":1,"topic":"a","time":,"data":3})"),
        std::string(R"({"id":1,"topic":"a","time":2})"),
        std::string(R"({"id":1,"topic":"a","time":2,"x":1})"),
        std::string(R"({"id":1,"topic":"a","time":2,"x":"\)"),
        R"({"id":1,"topic":"a","time":2,"x":")" + std::string(400, 'x') + R"(","data":3})"}) {
    CAPTURE(frame);
    const auto head = parse_message_head(frame);
    REQUIRE_FALSE(head);
    CHECK(head.error().code == ErrorCode::malformed);
  }
}

TEST_CASE("data ends before the frame's last brace", "[wire][frame]") {
  MessageHead head;
  head.data_offset = 3;
  CHECK(frame_data("{x:{}}\n", head) == "{}");
  CHECK(frame_data("{x:}", head) == "");
  CHECK(frame_data("}xxx", head) == "");
  CHECK(frame_data("", head) == "");
}

TEST_CASE("control frames are told by their beginning", "[wire][frame]") {
  CHECK(is_control(R"({"op":"ping"})"));
  CHECK_FALSE(is_control(plain));
  CHECK_FALSE(is_control(""));
  CHECK_FALSE(is_control("{\"op\""));
}

}  // namespace
}  // namespace freshet::wire
