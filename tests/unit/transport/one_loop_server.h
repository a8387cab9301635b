// One loop with its hub on a port of its own: what transports need to live in, and no more. Tests
// reach into it with run(); what comes out is read by raw clients.
#pragma once

#include <cstdint>
#include <functional>
#include <latch>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "log/shared_log.h"
#include "park/loops.h"
#include "transport/routes.h"
#include "unit/park/loopback.h"

namespace freshet::server {

class OneLoopServer {
 public:
  // `make` makes what answers; the routes of the protocol unless a test brings its own.
  explicit OneLoopServer(
      const std::function<void(ServerContext&)>& set_up = {},
      std::function<std::unique_ptr<park::RequestHandler>(park::Loop&, ServerContext&)> make = {})
      : context(log) {
    if (set_up) set_up(context);
    const std::string fault =
        loops_.start(park::one_loop(), [this, make = std::move(make)](park::Loop& loop) {
          return make ? make(loop, context) : make_routes(loop);
        });
    if (!fault.empty()) throw std::runtime_error(fault);
  }
  ~OneLoopServer() { loops_.stop(); }

  park::LoopbackClient connect(int receive_buffer_bytes = 0) {
    return park::LoopbackClient(loops_.port(), "127.0.0.1", receive_buffer_bytes);
  }

  // Runs `task` on the loop's thread and returns when it has.
  void run(const std::function<void(park::Loop&)>& task) {
    std::latch done(1);
    park::Loop& loop = loops_.loop(0);
    loop.post([&] {
      task(loop);
      done.count_down();
    });
    done.wait();
  }

  // Of the routes of the protocol: ends every stream and poll, as a server does that stops.
  void drain() {
    run([this](park::Loop&) { routes_->live().drain(Duration{0}); });
  }

  std::uint64_t publish(std::string_view topic, std::string_view data) {
    std::uint64_t id = 0;
    log.append({.topic = topic, .data = data}, {},
               [&](const Result<Appended>& appended) { id = appended ? appended->id : 0; });
    return id;
  }
  std::string cursor(std::uint64_t id) const { return log.epoch() + ":" + std::to_string(id); }

  SharedLog log{1};
  ServerContext context;

 private:
  std::unique_ptr<park::RequestHandler> make_routes(park::Loop& loop) {
    auto routes = std::make_unique<LoopHandler>(loop, context, EngineOptions{});
    routes_ = routes.get();
    return routes;
  }

  LoopHandler* routes_ = nullptr;
  park::Loops loops_;
};

}  // namespace freshet::server
