// A server in this process on a port of its own, and the raw clients that talk to it: whole HTTP
// answers, and WebSocket frame by frame. Used by the server_*_test files.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "app/server.h"
#include "unit/park/loopback.h"
#include "wire/websocket_frame.h"

namespace freshet::tests {

// Waits for something another thread brings about; false after ten seconds.
inline bool eventually(const std::function<bool()>& happened) {
  const auto deadline = std::chrono::steady_clock::now() + park::patience;
  while (!happened()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

// The text between `before` and the next `after`; empty if there is none.
std::string between(std::string_view text, std::string_view before, std::string_view after);

std::size_t count_of(std::string_view text, std::string_view what);

// One WebSocket connection, past its handshake.
class WebSocketPeer {
 public:
  struct Frame {
    wire::Opcode opcode;
    std::string payload;
    std::uint16_t close_code = 0;
    bool compressed = false;  // It came so; `payload` is plain.
  };

  WebSocketPeer(std::uint16_t port, std::string_view target, std::string_view headers = {});

  const std::string& answer() const { return answer_; }  // The handshake's head.
  void send(wire::Opcode opcode, std::string_view payload);
  void send_text(std::string_view text) { send(wire::Opcode::text, text); }
  void send_raw(std::string_view bytes) { client_.send(bytes); }
  // One frame as sent; throws when none comes in time.
  Frame next();
  // The text of the next frame that holds `part`; others are passed over.
  std::string next_with(std::string_view part);
  // Reads on to the peer's close frame and gives its code.
  std::uint16_t close_code();
  // Whether the peer has ended the connection behind what was read.
  bool ended() { return client_.read_to_end().empty(); }
  std::string read_to_end() { return client_.read_to_end(); }
  void half_close() { client_.half_close(); }

 private:
  park::LoopbackClient client_;
  std::string answer_;
};

class TestServer {
 public:
  // Port 0 and two loops, whatever `options` say.
  explicit TestServer(app::ServerOptions options = {});

  std::uint16_t port() const { return server_.port(); }
  app::Server& server() { return server_; }
  const server::ServerCounts& counts() const { return server_.context().counts; }

  park::LoopbackClient connect() { return park::LoopbackClient(port()); }
  // One request on a connection of its own: head and body of the answer.
  std::string get(std::string_view target, std::string_view headers = {});
  std::string post(std::string_view target, std::string_view body, std::string_view headers = {});
  // Publishes over HTTP and returns the id.
  std::uint64_t publish(std::string_view topic, std::string_view data);
  WebSocketPeer websocket(std::string_view target, std::string_view headers = {}) {
    return WebSocketPeer(port(), target, headers);
  }
  std::string cursor(std::uint64_t id) { return server_.log().epoch() + ":" + std::to_string(id); }

 private:
  app::Server server_;
};

// A request as it goes on the wire, with a Host and `headers` (each line with CRLF).
std::string request_text(std::string_view method, std::string_view target,
                         std::string_view headers = {}, std::string_view body = {});

// Asks for all these in one packet, so that they reach the server as one crowd on a machine of any
// speed, and gives the answers in order.
std::vector<std::string> get_at_once(TestServer& server, const std::vector<std::string>& targets);

// The handshake of a WebSocket client.
std::string handshake_text(std::string_view target, std::string_view headers = {});

}  // namespace freshet::tests
