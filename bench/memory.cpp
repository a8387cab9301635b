#include "memory.h"

#include <cstdio>
#include <string>
#include <vector>

#include "connections.h"
#include "server_process.h"

namespace freshet::bench {

namespace {

// Opened and closed first, so that growth does not count what the process needs once.
constexpr std::size_t warm_up_count = 1000;

struct Kind {
  const char* name;
  double bytes_max;
  std::vector<Step> steps;
};

double bytes_per_connection(const std::string& program, const char* io, const Kind& kind,
                            std::size_t count) {
  const std::uint16_t port = free_port();
  std::vector<std::string> command = freshet_serve(program, port);
  command.push_back(std::string("--io=") + io);
  ServerProcess server{command, port};
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
  std::printf("%-10s --io=%-6s %6zu connections  %7.1f MB  %6.0f bytes each  %u threads\n",
              kind.name, io, count, static_cast<double>(after) / 1e6, each, server.thread_count());
  return each;
}

}  // namespace

int measure_memory(const std::string& program, std::size_t count) {
  const Kind kinds[] = {
      {"sse",
       300,
       {{"GET /v1/sse?pattern=bench.memory HTTP/1.1\r\nHost: localhost\r\n\r\n",
         "\"op\":\"live\""}}},
      {"websocket",
       450,
       {{"GET /v1/ws?pattern=bench.memory HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
         "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
         "\"op\":\"live\""}}},
  };
  int code = 0;
  for (const char* io : {"auto", "epoll"}) {
    for (const Kind& kind : kinds) {
      if (bytes_per_connection(program, io, kind, count) > kind.bytes_max) {
        std::printf("%s: over the bar of %.0f bytes\n", kind.name, kind.bytes_max);
        code = 1;
      }
    }
  }
  return code;
}

}  // namespace freshet::bench
