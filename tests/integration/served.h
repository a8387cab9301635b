// The real `freshet serve` as a child process on a port of its own.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "integration/program.h"

namespace freshet::tests {

class Served {
 public:
  // Returns once it listens. Throws std::runtime_error when it does not come so far.
  explicit Served(const std::vector<std::string>& flags = {},
                  const std::string& listen = "127.0.0.1:0");

  std::uint16_t port() const { return port_; }
  const std::string& url() const { return url_; }
  unsigned thread_count() const;
  // By SIGKILL: nothing is told to anybody.
  void kill() { program_.kill(); }
  // By SIGTERM; gives its exit code, -1 if a signal ended it.
  int stop();

 private:
  Program program_;
  std::string url_;
  std::uint16_t port_ = 0;
};

}  // namespace freshet::tests
