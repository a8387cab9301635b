// Whether and from which size on this server compresses what it sends.
#pragma once

#include <cstddef>

namespace freshet::server {

// WebSocket messages, by permessage-deflate.
struct Compression {
  // Off: no client is offered any, and what a client offers is declined.
  bool on = true;
  // Smaller messages leave as they are. A JSON message of 128 bytes shrinks by a sixth, one of 512
  // by two fifths; compressing takes 7 and 11 us of the server, and every client must inflate what
  // it gets.
  std::size_t bytes_min = 512;
};

// Bodies of HTTP answers, by gzip.
struct GzipOptions {
  bool on = true;
  std::size_t bytes_min = 512;
  // Larger bodies leave as they are: each is compressed for one client, and the loop's other
  // clients wait meanwhile, about 1 ms for one of this size.
  std::size_t bytes_max = 256 * 1024;
};

}  // namespace freshet::server
