#include "wire/control.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <variant>
#include <vector>

#include "unit/wire/typed_frame.h"
#include "wire/frame.h"

namespace freshet::wire {
namespace {

template <typename Frame>
Frame parse_as(std::string_view text) {
  CAPTURE(text);
  auto frame = parse_server_frame(text);
  REQUIRE(frame);
  REQUIRE(std::holds_alternative<Frame>(*frame));
  return std::get<Frame>(*std::move(frame));
}

template <typename Frame>
Frame parse_client_as(std::string_view text) {
  CAPTURE(text);
  auto frame = parse_client_frame(text);
  REQUIRE(frame);
  REQUIRE(std::holds_alternative<Frame>(*frame));
  return std::get<Frame>(*std::move(frame));
}

// One of each, with every member that it can have.
const std::vector<std::string> server_frames = {
    R"({"op":"hello","version":1,"epoch":"k3f9","cursor":"k3f9:1027","recovered":true,)"
    R"("ping":25000,"window":800,"client":"c8f2"})",
    R"({"op":"hello","version":1,"epoch":"k3f9","cursor":"k3f9:5","recovered":false,)"
    R"("ping":25000,"window":800,"client":"c8f2","cursors":["k3f9:5","k3f9:9"]})",
    R"({"op":"subscribed","ref":3,"cursor":"k3f9:1027","recovered":true})",
    R"({"op":"live","ref":3,"cursor":"k3f9:1031"})",
    R"({"op":"live","cursor":"k3f9:1031"})",
    R"({"op":"ping","cursor":"k3f9:1031","window":900})",
    R"({"op":"gap","pattern":"chat.>","after":"k3f9:900","until":"k3f9:1000","reason":"retention"})",
    R"({"op":"ack","ref":7,"id":1032})",
    R"({"op":"ack","ref":7})",
    R"({"op":"error","ref":7,"code":"forbidden","message":"no \"x\"","pattern":"a.>"})",
    R"({"op":"error","code":"malformed","message":""})",
    R"({"op":"retry","delay":3217,"ticket":"t1","reason":"busy"})",
    R"({"op":"retry","delay":0})",
    R"({"op":"next","cursor":"k3f9:1031","window":800,"interval":4000,"more":true})",
    R"({"op":"close","code":4100,"reason":"slow"})",
    R"({"op":"close","code":1001})",
};

TEST_CASE("every server frame is written as it was read", "[wire][control]") {
  for (const std::string& text : server_frames) {
    CAPTURE(text);
    CHECK(is_control(text));
    const auto frame = parse_server_frame(text);
    REQUIRE(frame);
    CHECK(encode(*frame) == text);
  }
}

TEST_CASE("no prefix of a server frame is one", "[wire][control]") {
  for (const std::string& text : server_frames) {
    for (std::size_t size = 0; size < text.size(); ++size) {
      const auto frame = parse_server_frame(std::string_view(text).substr(0, size));
      REQUIRE_FALSE(frame);
      REQUIRE(frame.error().code == ErrorCode::malformed);
    }
  }
}

TEST_CASE("hello tells everything about a new stream", "[wire][control]") {
  const auto hello = parse_as<Hello>(server_frames[1]);
  CHECK(hello.version == 1);
  CHECK(hello.epoch == "k3f9");
  CHECK(hello.cursor == Cursor{"k3f9", 5});
  CHECK_FALSE(hello.recovered);
  CHECK(hello.ping == Duration{25'000});
  CHECK(hello.window == Duration{800});
  CHECK(hello.client == "c8f2");
  CHECK(hello.cursors == List<Cursor>{{"k3f9", 5}, {"k3f9", 9}});
}

TEST_CASE("members that a reader does not know are skipped", "[wire][control]") {
  const auto ping = parse_as<Ping>(
      R"({"op":"ping","mood":{"cursor":[1,2]},"cursor":"k3f9:1","window":900,"n":1.5})");
  CHECK(ping.cursor == Cursor{"k3f9", 1});
  CHECK(ping.window == Duration{900});
}

TEST_CASE("optional members have their defaults", "[wire][control]") {
  const auto hello = parse_as<Hello>(R"({"op":"hello","version":1,"epoch":"e","cursor":"e:0"})");
  CHECK(hello.recovered);
  CHECK(hello.ping == Duration{25'000});
  CHECK(hello.window == Duration{5'000});
  CHECK(hello.client.empty());
  CHECK(hello.cursors.empty());
  const auto next = parse_as<Next>(R"({"op":"next","cursor":"e:0","window":null})");
  CHECK(next.window == Duration{5'000});
  CHECK(next.interval == Duration{4'000});
  CHECK_FALSE(next.more);
  CHECK(parse_as<ErrorFrame>(R"({"op":"error","code":"busy"})").ref == std::nullopt);
}

TEST_CASE("a lying server cannot park a client for ever", "[wire][control]") {
  constexpr Duration day{24 * 60 * 60 * 1000};
  constexpr Duration ten_minutes{10 * 60 * 1000};
  for (const char* huge : {"86400001", "9007199254740991", "9007199254740992",
                           "99999999999999999999999999999999999999999"}) {
    const std::string number = huge;
    CHECK(parse_as<Retry>(R"({"op":"retry","delay":)" + number + "}").delay == day);
    const auto next = parse_as<Next>(R"({"op":"next","cursor":"e:0","window":)" + number +
                                     R"(,"interval":)" + number + "}");
    CHECK(next.window == ten_minutes);
    CHECK(next.interval == day);
    const auto hello =
        parse_as<Hello>(R"({"op":"hello","version":1,"epoch":"e","cursor":"e:0","ping":)" + number +
                        R"(,"window":)" + number + "}");
    CHECK(hello.ping == day);
    CHECK(hello.window == ten_minutes);
    CHECK(parse_as<Ping>(R"({"op":"ping","cursor":"e:0","window":)" + number + "}").window ==
          ten_minutes);
  }
  CHECK(parse_as<Retry>(R"({"op":"retry","delay":-5})").delay == Duration{0});
  CHECK(parse_as<Retry>(R"({"op":"retry","delay":86400000})").delay == day);
}

TEST_CASE("a server frame that is not in its form is malformed", "[wire][control]") {
  for (const char* const text : {
           "",
           "[]",
           R"({"op":"ping","cursor":"e:0"}})",
           "{}",
           R"({"op":1})",
           R"({"op":null})",
           R"({"op":"hello","version":1,"cursor":"e:0"})",
           R"({"op":"hello","version":1,"epoch":"e","cursor":"e:0","cursors":["x"]})",
           R"({"op":"hello","version":1,"epoch":"e","cursor":"e:0","recovered":"yes"})",
           R"({"op":"subscribed","cursor":"e:0"})",
           R"({"op":"live"})",
           R"({"op":"live","cursor":"latest"})",
           R"({"op":"gap","pattern":"a","after":"e:1"})",
           R"({"op":"ack","id":1})",
           R"({"op":"error","ref":-1,"code":"busy"})",
           R"({"op":"error"})",
           R"({"op":"retry"})",
           R"({"op":"retry","delay":1.5})",
           R"({"op":"retry","delay":"1"})",
           R"({"op":"next"})",
           R"({"op":"close","code":65536})",
       }) {
    CAPTURE(text);
    const auto frame = parse_server_frame(text);
    REQUIRE_FALSE(frame);
    CHECK(frame.error().code == ErrorCode::malformed);
  }
}

TEST_CASE("an unknown op is no error", "[wire][control]") {
  CHECK(parse_as<UnknownControl>(R"({"op":"confetti","cursor":7})").op.empty());
  CHECK(parse_client_as<UnknownControl>(R"({"op":"hello"})").op == "hello");
}

TEST_CASE("subscribe carries patterns and a start", "[wire][control]") {
  const auto plain = parse_client_as<Subscribe>(
      R"({"op":"subscribe","ref":3,"patterns":["chat.>","prices.*"],"cursor":"k3f9:1027"})");
  CHECK(plain.ref == 3);
  CHECK(plain.patterns == List<Text>{"chat.>", "prices.*"});
  CHECK(plain.start == Start{Cursor{"k3f9", 1027}});
  CHECK(parse_client_as<Subscribe>(R"({"op":"subscribe","ref":0,"patterns":["a"]})").start ==
        Start{Latest{}});
  CHECK(
      parse_client_as<Subscribe>(R"({"cursor":"last:5","patterns":["a"],"ref":1,"op":"subscribe"})")
          .start == Start{LastOf{5}});
}

TEST_CASE("publish points at the raw data", "[wire][control]") {
  const std::string text =
      R"({ "op": "publish", "data": {"text": "}"} , "topic": "chat.lobby", "key": "k1", "ref": 7 })";
  const auto publish = parse_client_as<Publish>(text);
  CHECK(publish.ref == 7);
  CHECK(publish.topic == "chat.lobby");
  CHECK(publish.key == "k1");
  CHECK(publish.data == R"({"text": "}"})");
  CHECK(publish.data.data() == text.data() + text.find("{\"text"));
  CHECK(parse_client_as<Publish>(R"({"op":"publish","ref":7,"topic":"a","data":null})").data ==
        "null");
}

TEST_CASE("unsubscribe and token are read", "[wire][control]") {
  CHECK(parse_client_as<Unsubscribe>(R"({"op":"unsubscribe","ref":3})").ref == 3);
  const auto token = parse_client_as<Token>(R"({"op":"token","token":"ey\u002e"})");
  CHECK(token.token == "ey.");
  CHECK(token.ref == 0);
  CHECK(parse_client_as<Token>(R"({"op":"token","ref":9,"token":""})").ref == 9);
}

TEST_CASE("a client frame that is refused says why, and which request it was", "[wire][control]") {
  struct Row {
    const char* text;
    ErrorCode code;
    std::optional<std::uint64_t> ref;
  };
  for (const Row& row : {
           Row{"", ErrorCode::malformed, std::nullopt},
           Row{"hello", ErrorCode::malformed, std::nullopt},
           Row{R"({"ref":4})", ErrorCode::malformed, 4},
           Row{R"({"op":"subscribe","patterns":["a"]})", ErrorCode::malformed, std::nullopt},
           Row{R"({"op":"subscribe","ref":4})", ErrorCode::malformed, 4},
           Row{R"({"op":"subscribe","ref":4,"patterns":[]})", ErrorCode::malformed, 4},
           Row{R"({"op":"subscribe","ref":4,"patterns":"a"})", ErrorCode::malformed, 4},
           Row{R"({"op":"subscribe","ref":4,"patterns":["a",1]})", ErrorCode::malformed, 4},
           Row{R"({"op":"subscribe","ref":4,"patterns":["a"],"cursor":5})", ErrorCode::malformed,
               4},
           Row{R"({"op":"subscribe","patterns":["a"],"cursor":"x","ref":4})",
               ErrorCode::invalid_cursor, 4},
           Row{R"({"op":"subscribe","ref":4,"patterns":["a"],"cursor":"last:0"})",
               ErrorCode::invalid_cursor, 4},
           Row{R"({"op":"unsubscribe"})", ErrorCode::malformed, std::nullopt},
           Row{R"({"op":"unsubscribe","ref":1.5})", ErrorCode::malformed, std::nullopt},
           Row{R"({"op":"publish","ref":4,"topic":"a"})", ErrorCode::invalid_json, 4},
           Row{R"({"op":"publish","ref":4,"data":1})", ErrorCode::malformed, 4},
           Row{R"({"op":"publish","topic":"a","data":1})", ErrorCode::malformed, std::nullopt},
           Row{R"({"op":"publish","ref":4,"topic":"a","key":7,"data":1})", ErrorCode::malformed, 4},
           Row{R"({"op":"publish","ref":4,"topic":"a","data":})", ErrorCode::malformed, 4},
           Row{R"({"op":"publish","ref":4,"topic":"a","data":1)", ErrorCode::malformed, 4},
           Row{R"({"op":"token"})", ErrorCode::malformed, std::nullopt},
           Row{R"({"op":"token","ref":"4","token":"x"})", ErrorCode::malformed, std::nullopt},
       }) {
    CAPTURE(row.text);
    std::optional<std::uint64_t> ref = 99;
    const auto frame = parse_client_frame(row.text, &ref);
    REQUIRE_FALSE(frame);
    CHECK(frame.error().code == row.code);
    CHECK(ref == row.ref);
  }
}

TEST_CASE("client frames are written as they are read", "[wire][control]") {
  const Subscribe subscribe{3, {"chat.>", "prices.*"}, Cursor{"k3f9", 1027}};
  CHECK(encode(subscribe) ==
        R"({"op":"subscribe","ref":3,"patterns":["chat.>","prices.*"],"cursor":"k3f9:1027"})");
  CHECK(encode(Subscribe{4, {"a"}, Latest{}}) == R"({"op":"subscribe","ref":4,"patterns":["a"]})");
  CHECK(encode(Unsubscribe{3}) == R"({"op":"unsubscribe","ref":3})");
  CHECK(encode(Token{0, "a\"b"}) == R"({"op":"token","token":"a\"b"})");
  CHECK(encode(Token{5, "x"}) == R"({"op":"token","ref":5,"token":"x"})");

  // What is read names parts of the text.
  const Text text = encode(Publish{7, "chat.lobby", "k\n1", R"({"text":"hi"})"});
  const auto read = parse_client_as<Publish>(text);
  CHECK(read.ref == 7);
  CHECK(read.topic == "chat.lobby");
  CHECK(read.key == "k\n1");
  CHECK(read.data == R"({"text":"hi"})");
  CHECK(encode(Publish{7, "a", "", "1"}) == R"({"op":"publish","ref":7,"topic":"a","data":1})");
}

TEST_CASE("a frame with very many members is read in one pass", "[wire][control]") {
  std::string text = "{";
  for (int i = 0; i < 20'000; ++i) text += "\"m" + std::to_string(i) + "\":[{}],";
  text += R"("op":"live","cursor":"e:7"})";
  CHECK(parse_as<LiveMark>(text).cursor == Cursor{"e", 7});
}

}  // namespace
}  // namespace freshet::wire
