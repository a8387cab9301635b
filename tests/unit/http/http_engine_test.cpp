// The engine in memory: requests in, answers or parking out. No sockets.
#include "http/http_engine.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <stdexcept>
#include <string>

#include "unit/http/engine_driver.h"

namespace freshet::server {
namespace {

class Silent final : public park::Parked {
 public:
  explicit Silent(bool& destroyed) : destroyed_(destroyed) {}
  ~Silent() override { destroyed_ = true; }
  void handle_parked(park::Connection&) override { throw std::logic_error("must not be called"); }

 private:
  bool& destroyed_;
};

void add_hello(HttpEngine& engine) {
  engine.get("/hello", [](const Request&, Response& response) {
    response.content_type = "text/plain";
    response.body = "hello";
  });
}

TEST_CASE("an answer has a status line, the handler's headers and its length", "[http][engine]") {
  HttpEngine engine({.default_headers = {{"X-Content-Type-Options", "nosniff"}}});
  engine.get("/hello", [](const Request&, Response& response) {
    response.status = 202;
    response.content_type = "text/x-greeting";
    response.headers.emplace_back("X-Mood", "good");
    response.body = "hello";
  });
  const auto answered = ask(engine, get_request("/hello"));
  REQUIRE(answered.bytes.starts_with("HTTP/1.1 202 Accepted\r\n"));
  REQUIRE(answered.header("Content-Type") == "text/x-greeting");
  REQUIRE(answered.header("Content-Length") == "5");
  REQUIRE(answered.header("X-Mood") == "good");
  REQUIRE(answered.header("X-Content-Type-Options") == "nosniff");
  REQUIRE(answered.body() == "hello");
  REQUIRE(answered.parked == nullptr);
  REQUIRE(answered.keep_alive);
}

TEST_CASE("the status line says what the problem document's title says", "[http][engine]") {
  const int status =
      GENERATE(400, 401, 403, 404, 405, 408, 413, 414, 417, 426, 429, 431, 500, 501, 503, 505);
  HttpEngine engine;
  engine.get("/", [status](const Request&, Response& response) {
    set_problem(response, {.status = status, .code = "any", .detail = "no"});
  });
  const auto answered = ask(engine, get_request("/"));
  const std::string title(reason_phrase(status));
  CHECK(answered.bytes.starts_with("HTTP/1.1 " + std::to_string(status) + " " + title + "\r\n"));
  CHECK(answered.body().find("\"title\":\"" + title + "\"") != std::string::npos);
}

TEST_CASE("a header that a handler sets twice is sent twice", "[http][engine]") {
  HttpEngine engine;
  engine.get("/", [](const Request&, Response& response) {
    response.headers.emplace_back("Set-Cookie", "a=1");
    response.headers.emplace_back("Set-Cookie", "b=2");
  });
  const auto answered = ask(engine, get_request("/"));
  REQUIRE(answered.bytes.find("Set-Cookie: a=1\r\n") != std::string::npos);
  REQUIRE(answered.bytes.find("Set-Cookie: b=2\r\n") != std::string::npos);
}

TEST_CASE("trap 9: the head says close exactly when the connection closes", "[http][engine]") {
  HttpEngine engine;
  add_hello(engine);
  engine.get("/bad", [](const Request&, Response& response) {
    set_problem(response, {.status = 400, .code = "invalid_topic", .detail = "no"});
  });
  const std::string target = GENERATE("/hello", "/bad", "/nowhere");
  const std::string host = "Host: live.example.com\r\n";
  struct Row {
    std::string version, connection;
    bool keep_alive;
  };
  const auto row = GENERATE(values<Row>({{"1.1", "", true},
                                         {"1.1", "Connection: close\r\n", false},
                                         {"1.0", "", false},
                                         {"1.0", "Connection: keep-alive\r\n", true}}));
  const auto answered = ask(
      engine, "GET " + target + " HTTP/" + row.version + "\r\n" + host + row.connection + "\r\n");
  REQUIRE(answered.keep_alive == row.keep_alive);
  REQUIRE(answered.tells_the_truth());
  // RFC 9112 §9.3: an HTTP/1.0 client takes silence for close.
  if (row.version == "1.0" && row.keep_alive) {
    REQUIRE(answered.header("Connection") == "keep-alive");
  }
}

TEST_CASE("HEAD is answered by the GET route, with GET's length and no body", "[http][engine]") {
  HttpEngine engine;
  add_hello(engine);
  const auto answered = ask(engine, "HEAD /hello HTTP/1.1\r\nHost: live.example.com\r\n\r\n");
  REQUIRE(answered.status() == 200);
  REQUIRE(answered.header("Content-Length") == "5");
  REQUIRE(answered.body().empty());
  REQUIRE_FALSE(answered.has_header("Accept-Ranges"));
}

TEST_CASE("204 and 304 have no Content-Length", "[http][engine]") {
  HttpEngine engine;
  const int status = GENERATE(204, 304);
  engine.get("/", [&](const Request&, Response& response) { response.status = status; });
  const auto answered = ask(engine, get_request("/"));
  REQUIRE(answered.status() == status);
  REQUIRE_FALSE(answered.has_header("Content-Length"));
  REQUIRE(answered.body().empty());
}

TEST_CASE("an unknown path is a 404 problem, a known one with a wrong method a 405",
          "[http][engine]") {
  HttpEngine engine;
  add_hello(engine);
  engine.post("/hello", [](const Request&, Response&) {});
  const auto missing = ask(engine, get_request("/hallo"));
  REQUIRE(missing.status() == 404);
  REQUIRE(missing.header("Content-Type") == problem_content_type);
  REQUIRE(missing.body() ==
          R"({"type":"urn:freshet:problem:not_found","title":"Not Found","status":404,)"
          R"("code":"not_found","detail":"there is nothing at /hallo"})");
  const auto wrong = ask(engine, "DELETE /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(wrong.status() == 405);
  REQUIRE(wrong.header("Allow") == "GET, HEAD, POST, OPTIONS");
  REQUIRE(wrong.body().find(R"("code":"method_not_allowed")") != std::string_view::npos);
}

TEST_CASE("a method that nobody knows is a 501 problem", "[http][engine]") {
  HttpEngine engine;
  add_hello(engine);
  const auto answered = ask(engine, "BREW /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(answered.status() == 501);
  REQUIRE(answered.header("Content-Type") == problem_content_type);
  REQUIRE_FALSE(answered.keep_alive);
  REQUIRE(answered.tells_the_truth());
}

TEST_CASE("trap 3: a handler that throws is a 500 problem and parks nothing", "[http][engine]") {
  std::string logged;
  HttpEngine engine({.on_exception = [&](const Request& request, std::string_view what) {
    logged = std::string(request.target()) + ": " + std::string(what);
  }});
  bool destroyed = false;
  const bool parks_first = GENERATE(true, false);
  engine.get("/throws", [&](const Request&, Response& response) {
    response.headers.emplace_back("X-Half", "done");
    response.body = "half an answer";
    if (parks_first) response.park_stream(std::make_unique<Silent>(destroyed));
    throw std::runtime_error("the secret of the house");
  });
  const auto answered = ask(engine, get_request("/throws?a=1"));
  REQUIRE(answered.status() == 500);
  REQUIRE(answered.header("Content-Type") == problem_content_type);
  REQUIRE(answered.bytes.find("secret") == std::string::npos);
  REQUIRE(answered.bytes.find("half") == std::string::npos);
  REQUIRE_FALSE(answered.has_header("X-Half"));
  REQUIRE(logged == "/throws?a=1: the secret of the house");
  REQUIRE(answered.parked == nullptr);
  REQUIRE(destroyed == parks_first);
}

TEST_CASE("a handler that throws something else is a 500 problem too", "[http][engine]") {
  HttpEngine engine;
  engine.get("/", [](const Request&, Response&) { throw 42; });
  REQUIRE(ask(engine, get_request("/")).status() == 500);
}

TEST_CASE("trap 3: a 4xx after asking to park is answered, not parked", "[http][engine]") {
  HttpEngine engine;
  bool destroyed = false;
  engine.get("/refused", [&](const Request&, Response& response) {
    response.park_answer(std::make_unique<Silent>(destroyed));
    set_problem(response, {.status = 400, .code = "invalid_pattern", .detail = "no pattern"});
  });
  const auto answered = ask(engine, get_request("/refused"));
  REQUIRE(answered.status() == 400);
  REQUIRE(answered.body().find("no pattern") != std::string_view::npos);
  REQUIRE(answered.parked == nullptr);
  REQUIRE(destroyed);
}

TEST_CASE("trap 3: HEAD is never parked", "[http][engine]") {
  HttpEngine engine;
  bool destroyed = false;
  const bool is_stream = GENERATE(true, false);
  engine.get("/stream", [&](const Request&, Response& response) {
    response.content_type = "text/event-stream";
    if (is_stream) {
      response.park_stream(std::make_unique<Silent>(destroyed));
    } else {
      response.park_answer(std::make_unique<Silent>(destroyed));
    }
  });
  const auto answered = ask(engine, "HEAD /stream HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(answered.status() == 200);
  REQUIRE(answered.header("Content-Type") == "text/event-stream");
  REQUIRE_FALSE(answered.has_header("Content-Length"));  // GET's would not be 0.
  REQUIRE(answered.body().empty());
  REQUIRE(answered.parked == nullptr);
  REQUIRE(destroyed);
}

TEST_CASE("an upgrade that is refused says so in the new protocol, and hangs up",
          "[http][engine]") {
  HttpEngine engine;
  engine.get("/socket", [](const Request&, Response& response) {
    response.headers.emplace_back("Upgrade", "websocket");
    response.refuse_upgraded("go away");
  });
  const auto answered = ask(engine, get_request("/socket"));
  REQUIRE(answered.status() == 101);
  REQUIRE(answered.header("Connection") == "Upgrade");
  REQUIRE(answered.header("Upgrade") == "websocket");
  REQUIRE(answered.body() == "go away");
  REQUIRE(answered.parked == nullptr);
  REQUIRE(answered.mode == park::ParkMode::http);
  REQUIRE_FALSE(answered.keep_alive);
}

TEST_CASE("a parked stream's head leaves at once; chunks follow it", "[http][engine]") {
  HttpEngine engine;
  bool destroyed = false;
  engine.get("/stream", [&](const Request&, Response& response) {
    response.content_type = "text/event-stream";
    response.headers.emplace_back("Cache-Control", "no-store");
    response.park_stream(std::make_unique<Silent>(destroyed));
  });
  const auto answered = ask(engine, get_request("/stream"));
  REQUIRE(answered.bytes.starts_with("HTTP/1.1 200 OK\r\n"));
  REQUIRE(answered.header("Transfer-Encoding") == "chunked");
  REQUIRE(answered.header("Cache-Control") == "no-store");
  REQUIRE(answered.header("Connection") == "close");
  REQUIRE_FALSE(answered.has_header("Content-Length"));
  REQUIRE(answered.body().empty());
  REQUIRE(answered.parked != nullptr);
  REQUIRE(answered.mode == park::ParkMode::http);
  REQUIRE_FALSE(destroyed);
}

TEST_CASE("an HTTP/1.0 client's stream has no chunks", "[http][engine]") {
  HttpEngine engine;
  bool destroyed = false;
  engine.get("/stream", [&](const Request& request, Response& response) {
    REQUIRE(request.is_http_1_0());
    response.content_type = "text/event-stream";
    response.park_stream(std::make_unique<Silent>(destroyed));
  });
  const auto answered = ask(engine, "GET /stream HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  REQUIRE(answered.parked != nullptr);
  REQUIRE_FALSE(answered.has_header("Transfer-Encoding"));
  REQUIRE_FALSE(answered.has_header("Content-Length"));
  REQUIRE(answered.header("Connection") == "close");
}

TEST_CASE("a parked answer sends nothing yet", "[http][engine]") {
  HttpEngine engine;
  bool destroyed = false;
  LateAnswer late;
  engine.get("/wait", [&](const Request&, Response& response) {
    late = response.late_answer();
    response.park_answer(std::make_unique<Silent>(destroyed));
  });
  const auto answered = ask(engine, get_request("/wait", "Connection: close\r\n"));
  REQUIRE(answered.bytes.empty());
  REQUIRE(answered.parked != nullptr);
  REQUIRE_FALSE(late.keep_alive());
  REQUIRE(late.encode({.content_type = "text/plain", .body = "late"}) ==
          "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n"
          "Connection: close\r\n\r\nlate");
}

TEST_CASE("an upgrade answers 101 with its own headers only", "[http][engine]") {
  HttpEngine engine({.default_headers = {{"X-Default", "1"}}});
  bool destroyed = false;
  int status_told = 0;
  HttpEngine telling({.on_answered = [&](const Request&, int status) { status_told = status; }});
  const auto handler = [&](const Request&, Response& response) {
    response.headers.emplace_back("Upgrade", "websocket");
    response.headers.emplace_back("Sec-WebSocket-Accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    response.park_upgraded(std::make_unique<Silent>(destroyed));
  };
  engine.get("/ws", handler);
  telling.get("/ws", handler);
  const std::string upgrade =
      get_request("/ws",
                  "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
  const auto answered = ask(engine, upgrade);
  REQUIRE(answered.bytes ==
          "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nX-Default: 1\r\n"
          "Upgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
  REQUIRE(answered.parked != nullptr);
  REQUIRE(answered.mode == park::ParkMode::upgraded);
  ask(telling, upgrade);
  REQUIRE(status_told == 101);
}

TEST_CASE("trap 4: a request that expected 100-continue is answered once", "[http][engine]") {
  HttpEngine engine;
  engine.post("/up",
              [](const Request& request, Response& response) { response.body = request.body(); });
  const auto answered = ask(engine, post_request("/up", "body", "Expect: 100-continue\r\n"));
  REQUIRE(answered.bytes.starts_with("HTTP/1.1 200 OK\r\n"));
  REQUIRE(answered.bytes.find("100") == std::string::npos);
  REQUIRE(answered.body() == "body");
}

TEST_CASE("trap 5: the longest path the framer lets through is routed", "[http][engine]") {
  HttpEngine engine;
  add_hello(engine);
  engine.get("/a/:b/c", [](const Request&, Response&) {});
  const std::string path = "/a/" + std::string(8'100, 'a');
  REQUIRE(ask(engine, get_request(path)).status() == 404);
  REQUIRE(ask(engine, get_request(path + "/c")).status() == 200);
  REQUIRE(ask(engine, get_request("/" + std::string(8'150, '/'))).status() == 404);
}

TEST_CASE("trap 6: header values come as they were sent", "[http][engine]") {
  with_request("/",
               get_request("/", "Authorization: Bearer a%41b+c\r\nX-Long: " +
                                    std::string(9'000, 'x') + "\r\n"),
               [](const Request& request) {
                 REQUIRE(request.header("authorization") == "Bearer a%41b+c");
                 REQUIRE(request.header("X-Long").size() == 9'000);
               });
}

TEST_CASE("trap 6: a form body over 8 KB comes whole", "[http][engine]") {
  const std::string form = "text=" + std::string(100'000, 'x');
  with_request("/", post_request("/", form, "Content-Type: application/x-www-form-urlencoded\r\n"),
               [&](const Request& request) { REQUIRE(request.body() == form); });
}

TEST_CASE("a body comes as it was sent, whatever its headers say of it", "[http][engine]") {
  const std::string body = "\r\n--x\r\n\0\xff binary";
  const std::string headers =
      GENERATE("Content-Type: multipart/form-data; boundary=x\r\n", "Content-Encoding: gzip\r\n",
               "Range: bytes=0-1\r\n", "Accept: */*;q=nonsense,,\r\n");
  with_request("/", post_request("/", body, headers),
               [&](const Request& request) { REQUIRE(request.body() == body); });
}

TEST_CASE("Range does not cut what has no ranges", "[http][engine]") {
  HttpEngine engine;
  add_hello(engine);
  const auto answered = ask(engine, get_request("/hello", "Range: bytes=1-2\r\n"));
  REQUIRE(answered.status() == 200);
  REQUIRE(answered.body() == "hello");
}

TEST_CASE("an absolute target is its path", "[http][engine]") {
  HttpEngine engine;
  add_hello(engine);
  REQUIRE(ask(engine, get_request("http://live.example.com/hello?a=b")).body() == "hello");
}

TEST_CASE("the fallback answers GET and HEAD that no route matches", "[http][engine]") {
  HttpEngine engine;
  add_hello(engine);
  engine.fallback(
      [](const Request& request, Response& response) { response.body = "file " + request.path(); });
  REQUIRE(ask(engine, get_request("/a%20b")).body() == "file /a b");
  REQUIRE(ask(engine, get_request("/hello")).body() == "hello");
  REQUIRE(ask(engine, post_request("/a", "x")).status() == 404);
  REQUIRE(ask(engine, post_request("/hello", "x")).status() == 405);
}

TEST_CASE("a cross-origin page is refused by every route until it is named", "[http][engine]") {
  const std::string origin = "Origin: https://app.example.com\r\n";
  const std::string upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\n";
  int calls = 0;
  const auto handler = [&](const Request&, Response&) { ++calls; };
  HttpEngine closed;
  HttpEngine open({.origins = {.allowed = {"https://app.example.com"}}});
  for (HttpEngine* engine : {&closed, &open}) {
    engine->get("/v1/ws", handler);
    engine->post("/v1/topics/:topic", handler);
  }
  const auto input =
      GENERATE_COPY(get_request("/v1/ws", origin), get_request("/v1/ws", origin + upgrade),
                    post_request("/v1/topics/a", "1", origin));
  const auto refused = ask(closed, input);
  REQUIRE(refused.status() == 403);
  REQUIRE(refused.body().find("--allow-origin https://app.example.com") != std::string_view::npos);
  REQUIRE_FALSE(refused.has_header("Access-Control-Allow-Origin"));
  REQUIRE(calls == 0);
  const auto allowed = ask(open, input);
  REQUIRE(allowed.status() == 200);
  REQUIRE(allowed.header("Access-Control-Allow-Origin") == "https://app.example.com");
  REQUIRE(allowed.header("Vary") == "Origin");
  REQUIRE(calls == 1);
}

TEST_CASE("errors of an allowed page can be read by it", "[http][engine]") {
  HttpEngine engine({.origins = {.allowed = {"*"}}});
  const auto answered = ask(engine, get_request("/nowhere", "Origin: https://a.example.com\r\n"));
  REQUIRE(answered.status() == 404);
  REQUIRE(answered.header("Access-Control-Allow-Origin") == "https://a.example.com");
}

TEST_CASE("a preflight is answered for named origins and refused for others", "[http][engine]") {
  HttpEngine engine({.origins = {.allowed = {"https://app.example.com"}}});
  engine.post("/v1/topics/:topic", [](const Request&, Response&) {});
  const auto preflight = [&](const std::string& origin) {
    return ask(engine, "OPTIONS /v1/topics/a HTTP/1.1\r\nHost: live.example.com\r\nOrigin: " +
                           origin + "\r\nAccess-Control-Request-Method: POST\r\n\r\n");
  };
  const auto allowed = preflight("https://app.example.com");
  REQUIRE(allowed.status() == 204);
  REQUIRE(allowed.header("Access-Control-Allow-Methods") == "POST, OPTIONS");
  REQUIRE(allowed.header("Access-Control-Allow-Origin") == "https://app.example.com");
  REQUIRE(allowed.header("Access-Control-Allow-Headers").find("Idempotency-Key") !=
          std::string_view::npos);
  REQUIRE(preflight("https://evil.example.com").status() == 403);
}

TEST_CASE("OPTIONS tells a path's methods, and 404 where there is none", "[http][engine]") {
  HttpEngine engine;
  add_hello(engine);
  const auto known = ask(engine, "OPTIONS /hello HTTP/1.1\r\nHost: a\r\n\r\n");
  REQUIRE(known.status() == 204);
  REQUIRE(known.header("Allow") == "GET, HEAD, OPTIONS");
  REQUIRE_FALSE(known.has_header("Access-Control-Allow-Origin"));
  REQUIRE(ask(engine, "OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").status() == 204);
  REQUIRE(ask(engine, "OPTIONS /x HTTP/1.1\r\nHost: a\r\n\r\n").status() == 404);
}

}  // namespace
}  // namespace freshet::server
