// Every test binary's own limit for each case: one that is not done by then is named, with what its
// threads and child processes wait in, and ends the run.
//
// A signal from outside could not do that: ThreadSanitizer holds signals back from threads that
// wait in pthread_join(), recv() or a futex, and reports what Catch2 does in its handler.
#include <dirent.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch_test_case_info.hpp>
#include <catch2/catch_test_macros.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

extern char** environ;

namespace freshet::tests {
namespace {

using SteadyClock = std::chrono::steady_clock;
using std::chrono::seconds;

// FRESHET_CASE_SECONDS in the environment takes its place; 0 is no limit, for a debugger's sake.
seconds case_time_max() {
  const char* const text = std::getenv("FRESHET_CASE_SECONDS");
  return seconds{text != nullptr ? std::atol(text) : FRESHET_CASE_SECONDS};
}

std::vector<std::string> names_in(const std::string& folder) {
  std::vector<std::string> names;
  DIR* const open = ::opendir(folder.c_str());
  if (open == nullptr) return names;
  while (const dirent* const entry = ::readdir(open)) {
    if (entry->d_name[0] != '.') names.emplace_back(entry->d_name);
  }
  ::closedir(open);
  return names;
}

std::string line_of(const std::string& file) {
  std::ifstream content(file);
  std::string line;
  std::getline(content, line);
  return line;
}

// A process and all it started, parents first.
std::vector<std::string> with_children(const std::string& id) {
  std::vector<std::string> all{id};
  for (const std::string& thread : names_in("/proc/" + id + "/task")) {
    std::ifstream children("/proc/" + id + "/task/" + thread + "/children");
    for (std::string child; children >> child;) {
      for (std::string& one : with_children(child)) all.push_back(std::move(one));
    }
  }
  return all;
}

// Where each thread is in the kernel: "0x…" are the number and arguments of its system call.
void tell_threads(const std::string& id) {
  std::string command = line_of("/proc/" + id + "/cmdline");
  for (char& c : command) c = c == '\0' ? ' ' : c;
  std::fprintf(stderr, "process %s: %s\n", id.c_str(), command.c_str());
  for (const std::string& thread : names_in("/proc/" + id + "/task")) {
    const std::string folder = "/proc/" + id + "/task/" + thread + "/";
    std::fprintf(stderr, "  thread %s %s: in %s, %s\n", thread.c_str(),
                 line_of(folder + "comm").c_str(), line_of(folder + "wchan").c_str(),
                 line_of(folder + "syscall").c_str());
  }
}

// By gdb, where it is installed.
void tell_stacks(const std::string& id) {
  ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  const char* const words[] = {
      "timeout", "60",       "gdb",  "-nx", "-batch", "-ex", "thread apply all backtrace 40",
      "-p",      id.c_str(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  pid_t debugger = -1;
  if (::posix_spawnp(&debugger, words[0], &actions, nullptr, const_cast<char**>(words), environ) ==
      0) {
    ::waitpid(debugger, nullptr, 0);
  }
  posix_spawn_file_actions_destroy(&actions);
}

// From its own thread, whatever the others are stuck in.
[[noreturn]] void end_run(const std::string& name, seconds limit) {
  std::fprintf(stderr, "\ntests/case_limit.cpp: not done after %lld s: %s\n",
               static_cast<long long>(limit.count()), name.c_str());
  const std::string self = std::to_string(::getpid());
  const std::vector<std::string> all = with_children(self);
  for (const std::string& id : all) tell_threads(id);
  if (::access("/usr/bin/gdb", X_OK) == 0) {
    for (const std::string& id : all) tell_stacks(id);
  }
  for (const std::string& id : all) {
    if (id != self) ::kill(static_cast<pid_t>(std::atol(id.c_str())), SIGKILL);
  }
  std::_Exit(1);
}

class CaseLimit final : public Catch::EventListenerBase {
 public:
  using EventListenerBase::EventListenerBase;
  ~CaseLimit() override { stop(); }

  void testRunStarting(const Catch::TestRunInfo&) override {
    if (limit_ <= seconds{0}) return;
    // Signals are for the test's own threads.
    sigset_t all;
    sigset_t before;
    ::sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);
    thread_ = std::thread([this] { watch(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }
  // Once for each value that a case generates.
  void testCasePartialStarting(const Catch::TestCaseInfo& info, std::uint64_t part) override {
    const std::lock_guard lock(mutex_);
    name_ = "\"" + info.name + "\" (" + info.lineInfo.file + ":" +
            std::to_string(info.lineInfo.line) + "), run " + std::to_string(part + 1);
    deadline_ = SteadyClock::now() + limit_;
    changed_.notify_all();
  }
  void testRunEnded(const Catch::TestRunStats&) override { stop(); }

 private:
  void watch() {
    std::unique_lock lock(mutex_);
    while (!over_) {
      if (name_.empty()) {
        changed_.wait(lock);
      } else if (SteadyClock::now() >= deadline_) {
        end_run(name_, limit_);
      } else {
        changed_.wait_until(lock, deadline_);
      }
    }
  }
  void stop() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard lock(mutex_);
      over_ = true;
      changed_.notify_all();
    }
    thread_.join();
  }

  const seconds limit_ = case_time_max();
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string name_;
  SteadyClock::time_point deadline_;
  bool over_ = false;
  std::thread thread_;
};

CATCH_REGISTER_LISTENER(CaseLimit)

// Run by ctest's unit_case_limit alone. It waits as a thread does that ThreadSanitizer gives no
// signal.
TEST_CASE("a case that never ends", "[.never-ends]") {
  std::promise<void> never;
  never.get_future().wait();
}

}  // namespace
}  // namespace freshet::tests
