// What all loops of one server share: its log, its limits, what it counts, and the state they are
// told by the program.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>

#include "compress/compression.h"
#include "freshet/transport.h"
#include "guard/identity.h"
#include "guard/limits.h"
#include "guard/overload.h"
#include "http/gzip.h"
#include "http/publish.h"
#include "hub/hub.h"
#include "log/log.h"
#include "observe/limit_counts.h"
#include "observe/metrics.h"
#include "transport/shared_admission.h"

namespace freshet::server {

// Of one transport. A parked long poll is open; a poll that is answered at once never is.
struct TransportCounts {
  Count open;    // Now.
  Count opened;  // Since the start, polls answered at once included.
};

struct ServerCounts {
  std::array<TransportCounts, 4> transports;  // By Transport.
  PublishCounts publishes_http;
  PublishCounts publishes_websocket;
  Count messages;  // Read from the log, by each loop.
  Count deliveries;
  Count replayed;
  Count gaps;
  Count slow_consumers;
  Count fell_behind;   // Streams that left the live flow by a rule.
  Count refused_rate;  // Faster than the admission rate.
  Count refused_full;  // Over streams_max, or a poll while all outboxes are full.
  Count refused_draining;
  Count refused_malformed;   // Requests for a stream or a poll that do not parse.
  Count websocket_faults;    // Connections ended for a breach of RFC 6455 or of the protocol.
  Count deflated_messages;   // WebSocket messages compressed, by each loop.
  Count deflated_bytes_in;   // Of these, before
  Count deflated_bytes_out;  // and after.
  Count deflated_deliveries;
  Count inflated_messages;  // Sent compressed by clients.
  GzipCounts gzip;
  LimitCounts limits;
  Count connections;    // Sockets that are open now.
  Count accept_pauses;  // Times a loop ran out of file descriptors.
  Count idle_closed;    // Connections closed between two requests to make room for newcomers.

  TransportCounts& of(Transport transport) {
    return transports[static_cast<std::size_t>(transport)];
  }
  const TransportCounts& of(Transport transport) const {
    return transports[static_cast<std::size_t>(transport)];
  }
  // A request for a stream or a poll that does not parse.
  void count_malformed(const Error& error) {
    refused_malformed.add();
    if (error.code == ErrorCode::too_many) limits.of(LimitName::patterns).add();
  }
  // Streams and parked long polls.
  std::int64_t open() const {
    std::int64_t sum = 0;
    for (const TransportCounts& counts : transports) sum += counts.open.value();
    return sum;
  }
};

// Threads: set up by one, then read by all; counts and atomics by any.
struct ServerContext {
  explicit ServerContext(Log& the_log, const AdmissionOptions& admission_options = {},
                         HashKey ticket_key = {})
      : log(the_log), admission(admission_options, ticket_key) {}

  Log& log;
  Guard guard;
  Limits limits;
  Overload overload;
  HubOptions hub;
  Compression compression;
  bool echo = false;  // Serve /v1/echo.
  // Asks the program to drain and end; from any thread. Empty: there is no /v1/admin/drain.
  std::function<void()> on_drain;
  ServerCounts counts;
  SharedAdmission admission;
  std::atomic<bool> draining{false};  // Newcomers are refused; /readyz says no.

  // REQUIRES: log and limits are not replaced afterwards.
  Publisher http_publisher() {
    return {log, limits, overload, counts.publishes_http, counts.limits};
  }
  Publisher websocket_publisher() {
    return {log, limits, overload, counts.publishes_websocket, counts.limits};
  }
};

}  // namespace freshet::server
