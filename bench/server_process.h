// A `freshet serve` of our own, started for one measurement and ended with it.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace freshet::bench {

// Any program that serves on a port, started as a child process. Throws std::runtime_error when it
// does not accept connections within 10 s.
class ServerProcess {
 public:
  ServerProcess(std::vector<std::string> command, std::uint16_t port);
  // Sends SIGTERM, then SIGKILL if it is not gone within 5 s.
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  std::uint16_t port() const { return port_; }

  // Anonymous resident memory: the process's own, without files mapped and shared.
  std::uint64_t memory_bytes() const;
  // CPU used so far by all threads of the process, user and system.
  std::uint64_t cpu_nanoseconds() const;
  unsigned thread_count() const;
  // Files and sockets it has open; asking costs it nothing.
  std::size_t open_files() const;

 private:
  pid_t pid_ = -1;
  std::uint16_t port_ = 0;
};

// The command with `core` as the only one it may use.
std::vector<std::string> pinned_to(int core, const std::vector<std::string>& command);
// The same for the process that asks.
void pin_this_process_to(int core);

// A port of 127.0.0.1 that nothing listens on at this moment.
std::uint16_t free_port();

// The command line of this checkout's own server on `port`.
std::vector<std::string> freshet_serve(const std::string& program, std::uint16_t port);

}  // namespace freshet::bench
