#include "park/loop.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <system_error>
#include <utility>

namespace freshet::park {
namespace {

// Newcomers taken per listener and turn, so that a flood of them does not starve the others.
constexpr int accepts_per_turn = 64;
constexpr Duration accept_pause{1'000};
// Turns that close_everything() gives to what is told of the end.
constexpr int closing_rounds_max = 100;

// What an epoll event belongs to: a Connection's address, which is even, or one of these.
constexpr std::uint64_t wake_tag = 1;
constexpr std::uint64_t listener_flag = 3;

std::uint64_t listener_tag(int fd) { return (static_cast<std::uint64_t>(fd) << 2) | listener_flag; }

// Empties the list of a turn's connections, and keeps its memory only where it is little: after a
// broadcast to very many it would be held for good.
template <typename T>
void clear_list(std::vector<T>& list) {
  constexpr std::size_t kept_max = 256;
  if (list.capacity() > kept_max) std::vector<T>().swap(list);
  list.clear();
}

bool somebody_waits(int listener_fd) {
  pollfd one{.fd = listener_fd, .events = POLLIN, .revents = 0};
  return ::poll(&one, 1, 0) > 0;
}

void watch(int epoll_fd, int operation, int fd, std::uint32_t events, std::uint64_t tag) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  if (::epoll_ctl(epoll_fd, operation, fd, &event) != 0) {
    throw std::system_error(errno, std::generic_category(), "epoll_ctl");
  }
}

}  // namespace

Loop::Loop(LoopOptions options)
    : options_(std::move(options)),
      now_(std::chrono::steady_clock::now()),
      flush_(make_flush(options_.io)),
      io_(flush_->io()),
      epoll_fd_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(std::make_shared<Wake>()),
      scratch_(new char[scratch_bytes]),
      request_(1, options_.request_time_max),
      idle_(2, options_.keep_alive_max),
      stall_(3, options_.write_stall_max),
      linger_(4, options_.linger_max),
      resting_(5, Duration{0}) {
  if (epoll_fd_ < 0) throw std::system_error(errno, std::generic_category(), "epoll_create1");
  watch(epoll_fd_, EPOLL_CTL_ADD, wake_->fd(), EPOLLIN | EPOLLET, wake_tag);
}

Loop::~Loop() {
  close_everything();
  ::close(epoll_fd_);
}

void Loop::add_listener(int fd) {
  listeners_.push_back(fd);
  // Level-triggered: what accept_some() leaves is reported again.
  watch(epoll_fd_, EPOLL_CTL_ADD, fd, EPOLLIN, listener_tag(fd));
}

void Loop::run() {
  while (!stopping_.load(std::memory_order_acquire)) run_once(Duration::max());
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  close_everything();
  thread_.store(std::thread::id{}, std::memory_order_relaxed);
}

void Loop::run_once(Duration wait_max) {
  thread_.store(std::this_thread::get_id(), std::memory_order_relaxed);
  std::array<epoll_event, 512> events;
  const int count = ::epoll_wait(epoll_fd_, events.data(), static_cast<int>(events.size()),
                                 wait_milliseconds(wait_max));
  now_ = std::chrono::steady_clock::now();
  add(counters_.turns_total, 1);
  run_ready();
  for (int i = 0; i < count; ++i) {
    const auto& event = events[static_cast<std::size_t>(i)];
    handle_event(event.data.u64, event.events);
  }
  run_posted();
  run_deadlines();
  run_turn_end();
  flush_all();
  free_retired();
  free_closed();
}

void Loop::stop() {
  stopping_.store(true, std::memory_order_release);
  wake_->push([] {});
}

void Loop::stop_accepting() {
  for (const int fd : listeners_) ::close(fd);
  listeners_.clear();
  if (accept_timer_ != 0) timers_.cancel(std::exchange(accept_timer_, 0));
}

void Loop::post(Task task) { wake_->push(std::move(task)); }

void Loop::at_turn_end(Task task) { turn_end_tasks_.push_back(std::move(task)); }

TimerId Loop::after(Duration delay, Task task) {
  return timers_.set(now_ + delay, std::move(task));
}

bool Loop::cancel(TimerId id) { return timers_.cancel(id); }

bool Loop::in_loop_thread() const {
  return thread_.load(std::memory_order_relaxed) == std::this_thread::get_id();
}

// ---- A turn, top-down.

int Loop::wait_milliseconds(Duration wait_max) const {
  if (!ready_list_.empty() || !flush_list_.empty() || !turn_end_tasks_.empty() ||
      !retired_.empty() || wake_->pending()) {
    return 0;
  }
  std::optional<Instant> due = timers_.next_due();
  for (const DeadlineList* list : {&request_, &idle_, &stall_, &linger_}) {
    const auto next = list->next_due();
    if (next && (!due || *next < *due)) due = next;
  }
  constexpr Duration longest{60'000};
  Duration wait = std::min(wait_max, longest);
  if (due) {
    // Rounded up: a turn before the deadline would find nothing due and spin.
    const auto left = std::chrono::ceil<Duration>(*due - std::chrono::steady_clock::now());
    wait = std::clamp(left, Duration{0}, wait);
  }
  return static_cast<int>(wait.count());
}

void Loop::handle_event(std::uint64_t tag, std::uint32_t events) {
  if (tag == wake_tag) return;  // run_posted() looks for itself.
  if ((tag & listener_flag) == listener_flag) {
    accept_some(static_cast<int>(tag >> 2));
    return;
  }
  reinterpret_cast<Connection*>(tag)->handle_events(events);
}

void Loop::accept_some(int listener_fd) {
  // A task of this turn may have closed it.
  if (std::find(listeners_.begin(), listeners_.end(), listener_fd) == listeners_.end()) return;
  for (int i = 0; i < accepts_per_turn; ++i) {
    const int fd = ::accept4(listener_fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
        // The kernel looks for a descriptor first, and says so though nobody waits.
        if (!somebody_waits(listener_fd)) return;
        if (close_idle()) continue;
        make_room();
        return;
      }
      if (errno == EAGAIN || errno == EWOULDBLOCK) return;
      continue;  // The newcomer has gone already (ECONNABORTED and the like).
    }
    auto* connection = new Connection(*this, fd);
    ++connection_count_;
    note_accepted();
    // The only epoll_ctl of its life: edges say when input or room for output has come.
    epoll_event event{};
    event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    event.data.u64 = reinterpret_cast<std::uint64_t>(connection);
    if (::epoll_ctl(epoll_fd_, EPOLL_CTL_ADD, fd, &event) != 0) {
      connection->close_socket(CloseReason::local);
      pause_accepting();  // ENOSPC or ENOMEM: the system's limit of watched descriptors.
      tell_paused();
      return;
    }
  }
}

// Closes the connection that has waited longest for its next request: its client may come again,
// where a newcomer cannot come at all. False when there is none.
bool Loop::close_idle() {
  while (!idle_.empty()) {
    auto& connection = static_cast<Connection&>(idle_.first());
    char byte = 0;
    if (::recv(connection.fd_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) {
      add(counters_.idle_closed_total, 1);
      connection.close_socket(CloseReason::local);
      return true;
    }
    // Its next request is here, and only its event is still to be handled.
    connection.handle_events(EPOLLIN);
  }
  return false;
}

// No descriptor, and no idle connection of this loop: one of another loop will do.
void Loop::make_room() {
  pause_accepting();
  // Asked twice, the others would close two for one newcomer.
  if (!std::exchange(room_asked_, true)) next_->make_room_for(*this);
}

void Loop::make_room_for(Loop& asker) {
  if (this == &asker) return asker.end_asking(false);
  post([this, &asker] {
    const bool made = close_idle();
    if (!made && next_ != &asker) return next_->make_room_for(asker);
    asker.post([&asker, made] { asker.end_asking(made); });
  });
}

void Loop::end_asking(bool room_made) {
  room_asked_ = false;
  if (room_made) {
    resume_accepting();
  } else {
    tell_paused();
  }
}

void Loop::pause_accepting() {
  if (accept_timer_ != 0) return;
  watch_listeners(false);
  accept_timer_ = timers_.set(now_ + accept_pause, [this] { resume_accepting(); });
}

void Loop::tell_paused() {
  // Trying again in vain is the same shortage, and told once.
  if (std::exchange(out_of_files_, true)) return;
  add(counters_.accept_pauses_total, 1);
  if (options_.on_accept_paused) options_.on_accept_paused();
}

void Loop::note_accepted() {
  add(counters_.accepted_total, 1);
  add(counters_.connections, 1);
  if (!std::exchange(out_of_files_, false)) return;
  if (options_.on_accept_resumed) options_.on_accept_resumed();
}

void Loop::resume_accepting() {
  if (accept_timer_ == 0) return;
  timers_.cancel(std::exchange(accept_timer_, 0));
  watch_listeners(true);
}

void Loop::watch_listeners(bool on) {
  for (const int fd : listeners_) {
    watch(epoll_fd_, EPOLL_CTL_MOD, fd, on ? EPOLLIN : 0u, listener_tag(fd));
  }
}

void Loop::run_ready() {
  std::vector<Connection*> ready;
  ready.swap(ready_list_);
  for (Connection* connection : ready) {
    connection->in_ready_list_ = false;
    if (connection->phase_ != Connection::Phase::closed) connection->handle_ready();
  }
}

void Loop::run_posted() {
  if (!wake_->pending()) return;
  for (Task& task : wake_->take()) task();
}

void Loop::run_deadlines() {
  for (DeadlineList* list : {&request_, &idle_, &stall_, &linger_}) {
    while (DeadlineNode* node = list->pop_due(now_)) {
      static_cast<Connection*>(node)->handle_deadline(*list);
    }
  }
  timers_.run_due(now_);
}

void Loop::run_turn_end() {
  std::vector<Task> tasks;
  tasks.swap(turn_end_tasks_);
  for (Task& task : tasks) task();
}

void Loop::flush_all() {
  flush_items_.clear();
  flush_items_.reserve(flush_list_.size());
  for (Connection* connection : flush_list_) {
    connection->in_flush_list_ = false;
    if (connection->phase_ == Connection::Phase::closed) continue;
    connection->join_waiting();
    flush_items_.push_back({.fd = connection->fd_,
                            .outbox = &connection->outbox_,
                            .owner = connection,
                            .ends = connection->phase_ == Connection::Phase::flushing});
  }
  clear_list(flush_list_);
  joiner_.clear();
  if (flush_items_.empty()) return;
  flush_->flush(flush_items_);
  add(counters_.sends_total, flush_->take_call_count());
  io_.store(flush_->io(), std::memory_order_relaxed);
  // Told only now: what a Parked object sends from here joins the next turn's flush.
  for (const FlushItem& item : flush_items_) {
    count_outbox(-static_cast<std::int64_t>(item.sent_bytes));
    add(counters_.sent_bytes_total, item.sent_bytes);
    static_cast<Connection*>(item.owner)->handle_flushed(item.sent_bytes, item.failed);
  }
  clear_list(flush_items_);
}

void Loop::free_retired() {
  std::vector<Retired> retired;
  retired.swap(retired_);
  for (Retired& one : retired) {
    if (one.reason) one.parked->handle_closed(*one.reason);
  }
}

void Loop::free_closed() {
  std::vector<Connection*> kept;
  for (Connection* connection : closed_list_) {
    // One that a list or a Parked still to be told refers to waits for the next turn.
    if (connection->in_flush_list_ || connection->in_ready_list_ || !retired_.empty()) {
      kept.push_back(connection);
      continue;
    }
    --connection_count_;
    add(counters_.connections, -1);
    delete connection;
  }
  const bool freed = kept.size() < closed_list_.size();
  closed_list_.swap(kept);
  if (freed) resume_accepting();
}

void Loop::close_everything() {
  stop_accepting();
  // What is told may start something new, but not without end.
  for (int round = 0; round < closing_rounds_max; ++round) {
    for (DeadlineList* list : {&request_, &idle_, &stall_, &linger_, &resting_}) {
      while (!list->empty()) {
        static_cast<Connection&>(list->first()).close_socket(CloseReason::stop);
      }
    }
    run_ready();
    flush_all();
    free_retired();
    free_closed();
    if (connection_count_ == 0 && retired_.empty()) return;
  }
}

// ---- For Connection.

void Loop::add_to_flush(Connection& connection) {
  if (connection.in_flush_list_) return;
  connection.in_flush_list_ = true;
  flush_list_.push_back(&connection);
}

void Loop::add_to_ready(Connection& connection) {
  if (connection.in_ready_list_) return;
  connection.in_ready_list_ = true;
  ready_list_.push_back(&connection);
}

void Loop::add_to_closed(Connection& connection) { closed_list_.push_back(&connection); }

void Loop::retire(std::unique_ptr<Parked> parked, std::optional<CloseReason> reason) {
  retired_.push_back({std::move(parked), reason});
}

}  // namespace freshet::park
