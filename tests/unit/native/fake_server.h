// A scripted HTTP server: a test takes each connection as it comes and says byte by byte what the
// peer does. Everything waits for what it wants, and fails when that does not come in time.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "native/descriptor.h"

namespace freshet::test {

// Generous: reached only when a test is about to fail.
inline constexpr std::chrono::seconds patience{20};

// The server's end of one connection.
class Peer {
 public:
  explicit Peer(native::Descriptor socket) : socket_(std::move(socket)) {}

  // A request: its head up to the empty line, and its body by Content-Length.
  struct Request {
    std::string head;
    std::string body;
    std::string header(std::string_view name) const;  // Empty without one.
    std::string line() const { return head.substr(0, head.find("\r\n")); }
  };
  Request read_request();
  // Exactly so many bytes.
  std::string read(std::size_t count);
  // Whether the client has closed its side; waits for it.
  bool read_end();
  void write(std::string_view bytes);
  void close() { socket_.reset(); }
  // The connection ends with a reset instead of an orderly close.
  void reset();

  // WebSocket: answers the handshake, returns its request.
  Request accept_websocket();
  void write_text(std::string_view text);
  struct Frame {
    unsigned opcode = 0;
    std::string payload;
  };
  Frame read_frame();  // Fails unless it is masked.

 private:
  std::size_t read_some();

  native::Descriptor socket_;
  std::string read_ahead_;
};

class FakeServer {
 public:
  FakeServer();
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::uint16_t port() const { return port_; }
  Peer accept() { return Peer(accept_socket()); }
  native::Descriptor accept_socket();
  // Whether somebody waits to be accepted, now.
  bool has_caller() const;
  // From now on connections are refused.
  void stop() { listener_.reset(); }

 private:
  native::Descriptor listener_;
  std::uint16_t port_ = 0;
};

}  // namespace freshet::test
