// The real server in a process of its own, on a port of its own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>

namespace freshet::test {

class ServerProcess {
 public:
  // Starts it and returns once it listens. `port` 0: the system chooses. Fails the test otherwise.
  explicit ServerProcess(std::uint16_t port = 0);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  unsigned thread_count() const;

  // kill -9, then a new process on the same port.
  void restart();
  // SIGTERM; gives its exit code.
  int stop();

 private:
  void start();

  pid_t pid_ = -1;
  std::uint16_t port_;
};

}  // namespace freshet::test
