// The server of a simulation: the real log, hub and admission, behind simulated connections instead
// of parked ones.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "admission/admission.h"
#include "core/action.h"
#include "core/random.h"
#include "freshet/transport.h"
#include "hub/hub.h"
#include "log/memory_log.h"
#include "sim/history.h"
#include "sim/link.h"
#include "sim/schedule.h"

namespace freshet::sim {

struct ServerOptions {
  server::Retention retention;
  server::TopicRules rules;
  std::size_t backlog_bytes_max = 64 * 1024;
  Duration ping{25'000};
  Duration window{2'000};
  std::size_t outbox_bytes_max = 64 * 1024;
  std::size_t outbox_low_bytes = 8 * 1024;
  // Newcomers a second, and at once; whoever comes above is given a ticket.
  double admission_rate = 1'000'000;
  double admission_burst = 1'000'000;
};

class Peer;

class ServerNode final : private server::LogFollower {
 public:
  ServerNode(Schedule& schedule, core::Random& random, History& history, ServerOptions options);
  // Another node on the log of `first`, which outlives it and is never started without its log.
  ServerNode(const ServerNode& first, ServerOptions options);
  ~ServerNode();

  // Whether it takes newcomers.
  bool up() const { return running() && !draining_; }
  bool running() const { return hub_ != nullptr; }

  // Its machine or process is gone: every connection breaks, some without a word.
  void crash();
  // Its process is asked to end: everybody is told a time of its own and let go, at once or one by
  // one over `spread`, while the others go on hearing what is published.
  void drain(Duration spread);
  // It comes back, with what the log held or with a new log.
  void start(bool keep_log);

  // A stream or one poll arrives. `target` is its path and query.
  void accept(LinkRef link, Transport transport, std::string_view target, std::string_view body);

  // Whether a POST to this target may be answered: it names no epoch, or this log's.
  bool accepts_publishes(std::string_view target) const;
  // A publish arrives over HTTP.
  Result<std::uint64_t> publish(std::string topic, std::string data, std::string_view key);

  // What admission has counted, over all lives of the process.
  std::uint64_t refused() const;
  std::uint64_t tickets_honoured() const;

  // Whom its drains have let go, over all lives of the process.
  std::size_t let_go() const { return let_go_; }

  // Where a subscriber is that has everything.
  Place head() const;

 private:
  friend class Peer;

  server::Verdict ask(const std::string& client, const std::string& ticket, bool poll);
  void let_go_of_next(Duration pause);
  void end_process();

  void head_moved() noexcept override { pump_soon(); }
  void pump_soon();
  void arm_tick();
  server::Instant instant() const { return server::Instant{schedule_.now().since_zero}; }

  Schedule& schedule_;
  core::Random& random_;
  History& history_;
  ServerOptions options_;
  std::shared_ptr<server::MemoryLog> log_;
  std::unique_ptr<server::Hub> hub_;
  std::optional<server::Admission> admission_;
  std::uint64_t refused_before_ = 0;
  std::uint64_t honoured_before_ = 0;
  std::map<unsigned, std::unique_ptr<Peer>> peers_;  // By the order of their coming.
  unsigned accepted_ = 0;
  std::uint64_t life_ = 0;  // Events of an earlier life of the process are void.
  bool pump_set_ = false;
  bool tick_set_ = false;
  bool draining_ = false;
  std::size_t let_go_ = 0;
  unsigned clients_ = 0;
};

}  // namespace freshet::sim
