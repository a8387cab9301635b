// RFC 6455 over real sockets, through /v1/echo: case by case what goes in and every frame that
// comes out until the connection ends. The groups and what they ask follow the public conformance
// suites, so that a failure of theirs has its case here.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "integration/server_fixture.h"

namespace freshet::tests {
namespace {

using namespace std::string_literals;
using namespace std::string_view_literals;

// First bytes: FIN and the opcode.
constexpr unsigned text = 0x81;
constexpr unsigned binary = 0x82;
constexpr unsigned text_begin = 0x01;
constexpr unsigned binary_begin = 0x02;
constexpr unsigned middle = 0x00;
constexpr unsigned last = 0x80;
constexpr unsigned close_frame = 0x88;
constexpr unsigned ping = 0x89;
constexpr unsigned pong = 0x8A;

constexpr std::array<char, 4> some_mask{'\x37', '\xFA', '\x21', '\x3D'};
constexpr std::array<char, 4> zero_mask{};

std::string big_endian(std::uint64_t value, unsigned bytes) {
  std::string digits;
  while (bytes-- > 0) digits += static_cast<char>(value >> (8 * bytes) & 255);
  return digits;
}

// The first byte, the length in a form of so many bytes (0: the shortest) and the mask bit.
std::string frame_head(unsigned first, std::uint64_t length, bool masked, unsigned form = 0) {
  if (form == 0) form = length < 126 ? 1 : length < 65'536 ? 2 : 8;
  const unsigned bit = masked ? 0x80 : 0;
  std::string head(1, static_cast<char>(first));
  if (form == 1) return head + static_cast<char>(bit | length);
  head += static_cast<char>(bit | (form == 2 ? 126 : 127));
  return head + big_endian(length, form);
}

std::string frame(unsigned first, std::string_view payload, std::array<char, 4> mask = some_mask) {
  std::string bytes = frame_head(first, payload.size(), true);
  bytes.append(mask.data(), mask.size());
  for (std::size_t i = 0; i < payload.size(); ++i) bytes += payload[i] ^ mask[i % 4];
  return bytes;
}

std::string unmasked(unsigned first, std::string_view payload) {
  return frame_head(first, payload.size(), false).append(payload);
}

std::string close_with(unsigned code, std::string_view reason = {}) {
  return frame(close_frame, big_endian(code, 2).append(reason));
}

// "text:Hello", "pong:", "close 1002"; the end of the connection is the end of the list.
using Transcript = std::vector<std::string>;

Transcript transcript(WebSocketPeer& peer) {
  Transcript all;
  for (;;) {
    const auto [opcode, payload, code, compressed] = peer.next();
    switch (opcode) {
      case wire::Opcode::text:
        all.push_back("text:" + payload);
        break;
      case wire::Opcode::binary:
        all.push_back("binary:" + payload);
        break;
      case wire::Opcode::ping:
        all.push_back("ping:" + payload);
        break;
      case wire::Opcode::pong:
        all.push_back("pong:" + payload);
        break;
      case wire::Opcode::continuation:
        all.push_back("continuation:" + payload);
        break;
      case wire::Opcode::close:
        all.push_back(code == 0 ? "close" : "close " + std::to_string(code));
        if (!peer.ended()) all.emplace_back("something behind the close frame");
        return all;
    }
  }
}

struct Case {
  std::string what;
  std::string bytes;
  Transcript expected;
};

std::vector<std::string> cut(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    pieces.emplace_back(bytes.substr(at, piece));
  }
  return pieces;
}

class EchoServer {
 public:
  EchoServer() : server_(echoing()) {}

  // Runs each case whole and, if it is short, byte by byte; a case that does not end the connection
  // itself ends with a close handshake.
  void check(const std::vector<Case>& cases) {
    for (const Case& one : cases) {
      INFO(one.what);
      CHECK(run({one.bytes}) == expected_of(one));
      if (one.bytes.size() > 600) continue;
      INFO("byte by byte");
      CHECK(run(cut(one.bytes, 1)) == expected_of(one));
    }
  }

  Transcript run(const std::vector<std::string>& pieces) {
    WebSocketPeer peer = server_.websocket("/v1/echo");
    for (const std::string& piece : pieces) peer.send_raw(piece);
    peer.send_raw(close_with(1000));
    return transcript(peer);
  }

  WebSocketPeer connect() { return server_.websocket("/v1/echo"); }

 private:
  static app::ServerOptions echoing() {
    app::ServerOptions options;
    options.echo = true;
    return options;
  }
  static Transcript expected_of(const Case& one) {
    Transcript expected = one.expected;
    if (expected.empty() || !expected.back().starts_with("close")) {
      expected.emplace_back("close 1000");
    }
    return expected;
  }

  TestServer server_;
};

TEST_CASE("conformance: framing", "[conformance]") {
  EchoServer server;
  for (const std::size_t size : {0, 1, 125, 126, 127, 128, 65'535, 65'536}) {
    const std::string payload(size, '*');
    const std::string bytes(size, '\xFE');
    INFO(size << " bytes");
    CHECK((server.run({frame(text, payload)}) == Transcript{"text:" + payload, "close 1000"}));
    CHECK((server.run({frame(binary, bytes)}) == Transcript{"binary:" + bytes, "close 1000"}));
    // In pieces that fall on no boundary of a frame, a mask or a power of two.
    CHECK((server.run(cut(frame(text, payload), 997)) ==
           Transcript{"text:" + payload, "close 1000"}));
  }
  server.check({
      {"every length class in one piece",
       frame(text, "a") + frame(binary, std::string(126, 'b')) +
           frame(text, std::string(65'536, 'c')),
       {"text:a", "binary:" + std::string(126, 'b'), "text:" + std::string(65'536, 'c')}},
      {"126 in the form of 64 bits",
       frame_head(text, 126, true, 8) + std::string(4 + 126, '\0'),
       {"close 1002"}},
      {"125 in the form of 16 bits",
       frame_head(text, 125, true, 2) + std::string(4 + 125, '\0'),
       {"close 1002"}},
      {"a length with its top bit", "\x81\xFF\x80\0\0\0\0\0\0\0\0\0\0\0"s, {"close 1002"}},
      {"a length beyond the limit, told by the head alone",
       frame_head(binary, 16 * 1024 * 1024 + 1, true),
       {"close 1009"}},
      {"a length beyond all memory, told by the head alone",
       frame_head(binary, 0x7FFF'FFFF'FFFF'FFFF, true),
       {"close 1009"}},
  });
}

TEST_CASE("conformance: masking", "[conformance]") {
  EchoServer server;
  server.check({
      {"a mask of zeros", frame(text, "Hello", zero_mask), {"text:Hello"}},
      {"another mask for each fragment",
       frame(text_begin, "He") + frame(middle, "l", zero_mask) +
           frame(last, "lo", {'\xFF', '\xFF', '\xFF', '\xFF'}),
       {"text:Hello"}},
      {"text without a mask", unmasked(text, "Hello"), {"close 1002"}},
      {"binary without a mask", unmasked(binary, "Hello"), {"close 1002"}},
      {"a ping without a mask", unmasked(ping, ""), {"close 1002"}},
      {"a pong without a mask", unmasked(pong, ""), {"close 1002"}},
      {"a close without a mask", unmasked(close_frame, "\x03\xE8"), {"close 1002"}},
      {"a last fragment without a mask",
       frame(text_begin, "a") + unmasked(last, "b"),
       {"close 1002"}},
  });
}

TEST_CASE("conformance: pings and pongs", "[conformance]") {
  EchoServer server;
  const std::string longest(125, '\xFE');
  std::string many;
  Transcript answers;
  for (int i = 0; i < 10; ++i) {
    many += frame(ping, "payload-" + std::to_string(i));
    answers.push_back("pong:payload-" + std::to_string(i));
  }
  server.check({
      {"a ping without payload", frame(ping, ""), {"pong:"}},
      {"a ping with text", frame(ping, "Hello, world!"), {"pong:Hello, world!"}},
      {"a ping with bytes",
       frame(ping, "\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF"sv),
       {"pong:\x00\xFF\xFE\xFD\xFC\xFB\x00\xFF"s}},
      {"the longest ping", frame(ping, longest), {"pong:" + longest}},
      {"a longer ping", frame(ping, std::string(126, '*')), {"close 1002"}},
      {"a pong that nobody asked for", frame(pong, ""), {}},
      {"a pong with payload that nobody asked for", frame(pong, "unsolicited"), {}},
      {"a pong, then a ping", frame(pong, "unsolicited") + frame(ping, "Hello"), {"pong:Hello"}},
      {"a longer pong", frame(pong, std::string(126, '*')), {"close 1002"}},
      {"ten pings in a row", many, answers},
      {"a ping between messages",
       frame(text, "a") + frame(ping, "b") + frame(text, "c"),
       {"text:a", "pong:b", "text:c"}},
  });
}

TEST_CASE("conformance: reserved bits", "[conformance]") {
  EchoServer server;
  for (unsigned bits = 1; bits < 8; ++bits) {
    const unsigned rsv = bits << 4;
    server.check({
        {"on text", frame(text | rsv, "Hello"), {"close 1002"}},
        {"behind a message",
         frame(text, "Hello") + frame(text | rsv, "Hello") + frame(ping, ""),
         {"text:Hello", "close 1002"}},
        {"on binary", frame(binary | rsv, "\xFF\xFE"), {"close 1002"}},
        {"on a ping", frame(ping | rsv, "x"), {"close 1002"}},
        {"on a pong", frame(pong | rsv, "x"), {"close 1002"}},
        {"on a close", frame(close_frame | rsv, ""), {"close 1002"}},
        {"on a continuation", frame(text_begin, "a") + frame(last | rsv, "b"), {"close 1002"}},
    });
  }
}

TEST_CASE("conformance: opcodes", "[conformance]") {
  EchoServer server;
  for (const unsigned opcode : {3u, 4u, 5u, 6u, 7u, 11u, 12u, 13u, 14u, 15u}) {
    const unsigned first = 0x80 | opcode;
    INFO("opcode " << opcode);
    server.check({
        {"without payload", frame(first, ""), {"close 1002"}},
        {"with payload", frame(first, "x"), {"close 1002"}},
        {"behind a message",
         frame(text, "Hello") + frame(first, "") + frame(ping, ""),
         {"text:Hello", "close 1002"}},
        {"as a fragment", frame(opcode, "x"), {"close 1002"}},
        {"inside a message",
         frame(text_begin, "a") + frame(first, "") + frame(last, "b"),
         {"close 1002"}},
    });
  }
}

TEST_CASE("conformance: fragmentation", "[conformance]") {
  EchoServer server;
  server.check({
      {"a ping in two", frame(0x09, "frag") + frame(last, "ment"), {"close 1002"}},
      {"a pong in two", frame(0x0A, "frag") + frame(last, "ment"), {"close 1002"}},
      {"a close in two", frame(0x08, "\x03") + frame(last, "\xE8"), {"close 1002"}},
      {"text in two", frame(text_begin, "frag") + frame(last, "ment"), {"text:fragment"}},
      {"binary in two", frame(binary_begin, "\xFF") + frame(last, "\xFE"), {"binary:\xFF\xFE"}},
      {"text in two, a ping between",
       frame(text_begin, "frag") + frame(ping, "p") + frame(last, "ment"),
       {"pong:p", "text:fragment"}},
      {"text in two, a pong between",
       frame(text_begin, "a") + frame(pong, "p") + frame(last, "b"),
       {"text:ab"}},
      {"empty fragments", frame(text_begin, "") + frame(middle, "") + frame(last, ""), {"text:"}},
      {"empty fragments around one",
       frame(text_begin, "") + frame(middle, "middle") + frame(last, ""),
       {"text:middle"}},
      {"five fragments, two pings between",
       frame(text_begin, "1") + frame(middle, "2") + frame(ping, "p1") + frame(middle, "3") +
           frame(middle, "4") + frame(ping, "p2") + frame(last, "5"),
       {"pong:p1", "pong:p2", "text:12345"}},
      {"fragments, then a message",
       frame(text_begin, "a") + frame(last, "b") + frame(text, "c"),
       {"text:ab", "text:c"}},
      {"a last fragment of nothing", frame(last, "x") + frame(text, "Hello"), {"close 1002"}},
      {"a fragment of nothing", frame(middle, "x") + frame(text, "Hello"), {"close 1002"}},
      {"a last fragment behind a whole message",
       frame(text, "a") + frame(last, "b"),
       {"text:a", "close 1002"}},
      {"a new message inside one", frame(text_begin, "a") + frame(text, "b"), {"close 1002"}},
      {"binary inside text", frame(text_begin, "a") + frame(binary, "b"), {"close 1002"}},
      {"two beginnings",
       frame(text_begin, "a") + frame(text_begin, "b") + frame(last, "c"),
       {"close 1002"}},
      {"a close inside a message",
       frame(text_begin, "a") + close_with(1000) + frame(last, "b"),
       {"close 1000"}},
  });
}

TEST_CASE("conformance: UTF-8", "[conformance]") {
  EchoServer server;
  const std::string kosme = "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5";
  const std::string mixed = "Hello-\xC2\xB5@\xC3\x9F\xC3\xB6\xC3\xA4\xE2\x82\xAC\xF0\x9F\x98\x80!!";
  const std::string broken = kosme + "\xED\xA0\x80" + "edited";
  std::string in_octets = frame(text_begin, "");
  for (const char octet : kosme) in_octets += frame(middle, {&octet, 1});
  server.check({
      {"nothing", frame(text, ""), {"text:"}},
      {"in one frame", frame(text, mixed), {"text:" + mixed}},
      {"in two, between characters",
       frame(text_begin, kosme.substr(0, 2)) + frame(last, kosme.substr(2)),
       {"text:" + kosme}},
      {"in two, inside a character",
       frame(text_begin, kosme.substr(0, 3)) + frame(last, kosme.substr(3)),
       {"text:" + kosme}},
      {"each octet a fragment", in_octets + frame(last, ""), {"text:" + kosme}},
      {"inside a character a ping",
       frame(text_begin, "\xE2\x82") + frame(ping, "\xFF") + frame(last, "\xAC"),
       {"pong:\xFF", "text:\xE2\x82\xAC"}},
      {"a zero", frame(text, "a\0b"sv), {"text:a\0b"s}},
      {"broken in one frame", frame(text, broken), {"close 1007"}},
      {"broken in the second of three",
       frame(text_begin, kosme) + frame(middle, "\xED\xA0\x80") + frame(last, "edited"),
       {"close 1007"}},
      {"cut at the end of the message", frame(text, kosme + "\xE2\x82"), {"close 1007"}},
      {"cut at the end of the last fragment",
       frame(text_begin, "\xE2\x82") + frame(last, ""),
       {"close 1007"}},
      {"binary is not looked at", frame(binary, broken), {"binary:" + broken}},
      {"a ping is not looked at", frame(ping, broken), {"pong:" + broken}},
  });
}

TEST_CASE("conformance: UTF-8 that cannot become valid fails at its first wrong octet",
          "[conformance]") {
  EchoServer server;
  const auto fails_behind = [&](std::string_view what, const std::string& bytes) {
    INFO(what);
    WebSocketPeer peer = server.connect();
    peer.send_raw(bytes);  // No more: the answer must not wait for the frame's end.
    CHECK(transcript(peer) == Transcript{"close 1007"});
  };
  const std::string kosme = "\xCE\xBA\xE1\xBD\xB9\xCF\x83\xCE\xBC\xCE\xB5";
  const std::string whole = frame(text, kosme + "\xF4\x90\x80\x80" + "edited");
  const std::size_t head = whole.size() - (kosme.size() + 10);
  fails_behind("in a frame, at the octet that leaves Unicode",
               whole.substr(0, head + kosme.size() + 2));
  fails_behind("in the first of several frames",
               frame(text_begin, kosme + "\xED\xA0") + frame_head(middle, 10, true));
  fails_behind("in a fragment that is not the last",
               frame(text_begin, kosme) + frame(middle, "\xC0\xAF"));
  fails_behind("across fragments", frame(text_begin, "\xF4") + frame(middle, "\x90"));
}

TEST_CASE("conformance: UTF-8 sequence by sequence", "[conformance]") {
  EchoServer server;
  for (const char* valid :
       {"\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
        "\xEF\xBF\xBD", "\xEF\xBF\xBE", "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF0\x9F\xBF\xBE",
        "\xF3\xBF\xBF\xBF", "\xF4\x8F\xBF\xBE", "\xF4\x8F\xBF\xBF"}) {
    server.check({{"valid", frame(text, valid), {std::string("text:") + valid}}});
  }
  // Stray continuations; cut sequences; overlong forms; surrogates; beyond U+10FFFF; never octets.
  for (const char* invalid : {"\x80",
                              "\xBF",
                              "\x80\xBF\x80",
                              "\xC0 \xC1 ",
                              "\xE0 \xE1 ",
                              "\xC0",
                              "\xDF",
                              "\xE0\x80",
                              "\xEF\xBF",
                              "\xF0\x80\x80",
                              "\xF7\xBF\xBF",
                              "\xC0\xAF",
                              "\xC1\xBF",
                              "\xE0\x80\xAF",
                              "\xE0\x9F\xBF",
                              "\xF0\x80\x80\xAF",
                              "\xF0\x8F\xBF\xBF",
                              "\xC0\x80",
                              "\xE0\x80\x80",
                              "\xED\xA0\x80",
                              "\xED\xAD\xBF",
                              "\xED\xAE\x80",
                              "\xED\xAF\xBF",
                              "\xED\xB0\x80",
                              "\xED\xBE\x80",
                              "\xED\xBF\xBF",
                              "\xED\xA0\x80\xED\xB0\x80",
                              "\xF4\x90\x80\x80",
                              "\xF7\xBF\xBF\xBF",
                              "\xF8\x88\x80\x80\x80",
                              "\xFB\xBF\xBF\xBF\xBF",
                              "\xFC\x84\x80\x80\x80\x80",
                              "\xFD\xBF\xBF\xBF\xBF\xBF",
                              "\xFE",
                              "\xFF",
                              "\xFE\xFE\xFF\xFF"}) {
    INFO(Catch::StringMaker<std::string>::convert(invalid));
    server.check({{"invalid", frame(text, invalid), {"close 1007"}},
                  {"invalid, in fragments",
                   frame(text_begin, std::string_view(invalid).substr(0, 1)) +
                       frame(last, std::string_view(invalid).substr(1)),
                   {"close 1007"}}});
  }
}

TEST_CASE("conformance: the close handshake", "[conformance]") {
  EchoServer server;
  server.check({
      {"without payload", frame(close_frame, ""), {"close"}},
      {"behind a message", frame(text, "Hello") + close_with(1000), {"text:Hello", "close 1000"}},
      {"one octet", frame(close_frame, "\x03"), {"close 1002"}},
      {"a reason", close_with(1000, "Hello World!"), {"close 1000"}},
      {"the longest reason", close_with(1000, std::string(123, '*')), {"close 1000"}},
      {"a longer reason", close_with(1000, std::string(124, '*')), {"close 1002"}},
      {"a reason that is not UTF-8", close_with(1000, "\xCE\xBA\xED\xA0\x80"), {"close 1007"}},
      {"a reason cut inside a character", close_with(1000, "\xE2\x82"), {"close 1007"}},
      {"twice", close_with(1000) + close_with(1001), {"close 1000"}},
      {"a ping behind it", close_with(1000) + frame(ping, "x"), {"close 1000"}},
      {"a message behind it", close_with(1000) + frame(text, "x"), {"close 1000"}},
      {"a megabyte behind it",
       close_with(1000) + frame(binary, std::string(1 << 20, 'x')),
       {"close 1000"}},
      {"what is no frame behind it", close_with(1000) + "\xFF\xFF\xFF\xFF", {"close 1000"}},
  });
}

TEST_CASE("conformance: close codes", "[conformance]") {
  EchoServer server;
  for (const unsigned code : {1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013,
                              1014, 3000, 3999, 4000, 4001, 4999}) {
    const std::string same = "close " + std::to_string(code);
    INFO(code << " is a peer's to send");
    server.check({{"alone", close_with(code), {same}}, {"why", close_with(code, "why"), {same}}});
  }
  for (const unsigned code :
       {0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65'535}) {
    INFO(code << " is not");
    server.check({{"alone", close_with(code), {"close 1002"}},
                  {"why", close_with(code, "why"), {"close 1002"}}});
  }
}

TEST_CASE("conformance: messages up to 16 MiB, whole and in up to 65,536 fragments",
          "[conformance]") {
  EchoServer server;
  constexpr std::size_t largest = 16 * 1024 * 1024;
  struct Size {
    std::size_t message;
    std::size_t fragment;
    unsigned first;
  };
  for (const auto& [message, fragment, first] :
       {Size{64 * 1024, 64 * 1024, text_begin}, Size{1024 * 1024, 1024 * 1024, binary_begin},
        Size{largest, largest, text_begin}, Size{largest, largest, binary_begin},
        Size{4 * 1024 * 1024, 64, text_begin}, Size{largest, 256, binary_begin},
        Size{largest, 256, text_begin}, Size{largest, 1024 * 1024, text_begin}}) {
    INFO(message << " bytes in fragments of " << fragment);
    std::string bytes;
    for (std::size_t at = 0; at < message; at += fragment) {
      const bool is_last = at + fragment == message;
      bytes += frame((at == 0 ? first : middle) | (is_last ? 0x80 : 0), std::string(fragment, '*'));
    }
    WebSocketPeer peer = server.connect();
    peer.send_raw(bytes);
    const auto echoed = peer.next();
    CHECK(static_cast<unsigned>(echoed.opcode) == first);
    CHECK((echoed.payload == std::string(message, '*')));
    peer.send_raw(close_with(1000));
    CHECK(transcript(peer) == Transcript{"close 1000"});
  }
  INFO("a byte more than the limit, in fragments");
  WebSocketPeer peer = server.connect();
  peer.send_raw(frame(binary_begin, std::string(largest, '*')) + frame_head(last, 1, true) +
                "mask");
  CHECK(transcript(peer) == Transcript{"close 1009"});
}

TEST_CASE("conformance: a thousand messages of each size come back in order", "[conformance]") {
  EchoServer server;
  for (const std::size_t size : {0u, 16u, 125u, 126u, 1'000u, 4'096u}) {
    INFO(size << " bytes");
    WebSocketPeer peer = server.connect();
    for (int i = 0; i < 1'000; ++i) {
      std::string payload = std::to_string(i);
      payload.resize(size, '*');
      peer.send_raw(frame(i % 2 == 0 ? text : binary, payload));
      const auto echoed = peer.next();
      REQUIRE((echoed.payload == payload));
      REQUIRE(echoed.opcode == (i % 2 == 0 ? wire::Opcode::text : wire::Opcode::binary));
    }
  }
}

}  // namespace
}  // namespace freshet::tests
