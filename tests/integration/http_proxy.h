// A forward proxy for the tests of clients behind one: CONNECT tunnels, and requests with absolute
// targets, which it passes on as they are (our server takes them). The same port speaks SOCKS 5
// (RFC 1928), without authentication and for IPv4 addresses.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "native/descriptor.h"

namespace freshet::tests {

class HttpProxy {
 public:
  HttpProxy();
  ~HttpProxy();
  HttpProxy(const HttpProxy&) = delete;
  HttpProxy& operator=(const HttpProxy&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  std::string socks_url() const { return "socks5://127.0.0.1:" + std::to_string(port_); }
  // Answers CONNECT with 403 from now on.
  void refuse_tunnels() { tunnels_ = false; }
  // The first request line of each connection so far; "SOCKS 127.0.0.1:4711" for one by SOCKS.
  std::vector<std::string> requests() const;
  // Whether one begins so.
  bool saw(std::string_view beginning) const;

 private:
  void run();
  void serve(const native::Descriptor& client);
  void note(std::string line);

  native::Descriptor listener_;
  native::Descriptor ended_;  // Readable at the end, to every thread.
  std::uint16_t port_ = 0;
  std::atomic<bool> tunnels_{true};
  mutable std::mutex mutex_;
  std::vector<std::string> requests_;  // Guarded.
  std::vector<std::jthread> threads_;  // One per connection; by run() only.
  std::jthread acceptor_;
};

}  // namespace freshet::tests
