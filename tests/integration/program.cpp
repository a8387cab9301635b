#include "integration/program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <stdexcept>
#include <string_view>

extern char** environ;

namespace freshet::tests {
namespace {

constexpr int patience_ms = 60'000;

std::string_view name_of(std::string_view variable) {
  return variable.substr(0, variable.find('='));
}

std::vector<std::string> environment_with(const Program::Environment& changes) {
  Program::Environment all{{"http_proxy", ""},  {"https_proxy", ""}, {"all_proxy", ""},
                           {"HTTPS_PROXY", ""}, {"ALL_PROXY", ""},   {"no_proxy", ""},
                           {"NO_PROXY", ""}};
  all.insert(all.end(), changes.begin(), changes.end());
  std::vector<std::string> variables;
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const bool changed = std::any_of(all.begin(), all.end(), [&](const auto& change) {
      return change.first == name_of(*variable);
    });
    if (!changed) variables.emplace_back(*variable);
  }
  for (const auto& [name, value] : all) {
    if (!value.empty()) variables.push_back(name + "=" + value);
  }
  return variables;
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Program::Program(std::vector<std::string> words, const Environment& environment, bool errors) {
  std::array<int, 2> ends;
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  output_ = native::Descriptor(ends[0]);
  const native::Descriptor in(ends[1]);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, in.number(), STDOUT_FILENO);
  if (errors) posix_spawn_file_actions_adddup2(&actions, in.number(), STDERR_FILENO);
  std::vector<std::string> variables = environment_with(environment);
  const int failed = posix_spawnp(&id_, words.front().c_str(), &actions, nullptr,
                                  pointers_to(words).data(), pointers_to(variables).data());
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) {
    id_ = -1;
    throw std::runtime_error(words.front() + " cannot be started");
  }
}

std::string Program::read_line() {
  std::size_t end = 0;
  while ((end = held_.find('\n')) == std::string::npos) {
    if (!read_some()) throw std::runtime_error("the program ended its output; last: " + held_);
  }
  std::string line = held_.substr(0, end);
  held_.erase(0, end + 1);
  return line;
}

std::string Program::read_to_end() {
  while (read_some()) {
  }
  return std::exchange(held_, {});
}

bool Program::read_some() {
  pollfd one{.fd = output_.number(), .events = POLLIN, .revents = 0};
  if (poll(&one, 1, patience_ms) != 1) {
    throw std::runtime_error("the program says nothing; so far: " + held_);
  }
  std::array<char, 4096> buffer;
  const ssize_t count = read(output_.number(), buffer.data(), buffer.size());
  if (count <= 0) return false;
  held_.append(buffer.data(), static_cast<std::size_t>(count));
  return true;
}

void Program::signal(int number) const {
  if (id_ > 0) ::kill(id_, number);
}

int Program::wait() {
  const native::Descriptor handle(static_cast<int>(syscall(SYS_pidfd_open, id_, 0)));
  pollfd one{.fd = handle.number(), .events = POLLIN, .revents = 0};
  if (poll(&one, 1, patience_ms) != 1) throw std::runtime_error("the program does not end");
  int status = 0;
  waitpid(std::exchange(id_, -1), &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void Program::kill() {
  if (id_ <= 0) return;
  ::kill(id_, SIGKILL);
  waitpid(std::exchange(id_, -1), nullptr, 0);
}

}  // namespace freshet::tests
