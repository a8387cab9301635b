#include "wire/sse.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "unit/wire/feed.h"

namespace freshet::wire {
namespace {

using namespace std::string_literals;

using Events = std::vector<std::string>;

// The data of each event, its line ends shown as '/'.
Events drain(SseParser& parser) {
  Events events;
  while (const auto event = parser.next()) {
    std::string data{*event};
    for (char& c : data) c = c == '\n' ? '/' : c;
    events.push_back(data);
  }
  return events;
}

Events read(std::string_view stream) {
  return test::read_in_every_cut(stream, [](const test::Pieces& pieces) {
    SseParser parser;
    Events events;
    pieces.for_each([&](std::string_view piece) {
      parser.feed(piece);
      const Events more = drain(parser);
      events.insert(events.end(), more.begin(), more.end());
    });
    CHECK_FALSE(parser.overflowed());
    return events;
  });
}

// The examples of the HTML standard, §9.2.6 ------------------------------------------------------

TEST_CASE("several data lines make one event", "[wire][sse]") {
  CHECK(read("data: YHOO\ndata: +2\ndata: 10\n\n") == Events{"YHOO/+2/10"});
}

TEST_CASE("comments, ids and an unfinished event are handled as in the standard's example",
          "[wire][sse]") {
  CHECK(read(": test stream\n\n"
             "data: first event\nid: 1\n\n"
             "data:second event\nid\n\n"
             "data:  third event\n") == Events{"first event", "second event"});
}

TEST_CASE("a data field without a colon is an empty line of data", "[wire][sse]") {
  CHECK(read("data\n\ndata\ndata\n\ndata:") == Events{"", "/"});
}

TEST_CASE("only one space behind the colon is taken away", "[wire][sse]") {
  CHECK(read("data:test\n\ndata: test\n\n") == Events{"test", "test"});
  CHECK(read("data:  two\n\ndata:\ttab\n\n") == Events{" two", "\ttab"});
  CHECK(read("data : x\n\n") == Events{});
}

// Lines ------------------------------------------------------------------------------------------

TEST_CASE("lines end in LF, CR or CRLF, mixed and in any cut", "[wire][sse]") {
  CHECK(read("data: a\r\n\r\ndata: b\r\rdata: c\n\ndata: d\r\n\ndata: e\n\r\n") ==
        Events{"a", "b", "c", "d", "e"});
  CHECK(read("data: a\rdata: b\r\ndata: c\n\n") == Events{"a/b/c"});
}

TEST_CASE("an event behind a CR does not wait for the LF", "[wire][sse]") {
  SseParser parser;
  parser.feed("data: a\r\n\r");
  CHECK(drain(parser) == Events{"a"});
  parser.feed("\ndata: b\r\n\r\n");
  CHECK(drain(parser) == Events{"b"});
}

TEST_CASE("one byte order mark at the very beginning is skipped", "[wire][sse]") {
  CHECK(read("\xEF\xBB\xBF"
             "data: a\n\n") == Events{"a"});
  CHECK(read("\xEF\xBB\xBF\ndata: a\n\n") == Events{"a"});
  CHECK(read("\xEF\xBB\xBF\xEF\xBB\xBF"
             "data: a\n\ndata: b\n\n") == Events{"b"});
  CHECK(read("data: a\n\n\xEF\xBB\xBF"
             "data: b\n\n") == Events{"a"});
}

TEST_CASE("half a byte order mark begins a field that nobody knows", "[wire][sse]") {
  CHECK(read("\xEF\xBB"
             "data: a\n\ndata: b\n\n") == Events{"b"});
  CHECK(read("\xEF"
             "data: a\n\ndata: b\n\n") == Events{"b"});
  CHECK(read("\xEF\xBB\n\ndata: b\n\n") == Events{"b"});
  CHECK(read("\xEF:\n\ndata: b\n\n") == Events{"b"});
}

TEST_CASE("empty lines and comments alone dispatch nothing", "[wire][sse]") {
  CHECK(read("\n\n\r\r\r\n\r\n:\n:x\n\n: data: a\n\n") == Events{});
}

TEST_CASE("fields are known by their whole name in lower case", "[wire][sse]") {
  CHECK(read("Data: a\ndat: b\ndatas: c\ndata-: d\n data: e\n\n") == Events{});
  CHECK(read("dataa\ndata: x\nfoo: bar\nevents: y\nretryy: 5\n\n") == Events{"x"});
}

// Fields -----------------------------------------------------------------------------------------

TEST_CASE("events without a type and of the type control are ours, others are skipped",
          "[wire][sse]") {
  CHECK(read("event: control\ndata: a\n\ndata: b\n\n") == Events{"a", "b"});
  CHECK(read("event:control\ndata: a\n\nevent\ndata: b\n\nevent:\ndata: c\n\n") ==
        Events{"a", "b", "c"});
  for (const char* type :
       {"c", "contro", "controls", "control ", " control", "Control", "x", "d"}) {
    CAPTURE(type);
    CHECK(read("event: " + std::string(type) + "\ndata: a\n\ndata: b\n\n") == Events{"b"});
    CHECK(read("data: a\nevent: " + std::string(type) + "\n\ndata: b\n\n") == Events{"b"});
  }
}

TEST_CASE("the last type that an event names counts", "[wire][sse]") {
  CHECK(read("event: a\nevent: control\ndata: x\n\n") == Events{"x"});
  CHECK(read("event: control\nevent: a\ndata: x\n\n") == Events{});
  CHECK(read("event: a\nevent\ndata: x\n\n") == Events{"x"});
  CHECK(read("event: a\neven: b\nevents: c\ndata: x\n\n") == Events{});
}

TEST_CASE("an event without data is not dispatched and leaves no type behind", "[wire][sse]") {
  CHECK(read("event: other\n\ndata: b\n\n") == Events{"b"});
  CHECK(read("id: 7\n\ndata: b\n\n") == Events{"b"});
}

TEST_CASE("ids and retry times are skipped", "[wire][sse]") {
  CHECK(read("id: k3f9:1\ndata: a\n\nretry: 5\n\nid\ndata: d\nretry\n\n") == Events{"a", "d"});
  CHECK(read("id: 2\0\ndata: b\n\n"s) == Events{"b"});
}

TEST_CASE("data is carried byte for byte", "[wire][sse]") {
  const std::string data = "{\"a\":\"\0\x7f\xff\xc3\xa9: data: x\"}"s;
  CHECK(read("data: " + data + "\n\n") == Events{data});
}

// Limits -----------------------------------------------------------------------------------------

TEST_CASE("an event over the limit is told before it is held", "[wire][sse]") {
  for (const char* stream : {"data: 123456789\n\n", "data: 12345\ndata: 6789\n\n",
                             "data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n\n",
                             "event: other\ndata: 123456789\n\n"}) {
    CAPTURE(stream);
    const auto events = test::read_in_every_cut(stream, [](const test::Pieces& pieces) {
      SseParser parser{8};
      Events out;
      pieces.for_each([&](std::string_view piece) {
        parser.feed(piece);
        for (const std::string& event : drain(parser)) out.push_back(event);
      });
      CHECK(parser.overflowed());
      parser.feed("data: a\n\n");
      CHECK(drain(parser).empty());
      return out;
    });
    CHECK(events.empty());
  }
}

TEST_CASE("an event at the limit passes, and the limit is for one event", "[wire][sse]") {
  SseParser parser{8};
  parser.feed("data: 12345678\n\ndata: 12345678\n\nid: 87654321\ndata: 12345678\n\n");
  CHECK(drain(parser).size() == 3);
  CHECK_FALSE(parser.overflowed());
}

TEST_CASE("what is no data may be longer than any event", "[wire][sse]") {
  SseParser parser{8};
  for (int i = 0; i < 1000; ++i) {
    parser.feed(i == 0 ? ": a comment that goes on" : " and on");
    CHECK(drain(parser).empty());
  }
  parser.feed(
      "\nunknown: and this field as well, much longer than eight bytes\n"
      "event: a type that is longer than eight bytes\nevent: control\ndata: ok\n\n");
  CHECK(drain(parser) == Events{"ok"});
}

TEST_CASE("a stream of bare CRs takes linear time", "[wire][sse]") {
  SseParser parser;
  const std::string stream(4 * 1024 * 1024, '\r');
  parser.feed(stream);
  CHECK(drain(parser).empty());
}

TEST_CASE("a megabyte of data fed byte by byte takes linear time", "[wire][sse]") {
  SseParser parser;
  const std::string stream = "data: " + std::string(1024 * 1024, 'x') + "\n\n";
  std::size_t events = 0;
  for (const char& c : stream) {
    parser.feed({&c, 1});
    while (const auto event = parser.next()) {
      CHECK(event->size() == 1024 * 1024);
      ++events;
    }
  }
  CHECK(events == 1);
}

// Writing ----------------------------------------------------------------------------------------

TEST_CASE("what the server writes is read back", "[wire][sse]") {
  CHECK(encode_sse_message("k3f9:7", "{}") == "id: k3f9:7\ndata: {}\n\n");
  CHECK(encode_sse_control("{}") == "event: control\ndata: {}\n\n");
  CHECK(encode_sse_control("{}", "k3f9:7") == "event: control\nid: k3f9:7\ndata: {}\n\n");
  CHECK(encode_sse_retry(3217) == "retry: 3217\n\n");
  CHECK(read(encode_sse_retry(10) + encode_sse_control(R"({"op":"hello"})", "k3f9:6") +
             encode_sse_message("k3f9:7", R"({"id":7})") + encode_sse_control(R"({"op":"x"})")) ==
        Events{R"({"op":"hello"})", R"({"id":7})", R"({"op":"x"})"});
}

}  // namespace
}  // namespace freshet::wire
