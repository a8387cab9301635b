// What one client, one request and the whole server may use at most. Each has a flag of
// `freshet serve`, a count in /metrics when it is reached, and a named outcome.
#pragma once

#include <cstddef>

#include "freshet/time.h"

namespace freshet::server {

struct Limits {
  // Bytes of one published JSON value. Over HTTP: 413 too_large; over WebSocket: error too_large,
  // and close 1009 when not even the frame's head would fit beside it.
  std::size_t message_bytes_max = 1024 * 1024;

  // Patterns of one connection or poll: too_many.
  std::size_t patterns_max = 256;

  // Streams and parked long polls of the whole server: busy.
  std::size_t streams_max = 100'000;

  // Bytes that wait for one stream: close 4100, slow_consumer. It returns by its cursor.
  std::size_t outbox_bytes_max = 4 * 1024 * 1024;

  // Bytes that wait in all outboxes together: publishes are refused (busy), first those that slow
  // readers would have to take (overload.h).
  std::size_t outbox_total_bytes_max = 1024 * 1024 * 1024;

  // Messages of one poll answer. A client may ask for fewer; `more` tells that there are more.
  std::size_t poll_messages_max = 1000;
  // Bytes after which a poll answer is cut; it holds at least one message.
  std::size_t poll_bytes_max = 1024 * 1024;

  // The longest wait of a long poll; one that asks for more is answered after this.
  Duration wait_max{55'000};
  // How long the answers of many long polls may be held back, so that they do not all ask again at
  // once. A few are answered at once.
  Duration long_poll_spread{250};
  // What polling clients are advised to leave between two polls.
  Duration poll_interval{4'000};

  // Lines of one POST /v1/publish: too_many.
  std::size_t publish_lines_max = 1000;

  // Messages of one history answer.
  std::size_t history_messages_max = 1000;
  // Bytes of messages after which a history answer is cut, `more`; it holds at least one message.
  std::size_t history_bytes_max = 1024 * 1024;
};

}  // namespace freshet::server
