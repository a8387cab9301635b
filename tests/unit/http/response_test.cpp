// Late and deferred answers over a real loop: what the engine's own test cannot see.
#include "http/response.h"

#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <functional>
#include <string>
#include <thread>

#include "http/http_engine.h"
#include "unit/park/loopback.h"

namespace freshet::server {
namespace {

using park::LoopbackClient;
using park::Mailbox;

// An engine on one loop.
struct EngineServer {
  explicit EngineServer(std::function<void(HttpEngine&)> add_routes) {
    const auto error = loops.start(park::one_loop(), [&](park::Loop&) {
      auto engine = std::make_unique<HttpEngine>();
      add_routes(*engine);
      return engine;
    });
    REQUIRE(error.empty());
  }
  LoopbackClient connect() { return LoopbackClient(loops.port()); }

  park::Loops loops;
};

TEST_CASE("a chunk is its size in hex and its bytes", "[http][response]") {
  REQUIRE(encode_chunk("hello") == "5\r\nhello\r\n");
  REQUIRE(encode_chunk(std::string(255, 'x')).starts_with("ff\r\nxxx"));
}

TEST_CASE("a deferred answer may be given from inside the handler or from another thread",
          "[http][response]") {
  const bool from_thread = GENERATE(true, false);
  std::jthread worker;  // Joined when the server is gone.
  {
    EngineServer server([&](HttpEngine& engine) {
      engine.post("/publish", [&](const Request& request, Response& response) {
        auto deferred = response.defer();
        const Answer answer{.status = 201, .body = "id " + std::string(request.body())};
        if (!from_thread) {
          deferred->answer(answer);
          deferred->answer({.body = "twice"});
        } else {
          worker = std::jthread([deferred = std::move(deferred), answer] {
            deferred->answer(answer);
            deferred->answer({.body = "twice"});
          });
        }
      });
    });
    auto client = server.connect();
    client.send(park::post("/publish", "7") + park::post("/publish", "8"));
    REQUIRE(client.read_answer() == "HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nid 7");
    REQUIRE(client.read_answer() == "HTTP/1.1 201 Created\r\nContent-Length: 4\r\n\r\nid 8");
    REQUIRE(client.quiet());
  }
}

TEST_CASE("a deferred answer that is let go is a 500", "[http][response]") {
  EngineServer server([](HttpEngine& engine) {
    engine.get("/", [](const Request&, Response& response) { response.defer().reset(); });
  });
  auto client = server.connect();
  client.send(park::get("/"));
  REQUIRE(client.read_answer().starts_with("HTTP/1.1 500 Internal Server Error\r\n"));
}

TEST_CASE("an answer for a client, or a loop, that is gone is dropped", "[http][response]") {
  Mailbox<std::shared_ptr<DeferredAnswer>> waiting;
  Mailbox<bool> closed;
  auto server = std::make_unique<EngineServer>([&](HttpEngine& engine) {
    engine.get("/", [&](const Request&, Response& response) { waiting.put(response.defer()); });
  });
  auto client = server->connect();
  client.send(park::get("/"));
  auto first = waiting.take();
  const bool loop_goes = GENERATE(true, false);
  if (loop_goes) {
    server.reset();
    client.read_to_end();
  } else {
    client.reset();
  }
  first->answer({.body = "nobody"});
  if (server) {
    auto other = server->connect();
    other.send(park::get("/"));
    waiting.take()->answer({.body = "somebody"});
    REQUIRE(other.read_answer().ends_with("somebody"));
  }
}

TEST_CASE("a large late answer leaves whole behind a pipelined one", "[http][response]") {
  const std::string large(8 << 20, 'x');
  EngineServer server([&](HttpEngine& engine) {
    engine.get("/small", [](const Request&, Response& response) { response.body = "small"; });
    engine.get("/large", [&](const Request&, Response& response) {
      response.defer()->answer({.body = large});
    });
  });
  auto client = server.connect();
  client.send(park::get("/small") + park::get("/large") + park::get("/small"));
  REQUIRE(client.read_answer().ends_with("small"));
  const auto answer = client.read_answer();
  REQUIRE(answer.substr(answer.find("\r\n\r\n") + 4) == large);
  REQUIRE(client.read_answer().ends_with("small"));
}

}  // namespace
}  // namespace freshet::server
