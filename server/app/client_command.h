// What the subcommands that are clients share: their flags, their end, and what to say of an error.
#pragma once

#include <signal.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "app/exit_code.h"
#include "freshet/options.h"
#include "freshet/result.h"
#include "freshet/state.h"

namespace CLI {
class App;
}

namespace freshet::app {

// --url, --transport, --key, --ca-file, --insecure.
struct ClientFlags {
  std::string url = "http://127.0.0.1:8080";
  std::string transport;
  std::string key;
  std::string ca_file;
  bool insecure = false;

  void add_to(CLI::App& command);
  ClientOptions options() const;
};

// Empty when the file can be read, else a sentence; a check for an option that names one.
std::string readable_file(const std::string& path);

// When and with which code the program ends: by SIGINT or SIGTERM (done), or by finish().
// REQUIRES: made before the first other thread, since signals that one thread does not block end
// the process.
class Ending {
 public:
  Ending();

  // From any thread, the first call counts.
  void finish(ExitCode code);
  // Blocks the thread that made this until the end.
  ExitCode wait();
  // The code if the end has come within `time`.
  std::optional<ExitCode> wait_for(std::chrono::nanoseconds time);

 private:
  std::optional<ExitCode> ended(int signal) const;

  sigset_t signals_;
  pthread_t waiter_;
  std::atomic<int> code_{-1};
};

// Ends the program when the server cannot be reached before the first hello, or refuses; tells
// later losses on stderr. For Client::on_state.
class ReachabilityWatch {
 public:
  ReachabilityWatch(std::string_view command, const std::string& url, Ending& ending)
      : command_(command), url_(url), ending_(ending) {}
  void handle_state(const State& state);

 private:
  std::string command_;
  std::string url_;
  Ending& ending_;
  bool was_live_ = false;
};

// "freshet pub: …" on stderr.
void complain(std::string_view command, std::string_view message);

// unreachable for what did not arrive, usage for what could not be, refused for the server's no.
ExitCode exit_code_of(ErrorCode code);

}  // namespace freshet::app
