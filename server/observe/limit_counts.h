// How often each limit of the server was reached, for /metrics. docs/flags.md says what each means.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "observe/metrics.h"

namespace freshet::server {

enum class LimitName : std::uint8_t {
  message_bytes,
  publish_lines,
  patterns,
  streams,
  outbox_bytes,
  poll_messages,
  poll_bytes,
  history_messages,
  history_bytes,
  request_line_bytes,
  header_bytes,
  header_count,
  request_time,
  keep_alive,
  write_stall,
  long_poll,
  linger,
  pipelined_bytes,
  idempotency_keys,
  empty_topics,
  outbox_total_bytes,
  gzip_bytes,
};

// In the order of LimitName; each is the flag of `freshet serve` without "--" and "-max".
inline constexpr std::array<std::string_view, 22> limit_names{"message-bytes",
                                                              "publish-lines",
                                                              "patterns",
                                                              "streams",
                                                              "outbox-bytes",
                                                              "poll-messages",
                                                              "poll-bytes",
                                                              "history-messages",
                                                              "history-bytes",
                                                              "request-line-bytes",
                                                              "header-bytes",
                                                              "header-count",
                                                              "request-time",
                                                              "keep-alive",
                                                              "write-stall",
                                                              "long-poll",
                                                              "linger",
                                                              "pipelined-bytes",
                                                              "idempotency-keys",
                                                              "empty-topics",
                                                              "outbox-total-bytes",
                                                              "gzip-bytes"};

class LimitCounts {
 public:
  Count& of(LimitName limit) { return counts_[static_cast<std::size_t>(limit)]; }
  const Count& of(LimitName limit) const { return counts_[static_cast<std::size_t>(limit)]; }

  void write(MetricsText& text) const {
    text.family("freshet_limit_reached_total", "counter",
                "How often a limit was reached, by the flag that sets it.");
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      text.sample(counts_[i].value(), {{"limit", limit_names[i]}});
    }
  }

 private:
  std::array<Count, limit_names.size()> counts_;
};

}  // namespace freshet::server
