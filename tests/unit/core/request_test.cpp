#include "core/request.h"

#include <catch2/catch_test_macros.hpp>
#include <string>

#include "wire/request.h"

namespace freshet::core {
namespace {

TEST_CASE("a stream's members are its query", "[core][request]") {
  Action action{.kind = ActionKind::open_stream, .text = "/v1/sse"};
  wire::append_item_member(action.members, "pattern", "chat.>");
  wire::append_text_member(action.members, "sdk", "core/1");
  CHECK(request_of(action).target == "/v1/sse?pattern=chat.%3E&sdk=core%2F1");
  CHECK(request_of(action).body.empty());
  action.members = {};
  CHECK(request_of(action).target == "/v1/sse");
}

TEST_CASE("only a poll's long address becomes the body of a POST", "[core][request]") {
  const std::string pattern(poll_target_bytes_max, 'a');
  Action action{.kind = ActionKind::poll, .text = "/v1/poll"};
  wire::append_item_member(action.members, "pattern", pattern);
  CHECK(request_of(action).target == "/v1/poll");
  CHECK(request_of(action).body == "{\"pattern\":[\"" + pattern + "\"]}");
  action.kind = ActionKind::open_stream;
  CHECK(request_of(action).target == "/v1/poll?pattern=" + pattern);
  CHECK(request_of(action).body.empty());
}

TEST_CASE("a publish has its key and payload behind its members", "[core][request]") {
  Action action{.kind = ActionKind::send_publish};
  wire::append_number_member(action.members, "ref", 7);
  CHECK(frame_of(action) == R"({"ref":7})");
  CHECK(frame_of(action, R"({"text":"hi"})") == R"({"ref":7,"data":{"text":"hi"}})");
  action.text = "k\n1";
  CHECK(frame_of(action, "1") == R"({"ref":7,"key":"k\n1","data":1})");
}

}  // namespace
}  // namespace freshet::core
