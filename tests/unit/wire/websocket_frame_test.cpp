// The tables follow the categories of the Autobahn test suite; every row is read in both roles and
// in every kind of cut.
#include "wire/websocket_frame.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "unit/wire/feed.h"

namespace freshet::wire {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

using Events = std::vector<std::string>;

constexpr std::size_t message_bytes_max = 1024 * 1024;

std::string spelled(const WebSocketEvent& event) {
  std::string name = "text";
  if (event.opcode == Opcode::binary) name = "binary";
  if (event.opcode == Opcode::ping) name = "ping";
  if (event.opcode == Opcode::pong) name = "pong";
  if (event.opcode == Opcode::close) name = "close " + std::to_string(event.close_code);
  if (event.compressed) name = "compressed " + name;
  return name + ":" + std::string(event.payload);
}

// Feeds and drains; afterwards the fault, if there is one.
void read_piece(WebSocketParser& parser, std::string_view bytes, Events& events) {
  const bool faulted_before = parser.fault().has_value();
  parser.feed(bytes);
  while (const auto event = parser.next()) events.push_back(spelled(*event));
  if (!faulted_before && parser.fault()) {
    events.push_back("fault " + std::to_string(parser.fault()->close_code));
  }
}

Events read(Role role, std::string_view bytes, std::size_t max = message_bytes_max,
            bool allow_compressed = false) {
  return test::read_in_every_cut(bytes, [&](const test::Pieces& pieces) {
    WebSocketParser parser{role, max, allow_compressed};
    Events events;
    pieces.for_each([&](std::string_view piece) { read_piece(parser, piece, events); });
    return events;
  });
}

// A frame by its first byte, as the parser of `role` receives it.
struct Frame {
  unsigned first = 0x81;
  std::string payload;
};

std::string bytes_of(Role role, const Frame& frame) {
  static std::uint32_t mask = 0x9E3779B9;
  mask = mask * 1664525 + 1013904223;
  std::string out = role == Role::server ? encode_masked_frame(Opcode::text, frame.payload, mask)
                                         : encode_frame(Opcode::text, frame.payload);
  out[0] = static_cast<char>(frame.first);
  return out;
}

std::string bytes_of(Role role, const std::vector<Frame>& frames) {
  std::string out;
  for (const Frame& frame : frames) out += bytes_of(role, frame);
  return out;
}

struct Row {
  std::string name;
  std::vector<Frame> frames;
  Events expected;
};

void check_rows(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    for (const Role role : {Role::server, Role::client}) {
      CAPTURE(row.name, static_cast<int>(role));
      CHECK(read(role, bytes_of(role, row.frames)) == row.expected);
    }
  }
}

constexpr unsigned text = 0x81, binary = 0x82, close_frame = 0x88, ping = 0x89, pong = 0x8A;
constexpr unsigned text_begin = 0x01, binary_begin = 0x02, middle = 0x00, last = 0x80;

// 1: framing -------------------------------------------------------------------------------------

TEST_CASE("messages of every length class are read whole", "[wire][websocket]") {
  for (const std::size_t size : {0, 1, 7, 8, 9, 125, 126, 127, 128, 65535, 65536, 65537, 200'000}) {
    CAPTURE(size);
    const std::string payload(size, '*');
    check_rows({{"text", {{text, payload}}, {"text:" + payload}},
                {"binary", {{binary, payload}}, {"binary:" + payload}}});
  }
}

TEST_CASE("frames that follow each other in one piece are all read", "[wire][websocket]") {
  check_rows(
      {{"three", {{text, "a"}, {binary, "b"}, {text, "c"}}, {"text:a", "binary:b", "text:c"}},
       {"empty", {{text, ""}, {text, ""}}, {"text:", "text:"}}});
}

TEST_CASE("binary payloads are carried byte for byte", "[wire][websocket]") {
  std::string payload;
  for (int i = 0; i < 256; ++i) payload += static_cast<char>(i);
  check_rows({{"all bytes", {{binary, payload}}, {"binary:" + payload}}});
}

TEST_CASE("unmasking is right for every length and every phase of the mask", "[wire][websocket]") {
  for (std::size_t size = 0; size < 40; ++size) {
    std::string payload;
    for (std::size_t i = 0; i < size; ++i) payload += static_cast<char>(i * 37);
    const std::string frame = encode_masked_frame(Opcode::binary, payload, 0x01020304);
    CHECK(frame.substr(2, 4) == "\x01\x02\x03\x04");
    CHECK(read(Role::server, frame) == Events{"binary:" + payload});
  }
}

TEST_CASE("the frames of RFC 6455's examples are read and written", "[wire][websocket]") {
  const std::string unmasked = "\x81\x05Hello";
  const std::string masked = "\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58";
  CHECK(read(Role::client, unmasked) == Events{"text:Hello"});
  CHECK(read(Role::server, masked) == Events{"text:Hello"});
  CHECK(encode_frame(Opcode::text, "Hello") == unmasked);
  CHECK(encode_masked_frame(Opcode::text, "Hello", 0x37FA213D) == masked);
  CHECK(read(Role::client, "\x01\x03Hel\x80\x02lo"s) == Events{"text:Hello"});
}

// 2: pings and pongs -----------------------------------------------------------------------------

TEST_CASE("pings and pongs are told with their payload", "[wire][websocket]") {
  const std::string long_payload(125, '\xfe');
  check_rows({
      {"2.1 empty", {{ping, ""}}, {"ping:"}},
      {"2.2 short", {{ping, "Hello"}}, {"ping:Hello"}},
      {"2.3 binary", {{ping, "\0\xff\xfe"s}}, {"ping:" + "\0\xff\xfe"s}},
      {"2.4 125 bytes", {{ping, long_payload}}, {"ping:" + long_payload}},
      {"2.5 126 bytes", {{ping, std::string(126, 'x')}}, {"fault 1002"}},
      {"2.7 pong", {{pong, ""}}, {"pong:"}},
      {"2.8 pong with payload", {{pong, "unasked"}}, {"pong:unasked"}},
      {"pong too long", {{pong, std::string(126, 'x')}}, {"fault 1002"}},
      {"2.10 ten", {{ping, "0"}, {ping, "1"}, {ping, "2"}}, {"ping:0", "ping:1", "ping:2"}},
  });
}

// 3: reserved bits -------------------------------------------------------------------------------

TEST_CASE("reserved bits are refused behind whatever came whole before", "[wire][websocket]") {
  for (const unsigned bits : {0x40u, 0x20u, 0x10u, 0x30u, 0x50u, 0x60u, 0x70u}) {
    CAPTURE(bits);
    for (const unsigned first : {text, binary, ping, pong, close_frame, text_begin}) {
      check_rows(
          {{"3", {{text, "ok"}, {first | bits, "x"}, {ping, ""}}, {"text:ok", "fault 1002"}}});
    }
    check_rows({{"continuation", {{text_begin, "a"}, {last | bits, "b"}}, {"fault 1002"}}});
  }
}

// 4: opcodes -------------------------------------------------------------------------------------

TEST_CASE("reserved opcodes are refused", "[wire][websocket]") {
  for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    CAPTURE(opcode);
    check_rows(
        {{"alone", {{0x80 | opcode, ""}}, {"fault 1002"}},
         {"with payload", {{0x80 | opcode, "x"}}, {"fault 1002"}},
         {"not final", {{opcode, "x"}}, {"fault 1002"}},
         {"between", {{text, "a"}, {0x80 | opcode, ""}, {ping, ""}}, {"text:a", "fault 1002"}},
         {"inside", {{text_begin, "a"}, {0x80 | opcode, ""}}, {"fault 1002"}}});
  }
}

// 5: fragmentation -------------------------------------------------------------------------------

TEST_CASE("fragments make one message, and control frames may stand between them",
          "[wire][websocket]") {
  const std::string long_ping(125, 'p');
  check_rows({
      {"5.3 two", {{text_begin, "frag"}, {last, "ment"}}, {"text:fragment"}},
      {"binary", {{binary_begin, "\xff"}, {last, "\xfe"}}, {"binary:\xff\xfe"}},
      {"5.6 ping between", {{text_begin, "a"}, {ping, "p"}, {last, "b"}}, {"ping:p", "text:ab"}},
      {"long ping between",
       {{text_begin, "a"}, {ping, long_ping}, {middle, "b"}, {pong, long_ping}, {last, "c"}},
       {"ping:" + long_ping, "pong:" + long_ping, "text:abc"}},
      {"5.7 pings everywhere",
       {{text_begin, "1"},
        {middle, "2"},
        {ping, "x"},
        {middle, "3"},
        {ping, "y"},
        {last, "4"},
        {ping, "z"}},
       {"ping:x", "ping:y", "text:1234", "ping:z"}},
      {"empty fragments", {{text_begin, ""}, {middle, ""}, {last, ""}}, {"text:"}},
      {"empty around", {{text_begin, ""}, {middle, "mid"}, {last, ""}}, {"text:mid"}},
      {"empty then all", {{text_begin, ""}, {last, "all"}}, {"text:all"}},
      {"two messages",
       {{text_begin, "a"}, {last, "b"}, {binary_begin, "c"}, {last, "d"}},
       {"text:ab", "binary:cd"}},
      {"close inside", {{text_begin, "a"}, {close_frame, "\x03\xe8"}}, {"close 1000:"}},
  });
}

TEST_CASE("broken fragmentation is refused", "[wire][websocket]") {
  check_rows({
      {"5.1 ping in two", {{0x09, "a"}, {last, "b"}}, {"fault 1002"}},
      {"5.2 pong in two", {{0x0A, "a"}, {last, "b"}}, {"fault 1002"}},
      {"close in two", {{0x08, "\x03"}, {last, "\xe8"}}, {"fault 1002"}},
      {"5.9 nothing to continue", {{last, "x"}, {text, "a"}}, {"fault 1002"}},
      {"5.10 the same, not final", {{middle, "x"}, {text, "a"}}, {"fault 1002"}},
      {"5.14 after a whole message", {{text, "a"}, {last, "b"}}, {"text:a", "fault 1002"}},
      {"5.15 after the last",
       {{text_begin, "a"}, {last, "b"}, {last, "c"}},
       {"text:ab", "fault 1002"}},
      {"5.16 twice begun", {{text_begin, "a"}, {text_begin, "b"}}, {"fault 1002"}},
      {"5.18 whole inside", {{text_begin, "a"}, {text, "b"}}, {"fault 1002"}},
      {"binary inside text", {{text_begin, "a"}, {binary, "b"}}, {"fault 1002"}},
  });
}

TEST_CASE("a message in very many fragments is read in linear time", "[wire][websocket]") {
  constexpr std::size_t fragments = 65'536;
  const std::string fragment(64, 'f');
  for (const Role role : {Role::server, Role::client}) {
    WebSocketParser parser{role, fragments * fragment.size()};
    Events control;
    std::size_t size = 0;
    for (std::size_t i = 0; i < fragments; ++i) {
      const unsigned first = i == 0 ? binary_begin : i + 1 == fragments ? last : middle;
      std::string bytes = bytes_of(role, {first, fragment});
      if (i == fragments / 2) bytes += bytes_of(role, {ping, "half"});
      parser.feed(bytes);
      while (const auto event = parser.next()) {
        if (event->opcode == Opcode::binary) size = event->payload.size();
        if (event->opcode == Opcode::ping) control.push_back(spelled(*event));
      }
    }
    CHECK(size == fragments * fragment.size());
    CHECK(control == Events{"ping:half"});
    CHECK_FALSE(parser.fault());
    CHECK(parser.idle());
  }
}

// 6: UTF-8 ---------------------------------------------------------------------------------------

TEST_CASE("text is checked across fragments", "[wire][websocket]") {
  const std::string kosme = "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5";
  std::vector<Row> rows = {
      {"6.1 empty", {{text, ""}}, {"text:"}},
      {"6.2 whole",
       {{text, "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc-UTF-8!!"}},
       {"text:Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc-UTF-8!!"}},
      {"6.3 invalid",
       {{text, kosme + "\xed\xa0\x80"
                       "edited"}},
       {"fault 1007"}},
      {"6.4 invalid in a fragment",
       {{text_begin, kosme}, {middle, "\xf4\x90\x80\x80"}, {last, "x"}},
       {"fault 1007"}},
      {"cut by the end", {{text, "ab\xe2\x82"}}, {"fault 1007"}},
      {"cut by the last fragment's end", {{text_begin, "\xe2"}, {last, "\x82"}}, {"fault 1007"}},
      {"cut by an empty last fragment", {{text_begin, "\xe2\x82"}, {last, ""}}, {"fault 1007"}},
      {"a new message starts afresh",
       {{text_begin, "\xe2"}, {last, "\x82\xac"}, {text, "\xac"}},
       {"text:\xe2\x82\xac", "fault 1007"}},
      {"a ping inside a character",
       {{text_begin, "\xe2\x82"}, {ping, "\xff"}, {last, "\xac"}},
       {"ping:\xff", "text:\xe2\x82\xac"}},
      {"binary is not text", {{binary, "\xff\xfe"}}, {"binary:\xff\xfe"}},
  };
  // 6.2.3: a fragment for each byte.
  std::vector<Frame> single;
  for (std::size_t i = 0; i < kosme.size(); ++i) {
    single.push_back({i == 0                  ? text_begin
                      : i + 1 == kosme.size() ? last
                                              : middle,
                      kosme.substr(i, 1)});
  }
  rows.push_back({"6.2.3", single, {"text:" + kosme}});
  check_rows(rows);
}

TEST_CASE("the classic sequences pass or fail as UTF-8 text", "[wire][websocket]") {
  for (const char* valid : {"\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xef\xbf\xbf",
                            "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xed\x9f\xbf", "\xee\x80\x80",
                            "\xef\xbf\xbd", "\xef\xbf\xbe", "\xf0\x9f\xbf\xbe", "\x7f"}) {
    check_rows({{valid, {{text, valid}}, {std::string("text:") + valid}}});
  }
  for (const char* invalid : {"\xf8\x88\x80\x80\x80",
                              "\xfc\x84\x80\x80\x80\x80",
                              "\xf7\xbf\xbf\xbf",
                              "\xfb\xbf\xbf\xbf\xbf",
                              "\xfd\xbf\xbf\xbf\xbf\xbf",
                              "\xf4\x90\x80\x80",
                              "\x80",
                              "\xbf",
                              "\x80\xbf\x80",
                              "\xc0 \xc1 ",
                              "\xe0 \xe1 ",
                              "\xf0 \xf1 ",
                              "\xc0",
                              "\xe0\x80",
                              "\xf0\x80\x80",
                              "\xdf",
                              "\xef\xbf",
                              "\xf7\xbf\xbf",
                              "\xfe",
                              "\xff",
                              "\xfe\xfe\xff\xff",
                              "\xc0\xaf",
                              "\xe0\x80\xaf",
                              "\xf0\x80\x80\xaf",
                              "\xc1\xbf",
                              "\xe0\x9f\xbf",
                              "\xf0\x8f\xbf\xbf",
                              "\xc0\x80",
                              "\xe0\x80\x80",
                              "\xed\xa0\x80",
                              "\xed\xad\xbf",
                              "\xed\xae\x80",
                              "\xed\xaf\xbf",
                              "\xed\xb0\x80",
                              "\xed\xbe\x80",
                              "\xed\xbf\xbf",
                              "\xed\xa0\x80\xed\xb0\x80"}) {
    check_rows({{invalid, {{text, invalid}}, {"fault 1007"}}});
  }
}

TEST_CASE("text that cannot become valid is refused before its frame is whole",
          "[wire][websocket]") {
  for (const Role role : {Role::server, Role::client}) {
    const std::string frame = bytes_of(role, {text, "ab\xff" + std::string(1000, 'x')});
    WebSocketParser parser{role, message_bytes_max};
    Events events;
    read_piece(parser, std::string_view(frame).substr(0, frame.size() - 1000), events);
    CHECK(events == Events{"fault 1007"});
  }
}

// 7: close ---------------------------------------------------------------------------------------

TEST_CASE("a close frame tells its code and reason, and nothing is read behind it",
          "[wire][websocket]") {
  const std::string longest(123, '*');
  check_rows({
      {"7.3.1 empty", {{close_frame, ""}}, {"close 1005:"}},
      {"7.3.3 code alone", {{close_frame, "\x03\xe8"}}, {"close 1000:"}},
      {"7.3.4 with reason", {{close_frame, "\x03\xe8Ok"}}, {"close 1000:Ok"}},
      {"7.3.5 123 bytes of reason",
       {{close_frame, "\x03\xe8" + longest}},
       {"close 1000:" + longest}},
      {"7.1.2 twice", {{close_frame, ""}, {close_frame, ""}}, {"close 1005:"}},
      {"7.1.3 ping behind", {{close_frame, ""}, {ping, ""}}, {"close 1005:"}},
      {"7.1.4 text behind", {{close_frame, ""}, {text, "x"}}, {"close 1005:"}},
      {"garbage behind", {{close_frame, ""}, {0xFF, "x"}}, {"close 1005:"}},
      {"7.1.5 inside a message",
       {{text_begin, "a"}, {close_frame, ""}, {last, "b"}},
       {"close 1005:"}},
  });
}

TEST_CASE("broken close frames are refused", "[wire][websocket]") {
  check_rows({
      {"7.3.2 one byte", {{close_frame, "\x03"}}, {"fault 1002"}},
      {"7.3.6 too long", {{close_frame, "\x03\xe8" + std::string(124, '*')}}, {"fault 1002"}},
      {"7.5.1 reason not UTF-8", {{close_frame, "\x03\xe8\xce\xba\xed\xa0\x80"}}, {"fault 1007"}},
      {"reason cut in a character", {{close_frame, "\x03\xe8\xe2\x82"}}, {"fault 1007"}},
  });
}

TEST_CASE("only codes that a peer may send are taken", "[wire][websocket]") {
  const auto expect = [](std::uint16_t code, bool valid) {
    CAPTURE(code);
    CHECK(is_valid_close_code(code) == valid);
    check_rows({{"7.7 and 7.9",
                 {{close_frame, close_payload(code, "")}},
                 {valid ? "close " + std::to_string(code) + ":" : "fault 1002"}}});
  };
  for (const int code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
                         3000, 3999, 4000, 4001, 4100, 4999}) {
    expect(static_cast<std::uint16_t>(code), true);
  }
  for (const int code : {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535}) {
    expect(static_cast<std::uint16_t>(code), false);
  }
}

TEST_CASE("a close reason is cut at a character to fit its frame", "[wire][websocket]") {
  CHECK(close_payload(4100, "slow") == "\x10\x04slow");
  CHECK(close_payload(1000, "") == "\x03\xe8");
  CHECK(close_payload(1000, std::string(200, 'x')) == "\x03\xe8" + std::string(123, 'x'));
  for (std::size_t lead = 0; lead < 5; ++lead) {
    std::string reason(lead, 'x');
    while (reason.size() < 200) reason += "\xf0\x9f\x98\x80";
    const std::string payload = close_payload(1000, reason);
    CHECK(payload.size() <= 125);
    CHECK(payload.size() > 121);
    CHECK(is_utf8(std::string_view(payload).substr(2)));
  }
}

// Masks, lengths, limits -------------------------------------------------------------------------

TEST_CASE("a server takes only masked frames and a client only unmasked ones",
          "[wire][websocket]") {
  CHECK(read(Role::server, encode_frame(Opcode::text, "x")) == Events{"fault 1002"});
  CHECK(read(Role::server, encode_frame(Opcode::ping, "")) == Events{"fault 1002"});
  CHECK(read(Role::client, encode_masked_frame(Opcode::text, "x", 7)) == Events{"fault 1002"});
  CHECK(read(Role::client, encode_masked_frame(Opcode::close, "", 7)) == Events{"fault 1002"});
}

TEST_CASE("lengths must be in their shortest form", "[wire][websocket]") {
  const auto client = [](std::string_view head) { return read(Role::client, head); };
  const std::string zeros(8, '\0');
  CHECK(client("\x82\x7e\x00\x00"s) == Events{"fault 1002"});
  CHECK(client("\x82\x7e\x00\x7d"s) == Events{"fault 1002"});
  CHECK(client("\x82\x7e\x00\x7e"s) == Events{});
  CHECK(client("\x82\x7f"s + zeros) == Events{"fault 1002"});
  CHECK(client("\x82\x7f\0\0\0\0\0\0\xff\xff"s) == Events{"fault 1002"});
  CHECK(client("\x82\x7f\0\0\0\0\0\1\0\0"s) == Events{});
  CHECK(client("\x89\x7e\0\0"s) == Events{"fault 1002"});
  CHECK(client("\x89\x7f"s + zeros) == Events{"fault 1002"});
}

TEST_CASE("a length with its top bit set breaks the protocol", "[wire][websocket]") {
  CHECK(read(Role::client, "\x82\x7f\x80\0\0\0\0\0\0\0"s) == Events{"fault 1002"});
  CHECK(read(Role::client, "\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff") == Events{"fault 1002"});
}

TEST_CASE("a length that no size_t of 32 bits holds is too big", "[wire][websocket]") {
  CHECK(read(Role::client, "\x82\x7f\0\0\0\1\0\0\0\0"s) == Events{"fault 1009"});
  CHECK(read(Role::client, "\x82\x7f\0\0\0\1\0\0\0\5"s, SIZE_MAX) ==
        Events{sizeof(std::size_t) == 4 ? Events{"fault 1009"} : Events{}});
  CHECK(read(Role::client, "\x82\x7f\x7f\xff\xff\xff\xff\xff\xff\xff") == Events{"fault 1009"});
}

TEST_CASE("a message over the limit is told by its header", "[wire][websocket]") {
  for (const Role role : {Role::server, Role::client}) {
    const std::string whole = bytes_of(role, {text, std::string(100, 'x')});
    CHECK(read(role, whole, 100) == Events{"text:" + std::string(100, 'x')});
    const std::string over = bytes_of(role, {text, std::string(101, 'x')});
    CHECK(read(role, std::string_view(over).substr(0, over.size() - 101), 100) ==
          Events{"fault 1009"});

    const std::string fragments = bytes_of(
        role, {{text_begin, std::string(60, 'a')}, {middle, ""}, {last, std::string(41, 'b')}});
    CHECK(read(role, std::string_view(fragments).substr(0, fragments.size() - 41), 100) ==
          Events{"fault 1009"});
    CHECK(read(role, bytes_of(role, {{text_begin, "a"}, {last, "b"}, {text, "cd"}}), 2) ==
          Events{"text:ab", "text:cd"});
  }
}

TEST_CASE("control frames do not count against the limit", "[wire][websocket]") {
  const std::string long_ping(125, 'p');
  for (const Role role : {Role::server, Role::client}) {
    CHECK(read(role,
               bytes_of(role, {{text_begin, "ab"}, {ping, long_ping}, {last, "cd"}, {pong, "x"}}),
               4) == Events{"ping:" + long_ping, "text:abcd", "pong:x"});
    CHECK(read(role, bytes_of(role, {{text, ""}, {ping, "x"}, {text, "y"}}), 0) ==
          Events{"text:", "ping:x", "fault 1009"});
  }
}

// Compression (RFC 7692), as far as frames go ----------------------------------------------------

TEST_CASE("compressed messages are told where they were agreed upon", "[wire][websocket]") {
  const auto read_compressed = [](Role role, const std::vector<Frame>& frames) {
    return read(role, bytes_of(role, frames), message_bytes_max, true);
  };
  for (const Role role : {Role::server, Role::client}) {
    CHECK(read_compressed(role, {{0xC1, "\xf2\x48\xcd"}, {text, "plain"}}) ==
          Events{"compressed text:\xf2\x48\xcd", "text:plain"});
    CHECK(read_compressed(role, {{0x42, "\xff"}, {ping, "p"}, {last, "\xfe"}}) ==
          Events{"ping:p", "compressed binary:\xff\xfe"});
    CHECK(read_compressed(role, {{0x41, "a"}, {0xC0, "b"}}) == Events{"fault 1002"});
    CHECK(read_compressed(role, {{0xC9, ""}}) == Events{"fault 1002"});
    CHECK(read_compressed(role, {{0xE1, ""}}) == Events{"fault 1002"});
    CHECK(read_compressed(role, {{0x91, ""}}) == Events{"fault 1002"});
    CHECK(read_compressed(role, {{text, "\xff"}}) == Events{"fault 1007"});
  }
}

// Faults, memory, encoders -----------------------------------------------------------------------

TEST_CASE("nothing comes out behind a fault", "[wire][websocket]") {
  WebSocketParser parser{Role::client, message_bytes_max};
  Events events;
  read_piece(parser, "\x83\x01x\x81\x01y", events);
  read_piece(parser, "\x81\x01z", events);
  CHECK(events == Events{"fault 1002"});
  REQUIRE(parser.fault());
  CHECK_FALSE(parser.fault()->reason.empty());
}

TEST_CASE("a parser is idle between messages only", "[wire][websocket]") {
  for (const Role role : {Role::server, Role::client}) {
    WebSocketParser parser{role, message_bytes_max};
    CHECK(parser.idle());
    const std::string bytes = bytes_of(role, {{text_begin, "ab"}, {ping, "cd"}, {last, "ef"}});
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      CAPTURE(i);
      parser.feed(std::string_view(bytes).substr(i, 1));
      while (parser.next()) {
      }
      CHECK(parser.idle() == (i + 1 == bytes.size()));
    }
  }
}

TEST_CASE("a connection's parser is small", "[wire][websocket]") {
  CHECK(sizeof(WebSocketParser) <= 128);
}

TEST_CASE("what a client receives in one piece is handed out where it lies", "[wire][websocket]") {
  const std::string bytes = bytes_of(Role::client, {{text, "whole"}, {ping, "control"}});
  WebSocketParser parser{Role::client, message_bytes_max};
  parser.feed(bytes);
  CHECK(parser.next()->payload.data() == bytes.data() + 2);
  CHECK(parser.next()->payload.data() == bytes.data() + 9);
  CHECK_FALSE(parser.next());
}

TEST_CASE("a whole text frame gives its payload, any other frame none", "[wire][websocket]") {
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u}) {
    const std::string payload(size, 'x');
    CHECK(text_payload(encode_frame(Opcode::text, payload)) == payload);
    CHECK(text_payload(encode_frame(Opcode::binary, payload)).empty());
    CHECK(text_payload(encode_masked_frame(Opcode::text, payload, 1)).empty());
    CHECK(text_payload(encode_frame_head(Opcode::text, size, true) + payload).empty());
  }
  CHECK(text_payload(encode_frame(Opcode::close, close_payload(1001, "bye"))).empty());
  CHECK(text_payload(encode_frame(Opcode::pong, "x")).empty());
  CHECK(text_payload("HTTP/1.1 101 Switching Protocols\r\n\r\n").empty());
  for (const std::string_view cut :
       {""sv, "\x81"sv, "\x81\x7e"sv, "\x81\x7f\0\0"sv, "\x01\x01x"sv}) {
    CHECK(text_payload(cut).empty());
  }
}

TEST_CASE("heads have the length form that fits", "[wire][websocket]") {
  CHECK(encode_frame_head(Opcode::text, 0) == "\x81\x00"s);
  CHECK(encode_frame_head(Opcode::binary, 125) == "\x82\x7d");
  CHECK(encode_frame_head(Opcode::text, 126) == "\x81\x7e\x00\x7e"s);
  CHECK(encode_frame_head(Opcode::text, 65535) == "\x81\x7e\xff\xff");
  CHECK(encode_frame_head(Opcode::text, 65536) == "\x81\x7f\0\0\0\0\0\1\0\0"s);
  CHECK(encode_frame_head(Opcode::text, 5, true) == "\xc1\x05");
  CHECK(encode_frame_head(Opcode::ping, 5) == "\x89\x05");
}

}  // namespace
}  // namespace freshet::wire
