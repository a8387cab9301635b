#include "transport/loop_report.h"

#include <catch2/catch_test_macros.hpp>
#include <memory>

#include "log/memory_log.h"

namespace freshet::server {
namespace {

std::int64_t limit(const ServerCounts& counts, LimitName name) {
  return counts.limits.of(name).value();
}

TEST_CASE("a report adds what was counted since the last one", "[transport][report]") {
  MemoryLog log(1);
  ServerContext context(log);
  ServerCounts& counts = context.counts;
  park::LoopCounters sockets;
  LoopReport report(context);
  HubCounts hub{.messages = 3, .deliveries = 20, .replayed = 5, .gaps = 1, .slow_consumers = 2};
  sockets.write_stalls_total = 4;
  sockets.linger_timeouts_total = 1;
  sockets.accept_pauses_total = 1;
  sockets.idle_closed_total = 3;
  report.report(hub, sockets);
  report.report(hub, sockets);
  hub.deliveries = 21;
  sockets.write_stalls_total = 6;
  report.report(hub, sockets);

  CHECK(counts.messages.value() == 3);
  CHECK(counts.deliveries.value() == 21);
  CHECK(counts.replayed.value() == 5);
  CHECK(counts.gaps.value() == 1);
  CHECK(counts.slow_consumers.value() == 2);
  CHECK(limit(counts, LimitName::outbox_bytes) == 2);
  CHECK(limit(counts, LimitName::write_stall) == 6);
  CHECK(limit(counts, LimitName::linger) == 1);
  CHECK(counts.accept_pauses.value() == 1);
  CHECK(counts.idle_closed.value() == 3);
}

TEST_CASE("what was compressed is reported like the rest", "[transport][report]") {
  MemoryLog log(1);
  ServerContext context(log);
  const ServerCounts& counts = context.counts;
  LoopReport report(context);
  DeflateCounts deflate{
      .messages = 2, .bytes_in = 5000, .bytes_out = 900, .deliveries = 40, .inflated = 3};
  report.report(deflate);
  deflate.deliveries = 60;
  report.report(deflate);
  CHECK(counts.deflated_messages.value() == 2);
  CHECK(counts.deflated_bytes_in.value() == 5000);
  CHECK(counts.deflated_bytes_out.value() == 900);
  CHECK(counts.deflated_deliveries.value() == 60);
  CHECK(counts.inflated_messages.value() == 3);
}

TEST_CASE("the reports of several loops add up, and each takes its gauges back",
          "[transport][report]") {
  MemoryLog log(1);
  ServerContext context(log);
  ServerCounts& counts = context.counts;
  park::LoopCounters one;
  park::LoopCounters other;
  auto first = std::make_unique<LoopReport>(context);
  auto second = std::make_unique<LoopReport>(context);
  one.connections = 3;
  one.outbox_bytes = 100;
  other.connections = 4;
  other.outbox_bytes = 50;
  first->report({}, one);
  second->report({}, other);
  CHECK(counts.connections.value() == 7);
  CHECK(context.overload.bytes() == 150);
  one.outbox_bytes = 20;
  first->report_outboxes(one);
  CHECK(context.overload.bytes() == 70);
  first.reset();
  CHECK(counts.connections.value() == 4);
  second.reset();
  CHECK(context.overload.bytes() == 0);
}

}  // namespace
}  // namespace freshet::server
