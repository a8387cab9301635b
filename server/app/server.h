// Server: everything `freshet serve` runs, as one object; the integration tests start it in their
// own process.
#pragma once

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "admission/admission.h"
#include "compress/compression.h"
#include "freshet/result.h"
#include "guard/limits.h"
#include "log/shared_log.h"
#include "park/loops.h"
#include "transport/live_loop.h"
#include "transport/server_context.h"

namespace freshet::app {

struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  // 0 lets the kernel choose.
  unsigned loops = 0;         // 0 is one per core.
  // Who may publish: whoever has this key; everybody when it is empty.
  std::string publish_key;
  // Leave to listen on more than loopback without a publish key.
  bool open = false;
  std::vector<std::string> allowed_origins;  // Of pages that other servers served.
  std::filesystem::path demo;                // A folder of pages to serve; empty for none.
  bool echo = false;                         // Serve /v1/echo for conformance suites.
  Duration ping{25'000};                     // 100 ms to 1 hour.
  server::AdmissionOptions admission;
  server::Retention retention;
  server::TopicRules rules;  // What slow readers lose.
  server::Limits limits;
  server::Compression compression;
  server::GzipOptions gzip;
  // Of each connection. What a body and an outbox may hold follows from `limits`.
  park::LoopOptions connection;
  Duration drain_max{20'000};  // The longest drain() takes.
  Duration drain_spread{0};    // Over how long drain() lets its clients go.
  // Asks the program to call drain(), for POST /v1/admin/drain; from any thread. Empty: no such
  // path.
  std::function<void()> on_drain;
};

// Threads: one starts and stops it; its loops run on threads of their own.
class Server {
 public:
  explicit Server(ServerOptions options);
  ~Server();  // Stops.
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Listens and serves when it returns. Fails with invalid_argument when an option cannot be (an
  // address that others can reach without key or leave), else with unreachable: port in use.
  Result<void> start();

  // Is not ready any more, refuses newcomers, tells each client its own time to return and closes
  // everything: over drain_spread, within drain_max. Safe to repeat.
  void drain() { drain(options_.drain_spread, options_.drain_max); }
  // The same at once, within two seconds.
  void stop() { drain(Duration{0}, std::min(options_.drain_max, Duration{2'000})); }

  std::uint16_t port() const { return loops_.port(); }
  const std::vector<std::string>& endpoints() const { return loops_.endpoints(); }
  std::size_t loop_count() const { return loops_.size(); }
  // What the loops send by. REQUIRES: started.
  park::Io io() { return loops_.loop(0).io(); }
  const server::ServerContext& context() const { return context_; }
  server::SharedLog& log() { return log_; }

 private:
  class Handler;

  void drain(Duration spread, Duration max);
  Result<void> check() const;
  park::LoopsOptions loops_options() const;
  bool anybody_left();

  ServerOptions options_;
  server::SharedLog log_;
  server::ServerContext context_;
  std::mutex handlers_mutex_;
  std::vector<Handler*> handlers_;  // One per loop; the first keeps house.
  park::Loops loops_;
};

}  // namespace freshet::app
