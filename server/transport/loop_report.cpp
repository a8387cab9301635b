#include "transport/loop_report.h"

#include <atomic>
#include <utility>

namespace freshet::server {
namespace {

void rise(Count& count, std::uint64_t now, std::uint64_t& told) {
  count.add(static_cast<std::int64_t>(now - std::exchange(told, now)));
}

void rise(Count& count, const std::atomic<std::uint64_t>& now, std::uint64_t& told) {
  rise(count, now.load(std::memory_order_relaxed), told);
}

void move(Count& gauge, std::int64_t now, std::int64_t& told) {
  if (now != told) gauge.add(now - std::exchange(told, now));
}

}  // namespace

LoopReport::~LoopReport() {
  move(counts_.connections, 0, connections_);
  overload_.add(-outbox_bytes_);
}

void LoopReport::report(const HubCounts& hub, const park::LoopCounters& sockets) {
  LimitCounts& limits = counts_.limits;
  limits.of(LimitName::outbox_bytes)
      .add(static_cast<std::int64_t>(hub.slow_consumers - hub_.slow_consumers));
  rise(limits.of(LimitName::outbox_bytes), hub.drops, hub_.drops);
  rise(counts_.fell_behind, hub.fell_behind, hub_.fell_behind);
  rise(counts_.messages, hub.messages, hub_.messages);
  rise(counts_.deliveries, hub.deliveries, hub_.deliveries);
  rise(counts_.replayed, hub.replayed, hub_.replayed);
  rise(counts_.gaps, hub.gaps, hub_.gaps);
  rise(counts_.slow_consumers, hub.slow_consumers, hub_.slow_consumers);
  rise(limits.of(LimitName::patterns), hub.too_many, hub_.too_many);

  rise(counts_.accept_pauses, sockets.accept_pauses_total, sockets_.accept_pauses);
  rise(counts_.idle_closed, sockets.idle_closed_total, sockets_.idle_closed);
  rise(limits.of(LimitName::request_time), sockets.request_timeouts_total,
       sockets_.request_timeouts);
  rise(limits.of(LimitName::keep_alive), sockets.idle_timeouts_total, sockets_.idle_timeouts);
  rise(limits.of(LimitName::write_stall), sockets.write_stalls_total, sockets_.write_stalls);
  rise(limits.of(LimitName::linger), sockets.linger_timeouts_total, sockets_.linger_timeouts);
  rise(limits.of(LimitName::pipelined_bytes), sockets.pipelined_full_total,
       sockets_.pipelined_full);
  move(counts_.connections, sockets.connections.load(std::memory_order_relaxed), connections_);
  report_outboxes(sockets);
}

void LoopReport::report(const DeflateCounts& deflate) {
  rise(counts_.deflated_messages, deflate.messages, deflate_.messages);
  rise(counts_.deflated_bytes_in, deflate.bytes_in, deflate_.bytes_in);
  rise(counts_.deflated_bytes_out, deflate.bytes_out, deflate_.bytes_out);
  rise(counts_.deflated_deliveries, deflate.deliveries, deflate_.deliveries);
  rise(counts_.inflated_messages, deflate.inflated, deflate_.inflated);
}

void LoopReport::report_outboxes(const park::LoopCounters& sockets) {
  const std::int64_t now = sockets.outbox_bytes.load(std::memory_order_relaxed);
  if (now != outbox_bytes_) overload_.add(now - std::exchange(outbox_bytes_, now));
}

}  // namespace freshet::server
