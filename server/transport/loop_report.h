// LoopReport: adds what one loop and its hub have counted to the counts of the whole server, so
// that the hot path raises plain numbers of its own and shares none. LiveLoop reports once a
// second.
#pragma once

#include <cstdint>

#include "hub/hub.h"
#include "park/loop.h"
#include "transport/message_deflate.h"
#include "transport/server_context.h"

namespace freshet::server {

// Threads: its loop's. Lifetime: takes the loop's part of every gauge back when destroyed.
class LoopReport {
 public:
  explicit LoopReport(ServerContext& context)
      : counts_(context.counts), overload_(context.overload) {}
  ~LoopReport();
  LoopReport(const LoopReport&) = delete;
  LoopReport& operator=(const LoopReport&) = delete;

  // Adds the difference to the last report.
  void report(const HubCounts& hub, const park::LoopCounters& sockets);

  // The same of what it compressed.
  void report(const DeflateCounts& deflate);

  // The part of it that overload depends on: bytes that wait in the outboxes.
  void report_outboxes(const park::LoopCounters& sockets);

 private:
  struct Sockets {
    std::uint64_t accept_pauses = 0;
    std::uint64_t idle_closed = 0;
    std::uint64_t request_timeouts = 0;
    std::uint64_t idle_timeouts = 0;
    std::uint64_t write_stalls = 0;
    std::uint64_t linger_timeouts = 0;
    std::uint64_t pipelined_full = 0;
  };

  ServerCounts& counts_;
  Overload& overload_;
  HubCounts hub_;
  DeflateCounts deflate_;
  Sockets sockets_;
  std::int64_t connections_ = 0;
  std::int64_t outbox_bytes_ = 0;
};

}  // namespace freshet::server
