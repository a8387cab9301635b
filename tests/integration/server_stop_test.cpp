// The end of a server: what its clients are told, and that nothing stays behind.
#include <catch2/catch_test_macros.hpp>
#include <csignal>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "integration/program.h"
#include "integration/server_fixture.h"
#include "paths.h"

namespace freshet::tests {
namespace {

TEST_CASE("a server that stops tells every stream when to return and closes it", "[server][stop]") {
  TestServer server;
  WebSocketPeer websocket = server.websocket("/v1/ws?pattern=a");
  websocket.next_with("\"op\":\"live\"");
  park::LoopbackClient sse = server.connect();
  sse.send(request_text("GET", "/v1/sse?pattern=a"));
  sse.read_until("\"op\":\"live\"");
  park::LoopbackClient poll = server.connect();
  poll.send(request_text("GET", "/v1/poll?pattern=a&wait=55000&cursor=" + server.cursor(0)));
  REQUIRE(
      eventually([&] { return server.counts().of(Transport::long_polling).open.value() == 1; }));
  park::LoopbackClient idle = server.connect();
  idle.send(request_text("GET", "/healthz"));
  idle.read_answer();

  server.server().stop();

  CHECK(websocket.next_with("\"op\":\"retry\"").find("\"reason\":\"drain\"") != std::string::npos);
  CHECK(websocket.close_code() == 1001);
  CHECK(websocket.ended());
  const std::string rest = sse.read_to_end();
  CHECK(rest.find("{\"op\":\"retry\",\"delay\":") != std::string::npos);
  CHECK(rest.find("{\"op\":\"close\",\"code\":1001") != std::string::npos);
  CHECK(rest.ends_with("0\r\n\r\n"));
  CHECK(poll.read_to_end().find("{\"op\":\"next\",\"cursor\":\"" + server.cursor(0) + "\"") !=
        std::string::npos);
  CHECK(idle.read_to_end().empty());
  CHECK(server.counts().open() == 0);
  server.server().stop();
}

// The program's exit code and all it printed.
std::pair<int, std::string> run(const std::string& arguments) {
  std::vector<std::string> words{program_path};
  std::istringstream text{arguments};
  for (std::string word; text >> word;) words.push_back(word);
  Program program{words, {}, true};
  std::string output = program.read_to_end();
  return {program.wait(), std::move(output)};
}

TEST_CASE("serve refuses what cannot be with exit code 2 and a sentence", "[server][program]") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"serve --nonsense", "--nonsense"},
      {"serve --listen nowhere", "'nowhere' is not an address to listen on"},
      {"serve --listen 0.0.0.0:0", "refusing to listen on 0.0.0.0"},
      {"serve --ping 1ms", "--ping: must be from 100ms to 1h"},
      {"serve --ping soon", "'soon' is not a duration"},
      {"serve --message-bytes-max 1furlong", "'1furlong' is not a size"},
      {"serve --port 0 --allow-origin example.com", "example.com"},
      {"serve --port 0 --demo=/nowhere", "there is no folder /nowhere"},
      {"serve --port 0 --log-level loud", "'loud' is not a log level"},
      {"nonsense", "there is no command 'nonsense'"},
      {"", "a command is missing"},
  };
  for (const auto& [arguments, sentence] : cases) {
    INFO(arguments);
    const auto [code, output] = run(arguments);
    INFO(output);
    CHECK(code == 2);
    CHECK(output.find(sentence) != std::string::npos);
  }
}

TEST_CASE("serve exits with 1 when its port is in use", "[server][program]") {
  TestServer server;
  const auto [code, output] = run("serve --port " + std::to_string(server.port()));
  CHECK(code == 1);
  CHECK(output.find("port " + std::to_string(server.port()) + " is in use") != std::string::npos);
}

TEST_CASE("serve ends with 0 at SIGTERM and says where it listened", "[server][program]") {
  Program serve{{program_path, "serve", "--port", "0", "--log-level", "off"}};
  CHECK(serve.read_line().find("listening on http://127.0.0.1:") != std::string::npos);
  serve.signal(SIGTERM);
  CHECK(serve.wait() == 0);
}

}  // namespace
}  // namespace freshet::tests
