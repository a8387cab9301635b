// The real `freshet serve` as a child process on a port of its own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace freshet::tests {

class Served {
 public:
  // Returns once it listens. Throws std::runtime_error when it does not come so far.
  explicit Served(std::vector<std::string> flags = {}, const std::string& listen = "127.0.0.1:0");
  ~Served() { kill(); }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }
  unsigned thread_count() const;
  // By SIGKILL: nothing is told to anybody.
  void kill();
  // By SIGTERM; gives its exit code, -1 if a signal ended it.
  int stop();

 private:
  pid_t process_ = -1;
  std::uint16_t port_ = 0;
};

}  // namespace freshet::tests
