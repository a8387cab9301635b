#include "memory.h"

#include <cstdio>
#include <string>
#include <vector>

#include "connections.h"
#include "server_process.h"

namespace freshet::bench {

namespace {

constexpr double bytes_per_connection_max = 1024;
// Opened and closed first, so that growth does not count what the process needs once.
constexpr std::size_t warm_up_count = 1000;

struct Kind {
  const char* name;
  std::vector<Step> steps;
};

double bytes_per_connection(const std::string& program, const Kind& kind, std::size_t count) {
  const std::uint16_t port = free_port();
  ServerProcess server{freshet_serve(program, port), port};
  {
    Connections warm_up{port};
    warm_up.open(warm_up_count, kind.steps);
  }
  Connections connections{port};
  connections.open(warm_up_count, kind.steps);
  const std::uint64_t before = server.memory_bytes();
  connections.open(count - warm_up_count, kind.steps);
  const std::uint64_t after = server.memory_bytes();
  const double each =
      static_cast<double>(after - before) / static_cast<double>(count - warm_up_count);
  std::printf("%-10s %6zu connections  %7.1f MB  %6.0f bytes each  %u threads\n", kind.name, count,
              static_cast<double>(after) / 1e6, each, server.thread_count());
  return each;
}

}  // namespace

int measure_memory(const std::string& program, std::size_t count) {
  const Kind kinds[] = {
      {"sse",
       {{"GET /v1/sse?pattern=bench.memory HTTP/1.1\r\nHost: localhost\r\n\r\n",
         "\"op\":\"live\""}}},
      {"websocket",
       {{"GET /v1/ws?pattern=bench.memory HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
         "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
         "\"op\":\"live\""}}},
  };
  int code = 0;
  for (const Kind& kind : kinds) {
    if (bytes_per_connection(program, kind, count) > bytes_per_connection_max) {
      std::printf("%s: over the bar of %.0f bytes\n", kind.name, bytes_per_connection_max);
      code = 1;
    }
  }
  return code;
}

}  // namespace freshet::bench
