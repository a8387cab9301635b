// Whether and from which size on this server compresses what it sends.
#pragma once

#include <cstddef>

namespace freshet::server {

struct Compression {
  // Off: no client is offered any, and what a client offers is declined.
  bool on = true;
  // Smaller messages and bodies leave as they are. A JSON message of 128 bytes shrinks by a sixth,
  // one of 512 by two fifths; compressing takes 7 and 11 us of the server, and every client must
  // inflate what it gets.
  std::size_t bytes_min = 512;
};

}  // namespace freshet::server
