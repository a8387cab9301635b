// A `freshet serve` of this program, in a process of its own, to be killed and started again.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "freshet/result.h"

namespace freshet::app {

// Threads: one at a time. The process ends with this object, and with its parent in any case.
class ChildServer {
 public:
  // `flags`: of `freshet serve`, without an address; it listens on 127.0.0.1 and `port`, 0 for any.
  // REQUIRES: the thread that starts it lives as long as it, for the system ends it with that
  // thread.
  explicit ChildServer(std::vector<std::string> flags, std::uint16_t port = 0)
      : flags_(std::move(flags)), port_(port) {}
  ~ChildServer();
  ChildServer(const ChildServer&) = delete;
  ChildServer& operator=(const ChildServer&) = delete;

  // Returns when it listens, on the port it had before if it was started before.
  Result<void> start();
  // kill -9; returns when the process is gone.
  void kill();

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

 private:
  std::vector<std::string> flags_;
  pid_t pid_ = -1;
  std::uint16_t port_;
};

}  // namespace freshet::app
