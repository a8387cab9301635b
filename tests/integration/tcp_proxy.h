// A TCP proxy on a port of its own between clients and a server, with the faults of real paths: it
// cuts connections, stalls them, and shuts out requests for a path.
#pragma once

#include <cstdint>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "native/descriptor.h"

namespace freshet::tests {

class TcpProxy {
 public:
  explicit TcpProxy(std::uint16_t target);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // Where new connections go.
  void set_target(std::uint16_t target);
  // Ends every connection there is; new ones pass.
  void cut();
  // While stalled nothing passes, in either direction, and nothing ends.
  void stall(bool stalled);
  // Connections whose first request asks for a path with this beginning are closed; empty: none.
  void block(std::string path);

 private:
  struct Pair {
    native::Descriptor client;
    native::Descriptor server;  // None before the first bytes of the client were looked at.
    bool over = false;
  };

  void run();
  void accept();
  void open(Pair& pair);
  static bool pass(const native::Descriptor& from, const native::Descriptor& to);
  void wake();

  native::Descriptor listener_;
  native::Descriptor wake_;
  std::uint16_t port_ = 0;
  std::list<Pair> pairs_;  // By the thread only.

  std::mutex mutex_;  // Guards the rest.
  std::uint16_t target_;
  std::string blocked_;
  bool stalled_ = false;
  bool cut_ = false;
  bool ended_ = false;

  std::thread thread_;
};

}  // namespace freshet::tests
