// A program that a test starts as a child process and reads from. Whatever it does, it is gone when
// this is.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "native/descriptor.h"

namespace freshet::tests {

class Program {
 public:
  // The environment is the test's own without its proxies, and these; an empty value unsets one.
  using Environment = std::vector<std::pair<std::string, std::string>>;

  // Looks `words[0]` up in PATH. Its standard error is read with its output if `errors`, else it is
  // the test's. Throws std::runtime_error when it cannot be started.
  explicit Program(std::vector<std::string> words, const Environment& environment = {},
                   bool errors = false);
  ~Program() { kill(); }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  pid_t id() const { return id_; }
  // The next line of output without its end; throws when there is none in time.
  std::string read_line();
  // All output up to its end.
  std::string read_to_end();
  void signal(int number) const;
  // Waits for its end and gives its exit code, -1 if a signal ended it; throws when it takes too
  // long.
  int wait();
  // By SIGKILL. Safe to repeat.
  void kill();

 private:
  bool read_some();

  pid_t id_ = -1;
  native::Descriptor output_;
  std::string held_;
};

}  // namespace freshet::tests
