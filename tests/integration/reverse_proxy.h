// Debian's nginx and HAProxy in front of a server, by the files in deploy/: only ports and the
// places they write to are others.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "integration/program.h"
#include "native/descriptor.h"

namespace freshet::tests {

class ReverseProxy {
 public:
  enum class Kind { nginx, haproxy };

  // Returns once it takes connections. Throws std::runtime_error when it does not come so far.
  ReverseProxy(Kind kind, std::uint16_t server);
  ~ReverseProxy();
  ReverseProxy(const ReverseProxy&) = delete;
  ReverseProxy& operator=(const ReverseProxy&) = delete;

  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // As an administrator does: new processes take new connections, the old ones keep theirs.
  void reload();
  // Ends it at once, with every connection, and starts it again.
  void restart();
  void stop();
  void start();

 private:
  std::vector<std::string> command() const;
  std::string configuration(std::uint16_t server) const;
  // What HAProxy tells; nginx tells nothing.
  void wait_until_ready();

  Kind kind_;
  std::uint16_t port_;
  std::string folder_;
  native::Descriptor notices_;
  std::unique_ptr<Program> program_;
};

}  // namespace freshet::tests
