#include "native/http_stream.h"

#include <catch2/catch_test_macros.hpp>
#include <memory>

#include "freshet/native.h"
#include "native/http_head.h"
#include "unit/native/recorder.h"

namespace freshet::test {
namespace {

// A platform, a scripted server, and one request.
struct Scene {
  FakeServer server;
  std::shared_ptr<Platform> platform = make_native_platform();
  HttpRecorder recorder;
  std::unique_ptr<Platform::Request> request;

  void ask(HttpRequest wanted) {
    if (wanted.url.empty() || wanted.url.front() == '/') wanted.url = server.url() + wanted.url;
    on_platform(*platform, [&] { request = platform->request(std::move(wanted), recorder); });
  }
  ~Scene() {
    on_platform(*platform, [&] { request.reset(); });
  }
};

constexpr std::string_view empty_answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";

}  // namespace

TEST_CASE("a request sends its headers and hands over status, headers and body", "[native][http]") {
  Scene scene;
  scene.ask({.url = "/v1/poll?pattern=a", .headers = {{"X-One", "1"}}});
  Peer peer = scene.server.accept();
  const auto request = peer.read_request();
  CHECK(request.line() == "GET /v1/poll?pattern=a HTTP/1.1");
  CHECK(request.header("X-One") == "1");
  CHECK(request.header("Accept-Encoding").empty());
  peer.write("HTTP/1.1 200 OK\r\nX-Two:  two \r\nContent-Length: 5\r\n\r\nhello");
  const auto record = scene.recorder.wait_for_end();
  REQUIRE(record.head);
  CHECK(record.head->status == 200);
  CHECK(*native::find_header(*record.head, "x-two") == "two");
  CHECK(record.body == "hello");
  REQUIRE(record.end);
  CHECK(record.end->kind == EndKind::finished);
}

TEST_CASE("bytes of a stream come out while it goes on", "[native][http]") {
  Scene scene;
  scene.ask({.url = "/"});
  Peer peer = scene.server.accept();
  peer.read_request();
  peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  CHECK(scene.recorder.wait_for_body(3).body == "abc");
  peer.write("2\r\nde\r\n");
  CHECK(scene.recorder.wait_for_body(5).body == "abcde");
  peer.write("0\r\n\r\n");
  CHECK(scene.recorder.wait_for_end().end->kind == EndKind::finished);
}

TEST_CASE("a stream that breaks in a chunk is lost, one that closes in HTTP/1.0 is finished",
          "[native][http]") {
  Scene scene;
  scene.ask({.url = "/"});
  Peer peer = scene.server.accept();
  peer.read_request();
  SECTION("chunked") {
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab");
    peer.close();
    const auto record = scene.recorder.wait_for_end();
    CHECK(record.end->kind == EndKind::lost);
    CHECK(!record.end->reason.empty());
  }
  SECTION("chunked, by a reset") {
    peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
    scene.recorder.wait_for_body(3);
    peer.reset();
    CHECK(scene.recorder.wait_for_end().end->kind == EndKind::lost);
  }
  SECTION("HTTP/1.0") {
    peer.write("HTTP/1.0 200 OK\r\n\r\nabc");
    peer.close();
    const auto record = scene.recorder.wait_for_end();
    CHECK(record.body == "abc");
    CHECK(record.end->kind == EndKind::finished);
  }
  SECTION("no answer at all") {
    peer.close();
    CHECK(scene.recorder.wait_for_end().end->kind == EndKind::lost);
  }
}

TEST_CASE("what is no HTTP is malformed", "[native][http]") {
  Scene scene;
  scene.ask({.url = "/"});
  Peer peer = scene.server.accept();
  peer.read_request();
  peer.write("SSH-2.0-OpenSSH_9.2\r\n\r\n");
  peer.close();
  const auto kind = scene.recorder.wait_for_end().end->kind;
  CHECK((kind == EndKind::malformed || kind == EndKind::unreachable));
}

TEST_CASE("a port that nobody listens on is unreachable, with a reason", "[native][http]") {
  Scene scene;
  scene.server.stop();
  scene.ask({.url = "/"});
  const auto record = scene.recorder.wait_for_end();
  CHECK(record.end->kind == EndKind::unreachable);
  CHECK(record.end->reason.find(std::to_string(scene.server.port())) != std::string::npos);
}

TEST_CASE("a body is posted whole, without asking first", "[native][http]") {
  Scene scene;
  const std::string body(3 * 1024 * 1024, 'x');
  scene.ask({.url = "/v1/publish", .headers = {{"Content-Type", "text/plain"}}, .body = body});
  Peer peer = scene.server.accept();
  const auto request = peer.read_request();
  CHECK(request.line() == "POST /v1/publish HTTP/1.1");
  CHECK(request.header("Expect").empty());
  CHECK(request.header("Content-Type") == "text/plain");
  CHECK(request.body == body);
  peer.write(empty_answer);
  CHECK(scene.recorder.wait_for_end().end->kind == EndKind::finished);
}

TEST_CASE("requests keep their connection, unless a fresh one is asked for", "[native][http]") {
  Scene scene;
  scene.ask({.url = "/one"});
  Peer first = scene.server.accept();
  first.read_request();
  first.write(empty_answer);
  scene.recorder.wait_for_end();

  HttpRecorder second_recorder;
  std::unique_ptr<Platform::Request> second;
  const auto ask_second = [&](bool fresh) {
    on_platform(*scene.platform, [&] {
      second = scene.platform->request(
          {.url = scene.server.url() + "/two", .fresh_connection = fresh}, second_recorder);
    });
  };
  SECTION("kept") {
    ask_second(false);
    CHECK(first.read_request().line() == "GET /two HTTP/1.1");
    first.write(empty_answer);
  }
  SECTION("fresh") {
    ask_second(true);
    Peer other = scene.server.accept();
    CHECK(other.read_request().line() == "GET /two HTTP/1.1");
    other.write(empty_answer);
  }
  CHECK(second_recorder.wait_for_end().end->kind == EndKind::finished);
  on_platform(*scene.platform, [&] { second.reset(); });
}

TEST_CASE("a request given up inside its own handler tells nothing more and hangs up",
          "[native][http]") {
  Scene scene;
  scene.recorder.in_body = [&] { scene.request.reset(); };
  scene.ask({.url = "/"});
  Peer peer = scene.server.accept();
  peer.read_request();
  peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  CHECK(peer.read_end());
  CHECK_FALSE(scene.recorder.wait_for_body(3).end.has_value());
}

TEST_CASE("a request may begin another inside its handler", "[native][http]") {
  Scene scene;
  HttpRecorder second_recorder;
  std::unique_ptr<Platform::Request> second;
  scene.recorder.in_body = [&] {
    second = scene.platform->request({.url = scene.server.url() + "/two"}, second_recorder);
  };
  scene.ask({.url = "/one"});
  Peer peer = scene.server.accept();
  peer.read_request();
  peer.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n");
  Peer other = scene.server.accept();
  CHECK(other.read_request().line() == "GET /two HTTP/1.1");
  other.write(empty_answer);
  CHECK(second_recorder.wait_for_end().end->kind == EndKind::finished);
  on_platform(*scene.platform, [&] { second.reset(); });
}

TEST_CASE("only the last of several heads is told", "[native][http]") {
  Scene scene;
  scene.ask({.url = "/"});
  Peer peer = scene.server.accept();
  peer.read_request();
  peer.write(
      "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 404 Not Found\r\nContent-Length: "
      "2\r\n\r\nno");
  const auto record = scene.recorder.wait_for_end();
  CHECK(record.head->status == 404);
  CHECK(native::find_header(*record.head, "Link") == nullptr);
  CHECK(record.body == "no");
  CHECK(record.end->kind == EndKind::finished);
}

}  // namespace freshet::test
