#include "integration/served.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <stdexcept>

#include "native/descriptor.h"
#include "paths.h"

extern char** environ;

namespace freshet::tests {

Served::Served(std::vector<std::string> flags, const std::string& listen) {
  std::vector<std::string> command{program_path, "serve", "--listen", listen, "--log-level", "off"};
  command.insert(command.end(), flags.begin(), flags.end());
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);

  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  const native::Descriptor out(ends[0]);
  native::Descriptor in(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.number(), STDOUT_FILENO);
  const int failed =
      posix_spawn(&process_, program_path, &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("the program cannot be started");
  in.reset();

  // "freshet 0.1.0 listening on http://127.0.0.1:40123"
  std::string said;
  char letter = 0;
  while (read(out.number(), &letter, 1) == 1 && letter != '\n') said += letter;
  const auto colon = said.rfind(':');
  if (colon == std::string::npos) throw std::runtime_error("the server says: " + said);
  port_ = static_cast<std::uint16_t>(std::stoul(said.substr(colon + 1)));
}

unsigned Served::thread_count() const {
  std::ifstream status("/proc/" + std::to_string(process_) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Threads:")) return static_cast<unsigned>(std::stoul(line.substr(8)));
  }
  return 0;
}

void Served::kill() {
  if (process_ <= 0) return;
  ::kill(process_, SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

int Served::stop() {
  ::kill(process_, SIGTERM);
  int status = 0;
  waitpid(process_, &status, 0);
  process_ = -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace freshet::tests
