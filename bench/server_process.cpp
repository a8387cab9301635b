#include "server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace freshet::bench {

namespace {

using Clock = std::chrono::steady_clock;

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

bool accepts(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(port);
  const bool connected =
      ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return connected;
}

// The number behind "Name:" in a file of /proc/PID, or 0.
std::uint64_t status_field(pid_t pid, const std::string& name) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind(name + ":", 0) == 0) return std::stoull(line.substr(name.size() + 1));
  }
  return 0;
}

}  // namespace

ServerProcess::ServerProcess(std::vector<std::string> command, std::uint16_t port) : port_(port) {
  std::vector<char*> arguments;
  for (std::string& word : command) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  const int failed =
      posix_spawnp(&pid_, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (failed) throw std::runtime_error("cannot start " + command.front());
  const auto deadline = Clock::now() + std::chrono::seconds(10);
  while (!accepts(port_)) {
    if (Clock::now() > deadline || ::waitpid(pid_, nullptr, WNOHANG) != 0) {
      std::string words;
      for (const std::string& word : command) words += word + " ";
      throw std::runtime_error(words + "does not listen on port " + std::to_string(port));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

ServerProcess::~ServerProcess() {
  if (pid_ <= 0) return;
  ::kill(pid_, SIGTERM);
  const auto deadline = Clock::now() + std::chrono::seconds(5);
  while (::waitpid(pid_, nullptr, WNOHANG) == 0) {
    if (Clock::now() > deadline) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
      return;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
}

std::uint64_t ServerProcess::memory_bytes() const { return status_field(pid_, "RssAnon") * 1024; }

unsigned ServerProcess::thread_count() const {
  return static_cast<unsigned>(status_field(pid_, "Threads"));
}

std::size_t ServerProcess::open_files() const {
  std::size_t count = 0;
  const std::filesystem::path files = "/proc/" + std::to_string(pid_) + "/fd";
  for ([[maybe_unused]] const auto& file : std::filesystem::directory_iterator(files)) ++count;
  return count;
}

// From the scheduler's own books: /proc/PID/stat counts in steps of 10 ms.
std::uint64_t ServerProcess::cpu_nanoseconds() const {
  std::uint64_t sum = 0;
  const std::filesystem::path tasks = "/proc/" + std::to_string(pid_) + "/task";
  for (const auto& task : std::filesystem::directory_iterator(tasks)) {
    std::uint64_t used = 0;
    std::ifstream(task.path() / "schedstat") >> used;
    sum += used;
  }
  return sum;
}

std::vector<std::string> pinned_to(int core, const std::vector<std::string>& command) {
  std::vector<std::string> all{"taskset", "-c", std::to_string(core)};
  all.insert(all.end(), command.begin(), command.end());
  return all;
}

void pin_this_process_to(int core) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(core, &set);
  ::sched_setaffinity(0, sizeof set, &set);
}

std::uint16_t free_port() {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = loopback(0);
  // Free on every address: the load's connections come from many, and mosquitto binds to all.
  address.sin_addr.s_addr = htonl(INADDR_ANY);
  socklen_t length = sizeof address;
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&address), length) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &length) == 0;
  ::close(fd);
  if (!bound) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

std::vector<std::string> freshet_serve(const std::string& program, std::uint16_t port) {
  // The peers let everybody in at once, and so must this one for their figures to compare.
  return {program,
          "serve",
          "--listen",
          "127.0.0.1:" + std::to_string(port),
          "--admission-rate",
          "1000000",
          "--admission-burst",
          "1000000"};
}

}  // namespace freshet::bench
