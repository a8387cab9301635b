#include "wire/sse.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "unit/wire/feed.h"

namespace freshet::wire {
namespace {

using namespace std::string_literals;

using Events = std::vector<std::string>;

// Each event as "type|data|id", line ends in data shown as '/'.
Events drain(SseParser& parser) {
  Events events;
  while (const auto event = parser.next()) {
    std::string data{event->data};
    for (char& c : data) c = c == '\n' ? '/' : c;
    events.push_back(std::string(event->type) + "|" + data + "|" + std::string(event->id));
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

std::optional<std::uint64_t> retry_of(std::string_view stream) {
  SseParser parser;
  parser.feed(stream);
  drain(parser);
  return parser.retry();
}

// The examples of the HTML standard, §9.2.6 ------------------------------------------------------

TEST_CASE("several data lines make one event", "[wire][sse]") {
  CHECK(read("data: YHOO\ndata: +2\ndata: 10\n\n") == Events{"message|YHOO/+2/10|"});
}

TEST_CASE("comments, ids and an unfinished event are handled as in the standard's example",
          "[wire][sse]") {
  CHECK(read(": test stream\n\n"
             "data: first event\nid: 1\n\n"
             "data:second event\nid\n\n"
             "data:  third event\n") == Events{"message|first event|1", "message|second event|"});
}

TEST_CASE("a data field without a colon is an empty line of data", "[wire][sse]") {
  CHECK(read("data\n\ndata\ndata\n\ndata:") == Events{"message||", "message|/|"});
}

TEST_CASE("only one space behind the colon is taken away", "[wire][sse]") {
  CHECK(read("data:test\n\ndata: test\n\n") == Events{"message|test|", "message|test|"});
  CHECK(read("data:  two\n\ndata:\ttab\n\n") == Events{"message| two|", "message|\ttab|"});
  CHECK(read("data : x\n\n") == Events{});
}

// Lines ------------------------------------------------------------------------------------------

TEST_CASE("lines end in LF, CR or CRLF, mixed and in any cut", "[wire][sse]") {
  CHECK(read("data: a\r\n\r\ndata: b\r\rdata: c\n\ndata: d\r\n\ndata: e\n\r\n") ==
        Events{"message|a|", "message|b|", "message|c|", "message|d|", "message|e|"});
  CHECK(read("data: a\rdata: b\r\ndata: c\n\n") == Events{"message|a/b/c|"});
}

TEST_CASE("an event behind a CR does not wait for the LF", "[wire][sse]") {
  SseParser parser;
  parser.feed("data: a\r\n\r");
  CHECK(drain(parser) == Events{"message|a|"});
  parser.feed("\ndata: b\r\n\r\n");
  CHECK(drain(parser) == Events{"message|b|"});
}

TEST_CASE("one byte order mark at the very beginning is skipped", "[wire][sse]") {
  CHECK(read("\xEF\xBB\xBF"
             "data: a\n\n") == Events{"message|a|"});
  CHECK(read("\xEF\xBB\xBF\ndata: a\n\n") == Events{"message|a|"});
  CHECK(read("\xEF\xBB\xBF\xEF\xBB\xBF"
             "data: a\n\ndata: b\n\n") == Events{"message|b|"});
  CHECK(read("data: a\n\n\xEF\xBB\xBF"
             "data: b\n\n") == Events{"message|a|"});
}

TEST_CASE("half a byte order mark begins a field that nobody knows", "[wire][sse]") {
  CHECK(read("\xEF\xBB"
             "data: a\n\ndata: b\n\n") == Events{"message|b|"});
  CHECK(read("\xEF"
             "data: a\n\ndata: b\n\n") == Events{"message|b|"});
  CHECK(read("\xEF\xBB\n\ndata: b\n\n") == Events{"message|b|"});
  CHECK(read("\xEF:\n\ndata: b\n\n") == Events{"message|b|"});
}

TEST_CASE("empty lines and comments alone dispatch nothing", "[wire][sse]") {
  CHECK(read("\n\n\r\r\r\n\r\n:\n:x\n\n: data: a\n\n") == Events{});
}

TEST_CASE("fields are known by their whole name in lower case", "[wire][sse]") {
  CHECK(read("Data: a\ndat: b\ndatas: c\ndata-: d\n data: e\n\n") == Events{});
  CHECK(read("dataa\ndata: x\nfoo: bar\nevents: y\nretryy: 5\n\n") == Events{"message|x|"});
}

// Fields -----------------------------------------------------------------------------------------

TEST_CASE("an event has the type it names, and the next one none", "[wire][sse]") {
  CHECK(read("event: control\ndata: a\n\ndata: b\n\n") == Events{"control|a|", "message|b|"});
  CHECK(read("event: a\nevent: b\ndata: x\n\n") == Events{"b|x|"});
  CHECK(read("event: a\nevent\ndata: x\n\n") == Events{"message|x|"});
}

TEST_CASE("an event without data is not dispatched and leaves no type behind", "[wire][sse]") {
  CHECK(read("event: control\n\ndata: b\n\n") == Events{"message|b|"});
  CHECK(read("id: 7\n\ndata: b\n\n") == Events{"message|b|7"});
}

TEST_CASE("an id stays in force until another comes", "[wire][sse]") {
  CHECK(read("id: k3f9:1\ndata: a\n\ndata: b\n\nid: k3f9:2\ndata: c\n\nid:\ndata: d\n\n") ==
        Events{"message|a|k3f9:1", "message|b|k3f9:1", "message|c|k3f9:2", "message|d|"});
}

TEST_CASE("an id that holds a NUL is ignored", "[wire][sse]") {
  CHECK(read("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\nid: \0\ndata: c\n\n"s) ==
        Events{"message|a|1", "message|b|1", "message|c|1"});
}

TEST_CASE("data is carried byte for byte", "[wire][sse]") {
  const std::string data = "{\"a\":\"\0\x7f\xff\xc3\xa9: data: x\"}"s;
  CHECK(read("data: " + data + "\n\n") == Events{"message|" + data + "|"});
}

TEST_CASE("retry takes digits only", "[wire][sse]") {
  CHECK(retry_of("retry: 3217\n") == 3217);
  CHECK(retry_of("retry:0\n") == 0);
  CHECK(retry_of("retry: 007\n") == 7);
  for (const char* stream :
       {"retry\n", "retry:\n", "retry: \n", "retry: -1\n", "retry: +1\n", "retry: 1.5\n",
        "retry: 1s\n", "retry:  1\n", "retry: 1 \n", "retry: 0x10\n", "retry: 3217"}) {
    CAPTURE(stream);
    CHECK(retry_of(stream) == std::nullopt);
  }
  CHECK(retry_of("retry: 5\nretry: x\n") == 5);
}

TEST_CASE("a huge retry is clamped to a day", "[wire][sse]") {
  CHECK(retry_of("retry: 86400000\n") == 86'400'000);
  CHECK(retry_of("retry: 86400001\n") == 86'400'000);
  CHECK(retry_of("retry: 99999999999999999999999999999999999\n") == 86'400'000);
  CHECK(retry_of("retry: 18446744073709551617\n") == 86'400'000);
}

// Limits -----------------------------------------------------------------------------------------

TEST_CASE("an event over the limit is told before it is held", "[wire][sse]") {
  for (const char* stream : {"data: 123456789\n\n", "data: 12345\ndata: 6789\n\n",
                             "data\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\ndata\n\n",
                             "event: 12345\ndata: 6789\n\n", "event: 123456789\n\n",
                             "id: 123456789\n\n", "retry: 123456789\n\n"}) {
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

TEST_CASE("comments and unknown fields may be longer than any event", "[wire][sse]") {
  SseParser parser{8};
  for (int i = 0; i < 1000; ++i) {
    parser.feed(i == 0 ? ": a comment that goes on" : " and on");
    CHECK(drain(parser).empty());
  }
  parser.feed("\nunknown: and this field as well, much longer than eight bytes\ndata: ok\n\n");
  CHECK(drain(parser) == Events{"message|ok|"});
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
      CHECK(event->data.size() == 1024 * 1024);
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
        Events{R"(control|{"op":"hello"}|k3f9:6)", R"(message|{"id":7}|k3f9:7)",
               R"(control|{"op":"x"}|k3f9:7)"});
}

}  // namespace
}  // namespace freshet::wire
