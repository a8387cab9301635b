// A blocking client socket and a scripted server for tests over real loopback connections.
// Every wait has a deadline, so a fault fails the test and does not hang it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "park/flush.h"
#include "park/loops.h"

namespace freshet::park {

inline constexpr std::chrono::seconds patience{10};

// Throws std::runtime_error when something does not happen within `patience`.
class LoopbackClient {
 public:
  explicit LoopbackClient(std::uint16_t port, const std::string& address = "127.0.0.1",
                          int receive_buffer_bytes = 0);
  LoopbackClient(LoopbackClient&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), held_(std::move(other.held_)) {}
  LoopbackClient& operator=(LoopbackClient&&) = delete;
  ~LoopbackClient() { close(); }

  // Blocks until the kernel has taken all. False if the peer has reset the connection.
  bool send(std::string_view bytes);
  void half_close();
  void close();
  void reset();  // Closes with RST.

  // The next `count` bytes, or fewer if the peer ends the connection before.
  std::string read(std::size_t count);
  // Up to and including `end`.
  std::string read_until(std::string_view end);
  // A head and the body that its Content-Length counts.
  std::string read_answer();
  // Everything until the peer ends the connection; a reset counts as an end.
  std::string read_to_end();
  // True if nothing is here to be read now.
  bool quiet();

 private:
  bool wait(short events);
  std::size_t read_some();

  int fd_ = -1;
  std::string held_;
};

// Something that another thread will say.
template <typename T>
class Mailbox {
 public:
  // Tells under the lock: once it is free, the one who waited may destroy the mailbox.
  void put(T value) {
    const std::lock_guard lock(mutex_);
    values_.push_back(std::move(value));
    changed_.notify_all();
  }

  // The next value in order; throws when none comes within `patience`.
  T take() {
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, patience, [&] { return taken_ < values_.size(); })) {
      throw std::runtime_error("nothing came in time");
    }
    return values_[taken_++];
  }

  bool empty() {
    const std::lock_guard lock(mutex_);
    return taken_ == values_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<T> values_;
  std::size_t taken_ = 0;
};

// What a scripted handler is given, copied.
struct Heard {
  std::string path;
  std::string body;
  bool keep_alive;
};

using Script = std::function<Reply(Connection&, const Heard&)>;

// What FRESHET_IO asks for, so that the same tests run with each way to send.
Io io_of_environment();

class LoopbackServer {
 public:
  explicit LoopbackServer(Script script, LoopsOptions options = {});
  ~LoopbackServer() { loops.stop(); }

  LoopbackClient connect() { return LoopbackClient(loops.port()); }

  // Runs `task` on the first loop and returns when it has.
  void run(std::function<void(Loop&)> task);

  std::int64_t sum(std::atomic<std::int64_t> LoopCounters::* counter);
  std::uint64_t sum(std::atomic<std::uint64_t> LoopCounters::* counter);

  Loops loops;
};

// One loop on an ephemeral port of 127.0.0.1.
LoopsOptions one_loop();

// "HTTP/1.1 200 OK" with the body.
std::string ok(std::string_view body, bool keep_alive = true);

std::string get(std::string_view path);
std::string post(std::string_view path, std::string_view body);

// A Parked object that tells what happens to it and does what it is told.
struct ParkedEvents {
  Mailbox<Connection*> parked;
  Mailbox<std::string> bytes;
  Mailbox<CloseReason> closed;
  Mailbox<bool> half_closed;
  Mailbox<bool> destroyed;
  std::function<void(Connection&)> on_parked;
  std::function<void(Connection&, std::string_view)> on_bytes;
  std::function<void(Connection&)> on_low_mark;
  std::function<void(Connection&)> on_half_closed;
  const JoinForm* join_form = nullptr;
};

std::unique_ptr<Parked> scripted_parked(std::shared_ptr<ParkedEvents> events);

}  // namespace freshet::park
