#include "native/event_loop.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <chrono>
#include <climits>
#include <system_error>

namespace freshet::native {

namespace {

constexpr std::uint64_t wake_mark = ~std::uint64_t{0};
// One round's events; the rest come in the next.
constexpr std::size_t events_max = 256;

std::uint64_t mark_of(int descriptor, std::uint32_t generation) {
  return std::uint64_t{generation} << 32 | static_cast<std::uint32_t>(descriptor);
}

}  // namespace

EventLoop::EventLoop()
    : epoll_(epoll_create1(EPOLL_CLOEXEC)), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  // Without descriptors there is no client; the constructor of the first one is where it shows.
  if (!epoll_ || !wake_) throw std::system_error(errno, std::generic_category(), "no event loop");
  epoll_event event{.events = EPOLLIN, .data = {.u64 = wake_mark}};
  epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, wake_.number(), &event);
}

EventLoop::~EventLoop() { assert(timers_.empty()); }

Duration EventLoop::now() {
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now().time_since_epoch());
}

void EventLoop::run(const std::function<bool()>& idle, Duration grace) {
  thread_ = std::this_thread::get_id();
  for (;;) {
    wait();
    run_tasks();
    run_timers();
    end_turn();
    const std::lock_guard lock(mutex_);
    if (!stopped_ || !tasks_.empty()) continue;
    if (!deadline_) deadline_ = now() + grace;
    if (idle() || now() >= *deadline_) break;
  }
}

void EventLoop::post(Task task) {
  bool first = false;
  {
    const std::lock_guard lock(mutex_);
    first = tasks_.empty();
    tasks_.push_back(std::move(task));
  }
  // Those behind the first find the loop already woken.
  if (first) eventfd_write(wake_.number(), 1);
}

void EventLoop::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  // Under the lock: the loop may be gone once it has been released.
  eventfd_write(wake_.number(), 1);
}

void EventLoop::watch(int descriptor, std::uint32_t events, Watcher& watcher) {
  const auto index = static_cast<std::size_t>(descriptor);
  if (index >= watches_.size()) watches_.resize(std::max(index + 1, watches_.size() * 2));
  Watch& watch = watches_[index];
  const bool fresh = watch.watcher == nullptr;
  if (fresh) ++watch.generation;
  watch.watcher = &watcher;
  epoll_event event{.events = events, .data = {.u64 = mark_of(descriptor, watch.generation)}};
  const int operation = fresh ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (epoll_ctl(epoll_.number(), operation, descriptor, &event) == 0) return;
  // libcurl may close a descriptor and be given the same number again without saying so between.
  if (errno == ENOENT) epoll_ctl(epoll_.number(), EPOLL_CTL_ADD, descriptor, &event);
  if (errno == EEXIST) epoll_ctl(epoll_.number(), EPOLL_CTL_MOD, descriptor, &event);
}

void EventLoop::unwatch(int descriptor) {
  const auto index = static_cast<std::size_t>(descriptor);
  if (index >= watches_.size() || watches_[index].watcher == nullptr) return;
  watches_[index].watcher = nullptr;
  epoll_ctl(epoll_.number(), EPOLL_CTL_DEL, descriptor, nullptr);
}

void EventLoop::wait() {
  std::array<epoll_event, events_max> events;
  const int count = epoll_wait(epoll_.number(), events.data(), static_cast<int>(events.size()),
                               wait_milliseconds());
  for (int i = 0; i < count; ++i) {
    const std::uint64_t mark = events[static_cast<std::size_t>(i)].data.u64;
    if (mark == wake_mark) {
      eventfd_t ignored = 0;
      eventfd_read(wake_.number(), &ignored);
      continue;
    }
    const auto descriptor = static_cast<std::uint32_t>(mark);
    const Watch& watch = watches_[descriptor];
    if (watch.watcher == nullptr || watch.generation != mark >> 32) continue;
    watch.watcher->on_ready(static_cast<int>(descriptor),
                            events[static_cast<std::size_t>(i)].events);
  }
}

void EventLoop::run_tasks() {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (Task& task : tasks) {
    task();
    // What it holds goes now, on this thread, not when the others are done.
    task = nullptr;
  }
}

void EventLoop::run_timers() {
  const Duration turn = now();
  // What is set meanwhile comes in the next turn, so that descriptors get theirs.
  timers_floor_ = turn + Duration{1};
  while (!timers_.empty() && timers_.begin()->first <= turn) {
    LoopTimer& timer = *timers_.begin()->second;
    timers_.erase(timers_.begin());
    timer.queued_.reset();
    if (!timer.wanted_) continue;
    if (*timer.wanted_ > turn) {
      timer.set(timer.wanted_);
      continue;
    }
    timer.wanted_.reset();
    timer.task_();
  }
  timers_floor_ = Duration{0};
}

void EventLoop::end_turn() {
  while (!turn_end_.empty() || !retired_.empty()) {
    // All tasks first, also those put off by others: they may be of what was given up.
    while (!turn_end_.empty()) {
      for (Task& task : std::exchange(turn_end_, {})) task();
    }
    std::exchange(retired_, {}).clear();
  }
}

int EventLoop::wait_milliseconds() const {
  std::optional<Duration> until = deadline_;
  if (!timers_.empty()) until = std::min(until.value_or(Duration::max()), timers_.begin()->first);
  if (!until) return -1;
  return static_cast<int>(std::clamp<Duration::rep>((*until - now()).count(), 0, INT_MAX));
}

LoopTimer::~LoopTimer() {
  if (queued_) loop_.timers_.erase({*queued_, this});
}

void LoopTimer::set(std::optional<Duration> at) {
  wanted_ = at;
  if (!at) return;
  const Duration place = std::max(*at, loop_.timers_floor_);
  if (queued_ && *queued_ <= place) return;
  if (queued_) loop_.timers_.erase({*queued_, this});
  queued_ = place;
  loop_.timers_.emplace(place, this);
}

}  // namespace freshet::native
