// Who is refused is told in the form that it can read.
#include "transport/refusal.h"

#include <malloc.h>

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "unit/http/engine_driver.h"
#include "unit/transport/one_loop_server.h"
#include "wire/endpoints.h"

namespace freshet::server {
namespace {

// Counts how often it is asked for anything of its messages.
class CountingLog final : public Log {
 public:
  void append(const AppendRequest& request, Instant now,
              std::function<void(Result<Appended>)> done) override {
    inner_.append(request, now, std::move(done));
  }
  void read(const ReadRequest& request, std::function<void(ReadResult)> done) override {
    ++asked;
    inner_.read(request, std::move(done));
  }
  void backlog(const BacklogRequest& request, std::function<void(Backlog)> done) override {
    ++asked;
    inner_.backlog(request, std::move(done));
  }
  void resolve(std::vector<StartRequest> requests, std::function<void(Resolved)> done) override {
    ++asked;
    inner_.resolve(std::move(requests), std::move(done));
  }
  void history(std::string_view topic, std::uint64_t before, std::size_t limit,
               std::function<void(std::vector<MessageRef>)> done) override {
    ++asked;
    inner_.history(topic, before, limit, std::move(done));
  }
  void follow(LogFollower& follower) override { inner_.follow(follower); }
  void unfollow(LogFollower& follower) override { inner_.unfollow(follower); }
  std::string epoch() const override { return inner_.epoch(); }
  std::uint64_t head() const override { return inner_.head(); }
  void trim(Instant now) override { inner_.trim(now); }

  std::atomic<unsigned> asked{0};

 private:
  SharedLog inner_{1};
};

// Lets one newcomer in, and gives every other a slot.
class FullServer {
 public:
  explicit FullServer(Duration keep_alive_max = Duration{1'000'000'000'000})
      : context_(log, options()) {
    log.append({.topic = "a", .data = "1"}, {}, [](const Result<Appended>&) {});
    park::LoopsOptions loops = park::one_loop();
    loops.loop.keep_alive_max = keep_alive_max;
    const std::string fault = loops_.start(loops, [this](park::Loop& loop) {
      return std::make_unique<LoopHandler>(loop, context_, EngineOptions{});
    });
    if (!fault.empty()) throw std::runtime_error(fault);
    park::LoopbackClient first = connect();
    first.send(get_request("/v1/poll?pattern=a&cursor=earliest&sdk=x"));
    first.read_answer();
  }
  ~FullServer() { loops_.stop(); }

  park::LoopbackClient connect() { return park::LoopbackClient(loops_.port()); }
  AdmissionCounts counts() { return context_.admission.counts(); }

  CountingLog log;

 private:
  static AdmissionOptions options() {
    AdmissionOptions options;
    options.window.admission_rate = 0.001;
    options.limiter.burst = 1;
    options.limiter.slot_ahead_max = Duration{1'000'000'000'000};
    return options;
  }

  ServerContext context_;
  park::Loops loops_;
};

constexpr std::string_view websocket_upgrade =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

std::string numbered(std::string_view path, int client, std::string_view headers = {}) {
  return get_request(std::string(path) + "?pattern=a&pattern=b.*&cursor=earliest&sdk=x&client=c" +
                         std::to_string(client),
                     headers);
}

// So many polls of clients never seen before, on one connection, a hundred at a time.
void refuse_polls(park::LoopbackClient& client, int first, int count) {
  constexpr int ahead = 100;
  for (int n = first; n < first + count; n += ahead) {
    std::string requests;
    for (int i = n; i < n + ahead; ++i) requests += numbered("/v1/poll", i);
    REQUIRE(client.send(requests));
    for (int i = 0; i < ahead; ++i) REQUIRE(client.read_answer().starts_with("HTTP/1.1 503 "));
  }
}

// What a client gets whose request the handler refuses.
Answered refused(const std::string& request, const Handler& refuse) {
  HttpEngine engine;
  engine.get("/v1/:way", refuse);
  return ask(engine, request);
}

const Error fault{ErrorCode::invalid_pattern, "'a..b' is not a pattern"};

Answered sse_fault(std::string_view query) {
  return refused(
      get_request("/v1/sse" + std::string(query)),
      [](const Request& request, Response& response) { refuse_sse(request, response, fault); });
}

Answered sse_busy(std::string_view query, std::string_view headers = {}) {
  return refused(get_request("/v1/sse" + std::string(query), headers),
                 [](const Request& request, Response& response) {
                   refuse_sse_busy(request, response, {.delay = Duration{2'100}, .ticket = "t1"});
                 });
}

TEST_CASE("a faulty request for events is told by the status, an SDK inside the stream",
          "[transport][refusal]") {
  const Answered bare = sse_fault("?pattern=a..b");
  CHECK(bare.status() == 400);
  CHECK(bare.body().find("\"code\":\"invalid_pattern\"") != std::string_view::npos);

  const Answered sdk = sse_fault("?pattern=a..b&sdk=x");
  CHECK(sdk.status() == 200);
  CHECK(sdk.header("Content-Type") == "text/event-stream");
  CHECK(sdk.tells_the_truth());
  CHECK(sdk.body().find("\"op\":\"error\"") < sdk.body().find("\"op\":\"close\",\"code\":4004"));
}

TEST_CASE("who comes for events at a bad time learns when to return", "[transport][refusal]") {
  const Answered sdk = sse_busy("?sdk=x");
  CHECK(sdk.status() == 200);
  CHECK(sdk.body().find(R"({"op":"retry","delay":2100,"ticket":"t1","reason":"busy"})") !=
        std::string_view::npos);
  CHECK(sdk.body().find("\"op\":\"close\",\"code\":1013") != std::string_view::npos);

  // Any status but 200 would end a browser's EventSource for good.
  const Answered browser = sse_busy("", "Accept: text/event-stream\r\n");
  CHECK(browser.status() == 200);
  CHECK(browser.body() == "retry: 2100\n\n");

  const Answered curl = sse_busy("");
  CHECK(curl.status() == 503);
  CHECK(curl.header("Retry-After") == "3");
  CHECK(curl.header(wire::retry_after_ms_header) == "2100");
  CHECK(curl.header(wire::ticket_header) == "t1");
}

TEST_CASE("Retry-After is never nothing", "[transport][refusal]") {
  Answer answer;
  add_retry_after(answer, {.delay = Duration{0}, .ticket = {}});
  CHECK(answer.headers.at(0) == HeaderField{"Retry-After", "1"});
  CHECK(answer.headers.size() == 2);
}

TEST_CASE("a WebSocket is refused by the status, an SDK's behind its upgrade",
          "[transport][refusal]") {
  const auto refuse = [](const Request& request, Response& response) {
    response.headers.emplace_back("Sec-WebSocket-Accept", "x");
    refuse_websocket(request, response, fault);
  };
  const Answered bare = refused(get_request("/v1/ws"), refuse);
  CHECK(bare.status() == 400);
  CHECK_FALSE(bare.has_header("Sec-WebSocket-Accept"));
  const Answered sdk = refused(get_request("/v1/ws?sdk=x"), refuse);
  CHECK(sdk.status() == 101);
  CHECK(sdk.has_header("Sec-WebSocket-Accept"));
  CHECK(sdk.bytes.find("\"op\":\"error\"") < sdk.bytes.find("\x0f\xa4'a..b' is not"));  // 4004
  CHECK(sdk.parked == nullptr);
  CHECK_FALSE(sdk.keep_alive);

  const Answered busy =
      refused(get_request("/v1/ws"), [](const Request& request, Response& response) {
        refuse_websocket_busy(request, response, {.delay = Duration{1}, .ticket = {}});
      });
  CHECK(busy.status() == 503);
  CHECK(busy.header("Retry-After") == "1");
}

TEST_CASE("each error has its close code", "[transport][refusal]") {
  CHECK(close_code_of(ErrorCode::unauthorized) == 4001);
  CHECK(close_code_of(ErrorCode::forbidden) == 4003);
  CHECK(close_code_of(ErrorCode::too_large) == 1009);
  CHECK(close_code_of(ErrorCode::busy) == 1013);
  CHECK(close_code_of(ErrorCode::invalid_cursor) == 4004);
}

TEST_CASE("who is refused a stream holds no socket until it returns; a poll keeps its own",
          "[transport][refusal]") {
  FullServer server;
  park::LoopbackClient events = server.connect();
  events.send(numbered("/v1/sse", 1));
  const std::string answer = events.read_to_end();
  CHECK(answer.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(answer.find("\"op\":\"retry\"") != std::string::npos);

  park::LoopbackClient poll = server.connect();
  for (int n = 2; n < 4; ++n) {
    poll.send(numbered("/v1/poll", n));
    CHECK(poll.read_answer().starts_with("HTTP/1.1 503 "));
  }

  const std::string ping{"\x89\x80\0\0\0\0", 6};
  for (const std::string& early : {std::string(), ping}) {
    park::LoopbackClient socket = server.connect();
    socket.send(numbered("/v1/ws", 4, websocket_upgrade) + early);
    const std::string told = socket.read_to_end();
    CHECK(told.starts_with("HTTP/1.1 101 "));
    CHECK(told.find("\"op\":\"retry\"") != std::string::npos);
    // The close frame: 1013 and "busy".
    CHECK(
        told.ends_with("\x88\x06\x03\xf5"
                       "busy"));
  }
}

TEST_CASE("a browser that is refused a WebSocket may say its close frame before the end",
          "[transport][refusal]") {
  FullServer server;
  const std::string close_frame{"\x88\x80\0\0\0\0", 6};
  for (const bool answers : {true, false}) {
    park::LoopbackClient socket = server.connect();
    socket.send(numbered("/v1/ws", answers ? 4 : 5,
                         std::string(websocket_upgrade) + "Origin: http://live.example.com\r\n"));
    CHECK(socket.read_until("busy\"}").starts_with("HTTP/1.1 101 "));
    socket.read(2 + 2 + 4);  // The close frame: its head, 1013 and "busy".
    CHECK(socket.quiet());
    if (answers) {
      // What a client says before it has read of its refusal is no answer to it.
      socket.send(std::string("\x89\x80\0\0\0\0", 6));
      socket.send(close_frame);
    } else {
      socket.half_close();
    }
    CHECK(socket.read_to_end().empty());
  }
}

TEST_CASE("a refused poll keeps its connection only if it would be kept until its slot",
          "[transport][refusal]") {
  constexpr Duration keep_alive_max{1'500'000};
  FullServer server{keep_alive_max};
  int kept = 0;
  int closed = 0;
  for (int n = 0; n < 4; ++n) {
    for (const std::string_view path : {"/v1/poll", "/v1/sse", "/v1/ws"}) {
      park::LoopbackClient client = server.connect();
      // Without sdk= a stream is refused in the same way.
      std::string request =
          get_request(std::string(path) + "?pattern=a&client=" + std::string(path.substr(4)) +
                          std::to_string(n),
                      path == "/v1/ws" ? websocket_upgrade : std::string_view{});
      client.send(request + request);
      const std::string answer = client.read_answer();
      INFO(answer);
      REQUIRE(answer.starts_with("HTTP/1.1 503 "));
      const std::string_view header = "\r\nFreshet-Retry-After-Ms: ";
      const Duration delay{std::stoll(answer.substr(answer.find(header) + header.size()))};
      const bool closes = answer.find("\r\nConnection: close\r\n") != std::string::npos;
      CHECK(closes == (delay >= keep_alive_max));
      CHECK((closes ? client.read_to_end().empty()
                    : client.read_answer().starts_with("HTTP/1.1 503 ")));
      ++(closes ? closed : kept);
    }
  }
  CHECK(kept > 0);
  CHECK(closed > 0);
}

TEST_CASE("a refusal asks the log for nothing, on any transport", "[transport][refusal]") {
  FullServer server;
  const unsigned before = server.log.asked;
  CHECK(before > 0);  // By the one that was let in.
  for (int n = 0; n < 20; ++n) {
    park::LoopbackClient events = server.connect();
    events.send(numbered("/v1/sse", 3 * n));
    CHECK(events.read_until("\"op\":\"retry\"").starts_with("HTTP/1.1 200 "));
    park::LoopbackClient socket = server.connect();
    socket.send(numbered("/v1/ws", 3 * n + 1, websocket_upgrade));
    CHECK(socket.read_until("\"op\":\"retry\"").starts_with("HTTP/1.1 101 "));
    park::LoopbackClient poll = server.connect();
    poll.send(numbered("/v1/poll", 3 * n + 2));
    CHECK(poll.read_answer().starts_with("HTTP/1.1 503 "));
  }
  CHECK(server.counts().tickets_issued == 60);
  CHECK(server.log.asked == before);
}

TEST_CASE("a hundred thousand clients that are refused leave no memory behind",
          "[transport][refusal]") {
  FullServer server;
  park::LoopbackClient client = server.connect();
  constexpr int warm_up = 20'000;  // The slots given last are kept once for all.
  constexpr int count = 100'000;
  refuse_polls(client, 0, warm_up);
  const std::size_t before = mallinfo2().uordblks;
  refuse_polls(client, warm_up, count);
  const std::size_t after = mallinfo2().uordblks;
  CHECK(server.counts().tickets_issued == warm_up + count);
  // A byte for each would be more. Sanitizers answer 0 to both.
  CHECK(after < before + count);
}

}  // namespace
}  // namespace freshet::server
