// The pool: binds the port, runs one loop per core, stops them cleanly.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "park/loop.h"
#include "park/options.h"

namespace freshet::park {

struct LoopsOptions {
  ListenOptions listen;
  LoopOptions loop;
  // 0 is one per core that this process may run on.
  unsigned loop_count = 0;
};

// Makes one loop's handler, on that loop's thread before it accepts; destroyed there too, after
// the loop's last connection.
using HandlerFactory = std::function<std::unique_ptr<RequestHandler>(Loop& loop)>;

// Not thread-safe itself: one thread starts and stops it. Destruction stops.
class Loops {
 public:
  Loops() = default;
  ~Loops();
  Loops(const Loops&) = delete;
  Loops& operator=(const Loops&) = delete;

  // Binds every address of listen.host on every loop (SO_REUSEPORT: the kernel spreads newcomers)
  // and starts the threads; returns once every loop accepts. Returns an empty string, or a
  // sentence that says what is wrong and what to do ("port 8080 is in use …"); nothing runs then.
  // A port shared with another process is refused even where the kernel would allow it.
  // REQUIRES: not running.
  [[nodiscard]] std::string start(const LoopsOptions& options, HandlerFactory make_handler);

  // The port listened on, also when 0 was asked for. 0 when not running.
  std::uint16_t port() const { return port_; }

  // What is listened on: "127.0.0.1:8080", "[::1]:8080".
  const std::vector<std::string>& endpoints() const { return endpoints_; }

  std::size_t size() const { return loops_.size(); }

  // REQUIRES: index < size(). Valid until stop() returns.
  Loop& loop(std::size_t index) { return *loops_[index]; }

  // Stops every loop, closes every socket, joins every thread. Safe to repeat.
  void stop();

 private:
  // Both throw what start() returns.
  void bind(const LoopsOptions& options);
  void run(HandlerFactory make_handler);

  std::vector<std::unique_ptr<Loop>> loops_;
  std::vector<std::thread> threads_;
  std::vector<std::string> endpoints_;
  std::uint16_t port_ = 0;
};

}  // namespace freshet::park
