// Hostile and broken input over real sockets. Each case has a clear answer or the connection's end,
// nothing behind a refused request is read, nothing reaches the log that was not published, and
// two subscribers in the next room hear every message all the while.
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <charconv>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "integration/server_fixture.h"

namespace freshet::tests {
namespace {

using namespace std::string_literals;

// A server with two subscribers that nothing may disturb.
class Besieged {
 public:
  explicit Besieged(app::ServerOptions options = {})
      : server(std::move(options)),
        websocket_(server.websocket("/v1/ws?pattern=watched")),
        sse_(server.connect()) {
    websocket_.next_with("\"op\":\"live\"");
    sse_.send(request_text("GET", "/v1/sse?pattern=watched"));
    sse_.read_until("\"op\":\"live\"");
  }

  // Of the log: one message to both subscribers, and no other since the last call.
  void check_unharmed() {
    const std::uint64_t id = server.publish("watched", "1");
    CHECK(id == head_ + 1);
    head_ = id;
    const std::string frame = websocket_.next_with("\"topic\":\"watched\"");
    CHECK(frame.starts_with("{\"id\":" + std::to_string(id) + ","));
    sse_.read_until("id: " + server.cursor(id) + "\n");
  }
  // So many were published by the case itself.
  void expect_published(std::uint64_t count) { head_ += count; }

  // Everything that comes back until the server ends the connection.
  std::string exchange(std::string_view bytes) {
    park::LoopbackClient client = server.connect();
    client.send(bytes);
    return client.read_to_end();
  }

  TestServer server;

 private:
  WebSocketPeer websocket_;
  park::LoopbackClient sse_;
  std::uint64_t head_ = 0;
};

struct HttpAnswer {
  std::string status;
  std::string head;
  std::string body;
};

// The answers on one connection, in order.
std::vector<HttpAnswer> answers_in(std::string_view text) {
  std::vector<HttpAnswer> answers;
  while (!text.empty()) {
    const std::size_t end = text.find("\r\n\r\n");
    REQUIRE(text.starts_with("HTTP/1.1 "));
    REQUIRE(end != std::string_view::npos);
    HttpAnswer answer{std::string(text.substr(9, 3)), std::string(text.substr(0, end + 2)), {}};
    const std::string digits = between(answer.head, "\r\nContent-Length: ", "\r\n");
    std::size_t length = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), length);
    REQUIRE(text.size() - (end + 4) >= length);
    answer.body = text.substr(end + 4, length);
    text.remove_prefix(end + 4 + length);
    answers.push_back(std::move(answer));
  }
  return answers;
}

std::vector<std::string> statuses(const std::vector<HttpAnswer>& answers) {
  std::vector<std::string> all;
  for (const HttpAnswer& answer : answers) all.push_back(answer.status);
  return all;
}

// What would be in the log if bytes behind a refused request were read as another one.
const std::string behind =
    "POST /v1/topics/behind HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 1\r\n\r\n1";

const std::string post = "POST /v1/topics/a HTTP/1.1\r\nHost: x\r\n";
const std::string get = "GET /healthz HTTP/1.1\r\nHost: x\r\n";
const std::string chunked = "Transfer-Encoding: chunked\r\n";

std::string size_line(std::string_view chunk) {
  std::array<char, 16> digits;
  const auto end = std::to_chars(digits.begin(), digits.end(), chunk.size(), 16).ptr;
  return std::string(digits.begin(), end) + "\r\n";
}

struct Refused {
  std::string what;
  std::string bytes;
  std::string status = "400";
};

// One problem document, the end of the connection, and nothing else.
void check_refused(const std::vector<Refused>& cases, app::ServerOptions options = {}) {
  Besieged besieged(std::move(options));
  for (const Refused& one : cases) {
    INFO(one.what);
    const auto answers = answers_in(besieged.exchange(one.bytes + behind));
    REQUIRE(statuses(answers) == std::vector{one.status});
    const HttpAnswer& answer = answers.front();
    CHECK(answer.head.find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(answer.head.find("\r\nContent-Type: application/problem+json\r\n") != std::string::npos);
    const auto problem = nlohmann::json::parse(answer.body, nullptr, false);
    REQUIRE(problem.is_object());
    CHECK(problem["status"] == std::stoi(one.status));
    CHECK_FALSE(problem.value("detail", "").empty());
    besieged.check_unharmed();
  }
}

struct Taken {
  std::string what;
  std::string bytes;
  std::vector<std::string> statuses;
  std::uint64_t published;
};

// Read in one way only, and what is behind it as a request of its own.
void check_taken(const std::vector<Taken>& cases) {
  Besieged besieged;
  for (const Taken& one : cases) {
    INFO(one.what);
    auto expected = one.statuses;
    expected.emplace_back("200");
    CHECK(statuses(answers_in(besieged.exchange(one.bytes + behind))) == expected);
    besieged.expect_published(one.published + 1);
    besieged.check_unharmed();
  }
}

TEST_CASE("bad input: a request that could be read in two ways is refused and closed",
          "[server][bad-input]") {
  const std::string hidden = "POST /v1/topics/hidden HTTP/1.1\r\nHost: x\r\nContent-Length: ";
  check_refused({
      {"both lengths, counted first", post + "Content-Length: 6\r\n" + chunked + "\r\n0\r\n\r\nX"},
      {"both lengths, chunked first", post + chunked + "Content-Length: 6\r\n\r\n0\r\n\r\nX"},
      {"both lengths, that agree", post + "Content-Length: 5\r\n" + chunked + "\r\n0\r\n\r\n"},
      {"both lengths, hiding a request",
       post + "Content-Length: 4\r\n" + chunked + "\r\n5c\r\n" + hidden + "15\r\n\r\nx=1\r\n0\r\n"},
      {"two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n1"},
      {"a list of lengths", post + "Content-Length: 1, 1\r\n\r\n1"},
      {"a signed length", post + "Content-Length: +1\r\n\r\n1"},
      {"a negative length", post + "Content-Length: -1\r\n\r\n1"},
      {"a length in hexadecimal", post + "Content-Length: 0x1\r\n\r\n1"},
      {"a length with an exponent", post + "Content-Length: 1e0\r\n\r\n1"},
      {"a length that is none", post + "Content-Length: 1x\r\n\r\n1"},
      {"an empty length", post + "Content-Length:\r\n\r\n1"},
      {"a blank before the colon", post + "Content-Length : 1\r\n\r\n1"},
      {"a blank before the other colon", post + "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"},
      {"chunked in disguise", post + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n"},
      {"chunked behind a vertical tab", post + "Transfer-Encoding: \vchunked\r\n\r\n0\r\n\r\n"},
      {"chunked behind a line feed", post + "Transfer-Encoding:\n chunked\r\n\r\n0\r\n\r\n"},
      {"chunked on a folded line", post + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"},
      {"chunked in quotes", post + "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n"},
      {"chunked twice", post + chunked + chunked + "\r\n0\r\n\r\n"},
      {"chunked, then identity", post + chunked + "Transfer-Encoding: identity\r\n\r\n0\r\n\r\n"},
      {"chunked, but not last", post + "Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"},
      {"another coding", post + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"},
      {"chunked in HTTP/1.0",
       "POST /v1/topics/a HTTP/1.0\r\nHost: x\r\n" + chunked + "\r\n1\r\n1\r\n0\r\n\r\n"},
  });
}

TEST_CASE("bad input: broken chunks are refused and closed", "[server][bad-input]") {
  const std::string body = post + chunked + "\r\n";
  app::ServerOptions options;
  options.limits.message_bytes_max = 1000;
  const std::string big = "8000\r\n" + std::string(0x8000, ' ') + "\r\n";
  check_refused(
      {
          {"a size with a prefix", body + "0x1\r\n1\r\n0\r\n\r\n"},
          {"a negative size", body + "-1\r\n1\r\n0\r\n\r\n"},
          {"no size", body + "\r\n1\r\n0\r\n\r\n"},
          {"a blank before the size", body + " 1\r\n1\r\n0\r\n\r\n"},
          {"a blank behind the size", body + "1 \r\n1\r\n0\r\n\r\n"},
          {"a size ended by a line feed alone", body + "1\n1\r\n0\r\n\r\n"},
          {"a request behind a line feed in an extension",
           body + "1;\n1\r\n2d\r\n0\r\n\r\nGET /hidden HTTP/1.1\r\n\r\n"},
          {"a chunk longer than its size", body + "1\r\n12\r\n0\r\n\r\n"},
          {"a chunk ended by two other bytes", body + "1\r\n1xx0\r\n\r\n"},
          {"a chunk ended by a line feed alone", body + "1\r\n1\n0\r\n\r\n"},
          {"a CR in an extension", body + "1;a\rb\r\n1\r\n0\r\n\r\n"},
          {"endless extensions", body + "1;" + std::string(2000, 'x') + "\r\n1\r\n0\r\n\r\n"},
          {"a folded trailer", body + "1\r\n1\r\n0\r\nX: a\r\n b\r\n\r\n"},
          {"a trailer without a colon", body + "1\r\n1\r\n0\r\nnonsense\r\n\r\n"},
          {"a size beyond 64 bits", body + "10000000000000001\r\n1\r\n", "413"},
          {"a size over the limit", body + "7fffffff\r\n", "413"},
          {"chunks that add up over the limit", body + big + big + big, "413"},
          {"endless trailers", body + "1\r\n1\r\n0\r\nX: " + std::string(17'000, 'x') + "\r\n\r\n",
           "431"},
      },
      options);
}

TEST_CASE("bad input: broken request lines and headers are refused and closed",
          "[server][bad-input]") {
  check_refused({
      {"HTTP/0.9", "GET /healthz\r\n\r\n"},
      {"no method", " /healthz HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"no target", "GET HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"two blanks", "GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a blank in the target", "GET /a b HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a tab for a blank", "GET\t/healthz\tHTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a NUL in the target", "GET /\0 HTTP/1.1\r\nHost: x\r\n\r\n"s},
      {"a method that is no token", "G(T / HTTP/1.1\r\nHost: x\r\n\r\n"},
      {"a version in small letters", "GET / http/1.1\r\nHost: x\r\n\r\n"},
      {"more behind the version", "GET / HTTP/1.1 x\r\nHost: x\r\n\r\n"},
      {"HTTP/1.2", "GET / HTTP/1.2\r\nHost: x\r\n\r\n", "505"},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505"},
      {"TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n"s},
      {"line feeds alone", "GET /healthz HTTP/1.1\nHost: x\n\n"},
      {"a CR inside a line", get + "X: a\rb\r\n\r\n"},
      {"a header folded with a blank", get + "X: a\r\n b\r\n\r\n"},
      {"a header folded with a tab", get + "X: a\r\n\tb\r\n\r\n"},
      {"a first header that begins with a blank", "GET / HTTP/1.1\r\n Host: x\r\n\r\n"},
      {"a header without a colon", get + "nonsense\r\n\r\n"},
      {"a header without a name", get + ": x\r\n\r\n"},
      {"a header name with a bracket", get + "X(y): z\r\n\r\n"},
      {"a NUL in a header", get + "X: a\0b\r\n\r\n"s},
      {"a bell in a header", get + "X: a\ab\r\n\r\n"},
      {"no host", "GET /healthz HTTP/1.1\r\n\r\n"},
      {"two hosts", get + "Host: y\r\n\r\n"},
      {"a list of hosts", "GET /healthz HTTP/1.1\r\nHost: x, y\r\n\r\n"},
      {"a host with a name before it", "GET /healthz HTTP/1.1\r\nHost: me@x\r\n\r\n"},
      {"an unknown method", "BREW /pot HTTP/1.1\r\nHost: x\r\n\r\n", "501"},
      {"an expectation of something else", post + "Expect: a-pony\r\n\r\n", "417"},
  });
}

TEST_CASE("bad input: what is over a limit has its own status, and ends the connection",
          "[server][bad-input]") {
  app::ServerOptions options;
  options.limits.message_bytes_max = 1000;
  std::string many = get;
  for (int i = 0; i < 100; ++i) many += "X: y\r\n";
  check_refused(
      {
          {"a target over 8 KiB", "GET /" + std::string(9'000, 'a') + " HTTP/1.1\r\n", "414"},
          {"a request line that never ends", std::string(9'000, 'G'), "414"},
          {"a header over 16 KiB", get + "X: " + std::string(17'000, 'a') + "\r\n\r\n", "431"},
          {"headers that add up over 16 KiB",
           get + "X: " + std::string(8'000, 'a') + "\r\nY: " + std::string(9'000, 'b') + "\r\n\r\n",
           "431"},
          {"over a hundred headers", many + "\r\n", "431"},
          {"a body over the limit, told before it comes", post + "Content-Length: 100000\r\n\r\n",
           "413"},
          {"a body over the limit, that comes at once",
           post + "Content-Length: 100000\r\n\r\n" + std::string(100'000, ' '), "413"},
          {"a body beyond 64 bits", post + "Content-Length: 18446744073709551617\r\n\r\n", "413"},
          {"a body over the limit, for which the client waits to be asked",
           post + "Expect: 100-continue\r\nContent-Length: 100000\r\n\r\n", "413"},
      },
      options);
}

TEST_CASE("bad input: a request that is not whole in time is told so, and nobody else waits",
          "[server][bad-input]") {
  app::ServerOptions options;
  options.connection.request_time_max = Duration{100};
  Besieged besieged(options);
  std::vector<park::LoopbackClient> slow;
  for (const std::string& part :
       {"G"s, "GET /healthz"s, get, get + "X: y", post + "Content-Length: 10\r\n\r\n123",
        post + chunked + "\r\n5\r\n1", post + chunked + "\r\n1\r\n1\r\n0\r\nX: y",
        handshake_text("/v1/ws").substr(0, 60), get + "\r\n" + get}) {
    slow.push_back(besieged.server.connect());
    slow.back().send(part);
  }
  besieged.check_unharmed();
  for (park::LoopbackClient& client : slow) {
    const auto answers = answers_in(client.read_to_end());
    REQUIRE_FALSE(answers.empty());
    const HttpAnswer& answer = answers.back();
    CHECK(answer.status == "408");
    CHECK(answer.head.find("\r\nConnection: close\r\n") != std::string::npos);
    CHECK(answer.head.find("\r\nContent-Type: application/problem+json\r\n") != std::string::npos);
  }
  // A browser's spare connection asked nothing: a 408 would be taken for its next answer.
  CHECK(besieged.exchange("").empty());
  besieged.check_unharmed();
}

TEST_CASE("bad input: requests of odd but lawful form are read in the one way there is",
          "[server][bad-input]") {
  check_taken({
      {"the same length twice",
       post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\n1",
       {"200"},
       1},
      {"names of headers in any case", post + "content-LENGTH:1\r\n\r\n1", {"200"}, 1},
      {"blanks around a value", post + "Content-Length: \t 1 \t\r\n\r\n1", {"200"}, 1},
      {"chunked in capitals",
       post + "TRANSFER-ENCODING: CHUNKED\r\n\r\n1\r\n1\r\n0\r\n\r\n",
       {"200"},
       1},
      {"chunks with leading zeros, extensions and trailers",
       post + chunked + "\r\n0003;a=\"b\"\r\n[1,\r\n2;x\r\n2]\r\n000\r\nX: y\r\n\r\n",
       {"200"},
       1},
      {"a GET whose body looks like a request",
       get + "Content-Length: " + std::to_string(behind.size()) + "\r\n\r\n" + behind,
       {"200"},
       0},
      {"a GET whose chunk looks like a request",
       get + chunked + "\r\n" + size_line(behind) + behind + "\r\n0\r\n\r\n",
       {"200"},
       0},
      {"a header of another name that looks like a length",
       get + "Content_Length: 50\r\n\r\n",
       {"200"},
       0},
      {"a value with bytes above 0x7f", get + "X: \xC3\xA4\xFF\r\n\r\n", {"200"}, 0},
      {"an absolute target",
       "GET http://elsewhere/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
       {"200"},
       0},
      {"an absolute target of https, in capitals",
       "GET HTTPS://elsewhere/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
       {"200"},
       0},
      {"a path that only looks like an absolute target",
       "GET x/://elsewhere/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
       {"404"},
       0},
      {"an absolute target of another scheme",
       "GET ftp://elsewhere/healthz HTTP/1.1\r\nHost: x\r\n\r\n",
       {"404"},
       0},
      {"one empty line first", "\r\n" + get + "\r\n", {"200"}, 0},
      {"a client that waits to be asked for its body",
       post + "Expect: 100-continue\r\nContent-Length: 1\r\n\r\n1",
       {"200"},
       1},
      {"three requests in one packet",
       get + "\r\n" + get + "\r\n" + get + "\r\n",
       {"200", "200", "200"},
       0},
      {"publishes and reads in one packet",
       post + "Content-Length: 1\r\n\r\n1" + get + "\r\n" + post + "Content-Length: 1\r\n\r\n2",
       {"200", "200", "200"},
       2},
      {"an unknown path between",
       get + "\r\nGET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n",
       {"200", "404"},
       0},
      {"a refused publish between",
       post + "Content-Length: 1\r\n\r\n{" + get + "\r\n",
       {"400", "200"},
       0},
      {"a tunnel asked for", "CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n", {"404"}, 0},
  });
}

TEST_CASE("bad input: of requests in one packet those before a broken one are answered",
          "[server][bad-input]") {
  Besieged besieged;
  const std::string publish = post + "Content-Length: 1\r\n\r\n1";
  const std::string broken = get + "nonsense\r\n\r\n";
  CHECK(statuses(answers_in(besieged.exchange(publish + get + "\r\n" + broken + behind))) ==
        std::vector{"200"s, "200"s, "400"s});
  besieged.expect_published(1);
  besieged.check_unharmed();

  // Behind `Connection: close` nothing is read.
  CHECK(statuses(answers_in(besieged.exchange(get + "Connection: close\r\n\r\n" + behind))) ==
        std::vector{"200"s});
  besieged.check_unharmed();
}

TEST_CASE("bad input: clients that leave or fall silent in the middle disturb nobody",
          "[server][bad-input]") {
  Besieged besieged;
  std::vector<park::LoopbackClient> silent;
  for (const std::string& part :
       {""s, "G"s, get, post + "Content-Length: 10\r\n\r\n123", post + chunked + "\r\n5\r\n1",
        handshake_text("/v1/ws").substr(0, 60), request_text("GET", "/v1/sse?pattern=%3E")}) {
    INFO(part);
    silent.push_back(besieged.server.connect());
    silent.back().send(part);
    park::LoopbackClient leaves = besieged.server.connect();
    leaves.send(part);
    leaves.close();
    park::LoopbackClient breaks = besieged.server.connect();
    breaks.send(part);
    breaks.reset();
    besieged.check_unharmed();
  }
  CHECK(eventually([&] {  // The bystander's and the silent one.
    return besieged.server.counts().of(Transport::sse).open.value() == 2;
  }));
}

// Topics, patterns and cursors, by every way they can come ------------------------------------

std::string percent(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    encoded += {'%', digits[byte >> 4], digits[byte & 15]};
  }
  return encoded;
}

// What a refusal says: a code, in JSON that is valid whatever was quoted.
std::string code_in(std::string_view json) {
  const auto parsed = nlohmann::json::parse(json, nullptr, false);
  return parsed.is_object() ? parsed.value("code", "none") : "not JSON: " + std::string(json);
}

std::string problem_code(const std::string& answer) {
  if (!answer.starts_with("HTTP/1.1 400 ")) return "no 400: " + answer;
  return code_in(answer.substr(answer.find("\r\n\r\n") + 4));
}

// The refusal of a start by each of its ways in.
std::vector<std::string> codes_of_start(TestServer& server, const std::string& pattern,
                                        const std::string& cursor) {
  const std::string query = "?pattern=" + percent(pattern) + "&cursor=" + percent(cursor);
  const nlohmann::json members{{"patterns", {pattern}}, {"cursor", cursor}};
  const std::string json = members.dump();
  std::vector<std::string> codes{problem_code(server.get("/v1/poll" + query)),
                                 problem_code(server.get("/v1/poll" + query + "&wait=1000")),
                                 problem_code(server.post("/v1/poll", json)),
                                 problem_code(server.get("/v1/sse" + query))};
  park::LoopbackClient client = server.connect();
  client.send(handshake_text("/v1/ws" + query));
  codes.push_back(problem_code(client.read_answer()));
  WebSocketPeer by_frame = server.websocket("/v1/ws");
  by_frame.next();
  by_frame.send_text(R"({"op":"subscribe","ref":2,)" + json.substr(1));
  codes.push_back(code_in(by_frame.next().payload));
  WebSocketPeer in_band = server.websocket("/v1/ws" + query + "&sdk=test/1");
  codes.push_back(code_in(in_band.next().payload));
  CHECK(in_band.close_code() == 4004);
  return codes;
}

TEST_CASE("bad input: what is no pattern is refused by every way it can come",
          "[server][bad-input]") {
  Besieged besieged;
  for (const std::string& pattern : {""s,
                                     "a..b"s,
                                     ".a"s,
                                     "a."s,
                                     "."s,
                                     "a*"s,
                                     "*a"s,
                                     "a.b*.c"s,
                                     ">.a"s,
                                     "a.>.b"s,
                                     "a>"s,
                                     ">>"s,
                                     "$"s,
                                     "a.$"s,
                                     "a$b"s,
                                     "a b"s,
                                     "a/b"s,
                                     "a\nb"s,
                                     "a\0b"s,
                                     "\xC3\xA4"s,
                                     "\"quoted\""s,
                                     "back\\slash"s,
                                     "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q"s,
                                     std::string(256, 'a')}) {
    INFO(pattern);
    CHECK(codes_of_start(besieged.server, pattern, "latest") ==
          std::vector<std::string>(7, "invalid_pattern"));
  }
  besieged.check_unharmed();
}

TEST_CASE("bad input: what is no cursor is refused by every way it can come",
          "[server][bad-input]") {
  Besieged besieged;
  for (const std::string& cursor : {"soon"s,
                                    "LATEST"s,
                                    ":1"s,
                                    "k3f9"s,
                                    "k3f9:"s,
                                    "k3f9:-1"s,
                                    "k3f9:+1"s,
                                    "k3f9:01"s,
                                    "k3f9: 1"s,
                                    "k3f9:1e3"s,
                                    "k3f9:9007199254740992"s,
                                    "k3f9:99999999999999999999"s,
                                    "k3f9:1:2"s,
                                    "k3 f9:1"s,
                                    "last:"s,
                                    "last:0"s,
                                    "last:1001"s,
                                    "last:-1"s,
                                    "last:x"s,
                                    "\x01:1"s,
                                    "\"quoted\":1"s,
                                    std::string(33, 'k') + ":1"}) {
    INFO(cursor);
    CHECK(codes_of_start(besieged.server, "a", cursor) ==
          std::vector<std::string>(7, "invalid_cursor"));
  }
  besieged.check_unharmed();
}

TEST_CASE("bad input: what is no topic is refused by every way it can come",
          "[server][bad-input]") {
  Besieged besieged;
  TestServer& server = besieged.server;
  WebSocketPeer peer = server.websocket("/v1/ws");
  peer.next();
  for (const std::string& topic :
       {"a..b"s, ".a"s, "a."s, "."s, "*"s, "a.*"s, ">"s, "a.>"s, "a*"s, "$"s, "a$b"s, "a b"s,
        "a\r\nb"s, "a\0b"s, "\xC3\xA4"s, "\"quoted\""s, "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q"s,
        std::string(256, 'a')}) {
    INFO(topic);
    CHECK(problem_code(server.post("/v1/topics/" + percent(topic), "1")) == "invalid_topic");
    const std::string line = nlohmann::json{{"topic", topic}, {"data", 1}}.dump();
    const std::string answer = server.post("/v1/publish", line);
    CHECK(code_in(answer.substr(answer.find("\r\n\r\n") + 4)) == "invalid_topic");
    peer.send_text(R"({"op":"publish","ref":1,"topic":)" + nlohmann::json(topic).dump() +
                   R"(,"data":1})");
    CHECK(code_in(peer.next().payload) == "invalid_topic");
    CHECK(problem_code(server.get("/v1/topics/" + percent(topic) + "/messages")) ==
          "invalid_topic");
  }
  besieged.check_unharmed();
}

TEST_CASE("bad input: values that are deep, long or no JSON are refused or carried, never fatal",
          "[server][bad-input]") {
  Besieged besieged;
  TestServer& server = besieged.server;
  const std::string open(100'000, '[');
  const std::string shut(100'000, ']');
  const std::string objects = [] {
    std::string text;
    for (int i = 0; i < 50'000; ++i) text += "{\"a\":";
    return text;
  }();
  CHECK(problem_code(server.post("/v1/topics/a", open)) == "invalid_json");
  CHECK(problem_code(server.post("/v1/topics/a", objects)) == "invalid_json");
  CHECK(problem_code(server.post("/v1/poll", open)) == "invalid_json");
  CHECK(problem_code(server.post("/v1/poll", objects)) == "invalid_json");
  CHECK(problem_code(server.post("/v1/poll", open + shut)) == "invalid_json");
  WebSocketPeer peer = server.websocket("/v1/ws");
  peer.next();
  peer.send_text(R"({"op":"subscribe","ref":1,"patterns":)" + open + "}");
  CHECK(code_in(peer.next().payload) == "malformed");
  besieged.check_unharmed();

  // A message may nest as deep as it likes to the byte limit, or be refused: both are a clear
  // answer.
  const std::string answer = server.post("/v1/topics/deep", open + shut);
  const bool taken = answer.starts_with("HTTP/1.1 200 ");
  CHECK((taken || problem_code(answer) == "invalid_json"));
  besieged.expect_published(taken ? 1 : 0);
  besieged.check_unharmed();
}

}  // namespace
}  // namespace freshet::tests
