// The framer decides where a request ends, so every disagreement with a proxy starts here: each
// input is fed whole, byte by byte and in odd pieces, and must read the same.
#include "park/framer.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <optional>
#include <string>
#include <vector>

namespace freshet::park {
namespace {

using namespace std::string_literals;

struct Framed {
  std::string head;
  std::string body;
  bool is_head = false;
  bool is_http_1_0 = false;
  bool keep_alive = true;
};

struct Outcome {
  std::vector<Framed> requests;
  std::optional<Refusal> refusal;
  std::string rest;  // Kept for a request that is not whole yet.
  int continues_wanted = 0;
  std::size_t held_bytes_max = 0;
};

// Does with the framer what a connection does: keeps what is left, compacts, goes on.
Outcome frame(std::string_view input, std::size_t piece_bytes, const FramerLimits& limits = {}) {
  Outcome outcome;
  Framer framer(limits);
  std::string held;
  bool continue_counted = false;
  while (!input.empty()) {
    const auto piece = input.substr(0, piece_bytes);
    input.remove_prefix(piece.size());
    held += piece;
    while (!held.empty()) {
      const auto state = framer.advance(held);
      if (state == Framer::State::refused) {
        outcome.refusal = framer.refusal();
        return outcome;
      }
      if (state == Framer::State::incomplete) {
        if (framer.wants_continue() && !continue_counted) {
          continue_counted = true;
          ++outcome.continues_wanted;
        }
        held.resize(framer.compact(held));
        break;
      }
      const auto request = framer.request(held);
      outcome.requests.push_back({std::string(request.head), std::string(request.body),
                                  request.is_head, request.is_http_1_0, request.keep_alive});
      held.erase(0, framer.consumed());
      framer.reset();
      continue_counted = false;
    }
    outcome.held_bytes_max = std::max(outcome.held_bytes_max, held.size());
  }
  outcome.rest = held;
  return outcome;
}

std::size_t any_piece_size() { return GENERATE(as<std::size_t>{}, 1, 2, 3, 7, 64, 1'000'000); }

const std::string get = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

std::string post(std::string_view headers, std::string_view body) {
  return "POST /v1/topics/a HTTP/1.1\r\nHost: a\r\n" + std::string(headers) + "\r\n" +
         std::string(body);
}

TEST_CASE("a request without a body ends at its empty line", "[park][framer]") {
  const auto outcome = frame(get, any_piece_size());
  REQUIRE(outcome.requests.size() == 1);
  REQUIRE(outcome.requests[0].head == get);
  REQUIRE(outcome.requests[0].body.empty());
  REQUIRE(outcome.requests[0].keep_alive);
  REQUIRE(outcome.rest.empty());
}

TEST_CASE("a counted body ends where Content-Length says", "[park][framer]") {
  const auto outcome = frame(post("Content-Length: 5\r\n", "helloGET"), any_piece_size());
  REQUIRE(outcome.requests.size() == 1);
  REQUIRE(outcome.requests[0].body == "hello");
  REQUIRE(outcome.rest == "GET");
}

TEST_CASE("the same Content-Length twice is one length", "[park][framer]") {
  const auto outcome =
      frame(post("Content-Length: 2\r\ncontent-length: 2\r\n", "ab"), any_piece_size());
  REQUIRE(outcome.requests.size() == 1);
  REQUIRE(outcome.requests[0].body == "ab");
}

TEST_CASE("a chunked body is decoded, its extensions and trailers dropped", "[park][framer]") {
  const auto input = post("Transfer-Encoding: chunked\r\n",
                          "5\r\nhello\r\n1;name=\"v\"\r\n,\r\n00A\r\n world, hi\r\n"
                          "0\r\nX-Checksum: 1\r\n\r\n");
  const auto outcome = frame(input + get, any_piece_size());
  REQUIRE(outcome.requests.size() == 2);
  REQUIRE(outcome.requests[0].body == "hello, world, hi");
  REQUIRE(outcome.requests[1].head == get);
}

TEST_CASE("an empty chunked body is whole", "[park][framer]") {
  const auto outcome = frame(post("transfer-encoding: CHUNKED\r\n", "0\r\n\r\n"), any_piece_size());
  REQUIRE(outcome.requests.size() == 1);
  REQUIRE(outcome.requests[0].body.empty());
}

TEST_CASE("chunk framing does not occupy memory", "[park][framer]") {
  std::string body;
  for (int i = 0; i < 10'000; ++i) body += "1\r\nx\r\n";
  const auto outcome =
      frame(post("Transfer-Encoding: chunked\r\n", body + "0\r\n\r\n"), any_piece_size());
  REQUIRE(outcome.requests.size() == 1);
  REQUIRE(outcome.requests[0].body == std::string(10'000, 'x'));
  REQUIRE(outcome.held_bytes_max < 10'200);
}

TEST_CASE("pipelined requests come one after the other, in order", "[park][framer]") {
  const auto outcome = frame(post("Content-Length: 1\r\n", "1") + get +
                                 post("Transfer-Encoding: chunked\r\n", "1\r\n2\r\n0\r\n\r\n") +
                                 post("Content-Length: 1\r\n", "3"),
                             any_piece_size());
  REQUIRE(outcome.requests.size() == 4);
  REQUIRE(outcome.requests[0].body == "1");
  REQUIRE(outcome.requests[1].head == get);
  REQUIRE(outcome.requests[2].body == "2");
  REQUIRE(outcome.requests[3].body == "3");
}

TEST_CASE("a body that looks like a request is a body", "[park][framer]") {
  const auto outcome = frame(
      post("Content-Length: " + std::to_string(get.size()) + "\r\n", get) + get, any_piece_size());
  REQUIRE(outcome.requests.size() == 2);
  REQUIRE(outcome.requests[0].body == get);
}

TEST_CASE("one empty line before the request line is ignored", "[park][framer]") {
  const auto outcome = frame("\r\n" + get, any_piece_size());
  REQUIRE(outcome.requests.size() == 1);
  REQUIRE(outcome.requests[0].head == get);
  REQUIRE(frame("\r\n\r\n" + get, any_piece_size()).refusal->status == 400);
}

TEST_CASE("keep-alive follows the version and the Connection header", "[park][framer]") {
  struct Row {
    std::string version, connection;
    bool keep_alive;
  };
  const auto row = GENERATE(values<Row>({{"1.1", "", true},
                                         {"1.1", "Connection: close\r\n", false},
                                         {"1.1", "connection: Upgrade , CLOSE\r\n", false},
                                         {"1.1", "Connection: closed\r\n", true},
                                         {"1.0", "", false},
                                         {"1.0", "Connection: Keep-Alive\r\n", true},
                                         {"1.0", "Connection: keep-alive, close\r\n", false}}));
  const auto outcome = frame(
      "HEAD / HTTP/" + row.version + "\r\nHost: a\r\n" + row.connection + "\r\n", any_piece_size());
  REQUIRE(outcome.requests.size() == 1);
  REQUIRE(outcome.requests[0].keep_alive == row.keep_alive);
  REQUIRE(outcome.requests[0].is_head);
  REQUIRE(outcome.requests[0].is_http_1_0 == (row.version == "1.0"));
}

TEST_CASE("an HTTP/1.0 request needs no Host", "[park][framer]") {
  REQUIRE(frame("GET / HTTP/1.0\r\n\r\n", any_piece_size()).requests.size() == 1);
}

TEST_CASE("a client that expects 100-continue is told once, while its body is missing",
          "[park][framer]") {
  const auto input = post("Expect: 100-Continue\r\nContent-Length: 4\r\n", "body");
  REQUIRE(frame(input, 1).continues_wanted == 1);
  REQUIRE(frame(input, 1).requests.size() == 1);
  // The body is already here: nothing to wait for.
  REQUIRE(frame(input, 1'000'000).continues_wanted == 0);
  // RFC 9110 §10.1.1: not for HTTP/1.0.
  REQUIRE(frame("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx", 1)
              .continues_wanted == 0);
}

TEST_CASE("hostile and broken requests are refused, however they are cut", "[park][framer]") {
  struct Row {
    std::string name;
    std::string input;
    int status;
  };
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  const auto row = GENERATE_COPY(values<Row>({
      // Two meanings of the length.
      {"CL and TE", post("Content-Length: 5\r\n" + chunked, "0\r\n\r\n"), 400},
      {"TE and CL", post(chunked + "Content-Length: 5\r\n", "0\r\n\r\n"), 400},
      {"TE and CL: 0", post(chunked + "Content-Length: 0\r\n", "0\r\n\r\n"), 400},
      {"two CL differ", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!"), 400},
      {"CL list", post("Content-Length: 5, 5\r\n", "hello"), 400},
      {"CL sign", post("Content-Length: +5\r\n", "hello"), 400},
      {"CL negative", post("Content-Length: -5\r\n", "hello"), 400},
      {"CL hex", post("Content-Length: 0x5\r\n", "hello"), 400},
      {"CL blank inside", post("Content-Length: 5 0\r\n", "hello"), 400},
      {"CL empty", post("Content-Length: \r\n", ""), 400},
      {"CL beyond 64 bits", post("Content-Length: 18446744073709551621\r\n", "hello"), 413},
      {"two TE", post(chunked + chunked, "0\r\n\r\n"), 400},
      {"TE identity", post("Transfer-Encoding: identity\r\n", ""), 400},
      {"TE chunked not last", post("Transfer-Encoding: chunked, gzip\r\n", ""), 400},
      {"TE look-alike", post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"), 400},
      {"TE vertical tab",
       post("Transfer-Encoding: \x0b"
            "chunked\r\n",
            "0\r\n\r\n"),
       400},
      {"TE gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), 501},
      {"TE in HTTP/1.0", "POST / HTTP/1.0\r\n" + chunked + "\r\n0\r\n\r\n", 400},
      // Lines.
      {"LF only", "GET / HTTP/1.1\nHost: a\n\n", 400},
      {"LF after a header", "GET / HTTP/1.1\r\nHost: a\n\r\n", 400},
      {"LF as the empty line", "GET / HTTP/1.1\r\nHost: a\r\n\n", 400},
      {"bare CR in a header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n", 400},
      {"bare CR in the request line", "GET /\r HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"folded header", "GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n", 400},
      {"folded first header", "GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400},
      {"blank before the colon", post("Content-Length : 5\r\n", "hello"), 400},
      {"tab before the colon", post("Content-Length\t: 5\r\n", "hello"), 400},
      {"no colon", "GET / HTTP/1.1\r\nHost: a\r\nnonsense\r\n\r\n", 400},
      {"empty name", "GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n", 400},
      {"NUL in a value", "GET / HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n"s, 400},
      {"NUL in a name", "GET / HTTP/1.1\r\nHost: a\r\nX\0: b\r\n\r\n"s, 400},
      // Request lines.
      {"HTTP/0.9", "GET /\r\n\r\n", 400},
      {"no method", " / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"blank in the target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"tab in the target", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n", 400},
      {"lower-case version", "GET / http/1.1\r\nHost: a\r\n\r\n", 400},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505},
      {"HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n"s, 400},
      // Hosts.
      {"no Host", "GET / HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400},
      {"a list of hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400},
      {"a path in Host", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400},
      // Chunks.
      {"chunk size empty", post(chunked, "\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size missing before an end", post(chunked, "\r\n\r\n"), 400},
      {"chunk size not hex", post(chunked, "5g\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size 0x5", post(chunked, "0x5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size negative", post(chunked, "-5\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size blank", post(chunked, "5 \r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size LF", post(chunked, "5\nhello\r\n0\r\n\r\n"), 400},
      {"chunk size overflows", post(chunked, "10000000000000005\r\nhello\r\n"), 413},
      {"chunk too long", post(chunked, "5\r\nhello!\r\n0\r\n\r\n"), 400},
      {"chunk end other", post(chunked, "5\r\nhelloxx0\r\n\r\n"), 400},
      {"chunk end LF", post(chunked, "5\r\nhello\n0\r\n\r\n"), 400},
      {"chunk extension with CR", post(chunked, "5;a\rb\r\nhello\r\n0\r\n\r\n"), 400},
      {"chunk extension with a bell", post(chunked, "5;a\ab\r\nhello\r\n0\r\n\r\n"), 400},
      {"trailer name with a blank", post(chunked, "0\r\nX Y: a\r\n\r\n"), 400},
      {"trailer value with a bell", post(chunked, "0\r\nX: a\ab\r\n\r\n"), 400},
      {"trailer folded", post(chunked, "0\r\nX: a\r\n b\r\n\r\n"), 400},
      {"trailer without colon", post(chunked, "0\r\nnonsense\r\n\r\n"), 400},
      // Expectations.
      {"unknown expectation", post("Expect: a-pony\r\nContent-Length: 1\r\n", "x"), 417},
  }));
  INFO(row.name);
  const auto outcome = frame(row.input + get, any_piece_size());
  REQUIRE(outcome.refusal.has_value());
  REQUIRE(outcome.refusal->status == row.status);
  REQUIRE_FALSE(outcome.refusal->reason.empty());
  REQUIRE(outcome.requests.empty());
}

TEST_CASE("a chunk that is longer than its size is refused by its first byte too many",
          "[park][framer]") {
  const std::string chunk = post("Transfer-Encoding: chunked\r\n", "5\r\nhello!");
  REQUIRE(frame(chunk, any_piece_size()).refusal->status == 400);
}

TEST_CASE("a header section is held up to its limit and refused beyond it", "[park][framer]") {
  const FramerLimits limits;
  const std::string begin =
      "GET / HTTP/1.1\r\nHost: a\r\nX-1: " + std::string(8'000, 'x') + "\r\nX-2: ";
  const auto with_size = [&](std::size_t size) {
    return begin + std::string(size - begin.size() - 4, 'y') + "\r\n\r\n";
  };
  REQUIRE(frame(with_size(limits.header_bytes_max), any_piece_size()).requests.size() == 1);
  REQUIRE(frame(with_size(limits.header_bytes_max + 1), any_piece_size()).refusal->status == 431);
  // Not only at the end: a header that never ends is refused as soon as it is too long.
  const std::string endless = begin + std::string(limits.header_bytes_max, 'y');
  REQUIRE(frame(endless, any_piece_size()).refusal->status == 431);
}

TEST_CASE("trap 5: a request line is held up to 8 KiB and refused beyond it", "[park][framer]") {
  const FramerLimits limits;
  const auto with_size = [](std::size_t size) {
    const std::string frame_of_target = "GET / HTTP/1.1";
    return "GET /" + std::string(size - frame_of_target.size(), 'x') +
           " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  REQUIRE(frame(with_size(limits.request_line_bytes_max), any_piece_size()).requests.size() == 1);
  REQUIRE(frame(with_size(limits.request_line_bytes_max + 1), any_piece_size()).refusal->status ==
          414);
  REQUIRE(frame("GET /" + std::string(8'192, 'x'), any_piece_size()).refusal->status == 414);
}

TEST_CASE("a body is held up to its limit and refused as soon as it is announced",
          "[park][framer]") {
  const FramerLimits limits{.body_bytes_max = 10};
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  REQUIRE(frame(post("Content-Length: 10\r\n", "0123456789"), any_piece_size(), limits)
              .requests.size() == 1);
  REQUIRE(frame(post("Content-Length: 11\r\n", ""), any_piece_size(), limits).refusal->status ==
          413);
  REQUIRE(
      frame(post("Expect: 100-continue\r\nContent-Length: 11\r\n", ""), any_piece_size(), limits)
          .continues_wanted == 0);
  REQUIRE(frame(post(chunked, "5\r\n01234\r\n5\r\n56789\r\n0\r\n\r\n"), any_piece_size(), limits)
              .requests.size() == 1);
  REQUIRE(frame(post(chunked, "5\r\n01234\r\n6\r\n"), any_piece_size(), limits).refusal->status ==
          413);
}

TEST_CASE("headers, trailers and chunk extensions are counted", "[park][framer]") {
  const FramerLimits limits{.header_bytes_max = 2'000, .header_count_max = 10};
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  std::string many;
  for (int i = 0; i < 10; ++i) many += "X: 1\r\n";
  REQUIRE(frame("GET / HTTP/1.1\r\nHost: a\r\n" + many + "\r\n", any_piece_size(), limits)
              .refusal->status == 431);
  REQUIRE(frame(post(chunked, "0\r\n" + many + "\r\n"), any_piece_size(), limits).refusal->status ==
          431);
  REQUIRE(frame(post(chunked, "0\r\nX: " + std::string(2'000, 'x') + "\r\n\r\n"), any_piece_size(),
                limits)
              .refusal->status == 431);
  std::string extensions;
  for (int i = 0; i < 10; ++i) extensions += "1;" + std::string(300, 'x') + "\r\nx\r\n";
  REQUIRE(frame(post(chunked, extensions), any_piece_size(), limits).refusal->status == 400);
  REQUIRE(frame(post(chunked, "1;" + std::string(5'000, 'x')), any_piece_size()).refusal->status ==
          400);
}

TEST_CASE("bytes above 0x7f pass in targets and values as they came", "[park][framer]") {
  const auto outcome =
      frame("GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\nX: \xc3\xa4\r\n\r\n", any_piece_size());
  REQUIRE(outcome.requests.size() == 1);
  REQUIRE(outcome.requests[0].head.find("X: \xc3\xa4") != std::string::npos);
}

}  // namespace
}  // namespace freshet::park
