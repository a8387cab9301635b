#include "park/wake.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <system_error>
#include <utility>

namespace freshet::park {

Wake::Wake() : fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  if (fd_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
}

Wake::~Wake() { ::close(fd_); }

void Wake::push(Task task) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    tasks_.push_back(std::move(task));
    first = !pending_.exchange(true, std::memory_order_acq_rel);
  }
  if (!first) return;
  const std::uint64_t one = 1;
  // Cannot fail but when the counter is at its maximum, and then the loop is awake anyway.
  [[maybe_unused]] const auto written = ::write(fd_, &one, sizeof one);
}

std::vector<Task> Wake::take() {
  std::uint64_t count = 0;
  // Emptied before the queue is taken: a push in between writes again, and no wake is lost.
  [[maybe_unused]] const auto read = ::read(fd_, &count, sizeof count);
  std::vector<Task> tasks;
  const std::lock_guard lock(mutex_);
  pending_.store(false, std::memory_order_release);
  tasks.swap(tasks_);
  return tasks;
}

}  // namespace freshet::park
