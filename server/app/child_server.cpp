#include "app/child_server.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace freshet::app {
namespace {

// What the child says first: "freshet 0.1.0 listening on http://127.0.0.1:PORT".
std::string first_line(int descriptor) {
  std::string line;
  for (char c = 0; ::read(descriptor, &c, 1) == 1 && c != '\n';) line += c;
  return line;
}

// The child's part, between fork and exec, where only few calls are allowed.
[[noreturn]] void become(char* const* words, int out, pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() != parent) ::_exit(1);
  // Signals that our threads do not take are not for the child to ignore.
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::dup2(out, STDOUT_FILENO);
  ::execv("/proc/self/exe", words);
  ::_exit(127);
}

}  // namespace

ChildServer::~ChildServer() { kill(); }

Result<void> ChildServer::start() {
  std::vector<std::string> words{"freshet", "serve", "--listen",
                                 "127.0.0.1:" + std::to_string(port_)};
  words.insert(words.end(), flags_.begin(), flags_.end());
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  int out[2];
  if (::pipe2(out, O_CLOEXEC) != 0) {
    return Error{ErrorCode::internal, std::string("cannot make a pipe: ") + std::strerror(errno)};
  }
  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ == 0) become(arguments.data(), out[1], parent);
  ::close(out[1]);
  const std::string line = pid_ > 0 ? first_line(out[0]) : std::string{};
  ::close(out[0]);
  const std::size_t colon = line.rfind(':');
  if (line.find("listening on") == std::string::npos || colon == std::string::npos) {
    kill();
    return Error{ErrorCode::internal, "the server did not start"};
  }
  port_ = static_cast<std::uint16_t>(std::atoi(line.c_str() + colon + 1));
  return {};
}

void ChildServer::kill() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace freshet::app
