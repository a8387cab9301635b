// freshet-bench: measurements of this checkout's server. Run by `./dev bench`.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "memory.h"

int main(int argc, char** argv) {
  CLI::App app{"Measures the freshet server on this machine, over loopback only."};
  app.require_subcommand(1);
  std::string program = FRESHET_PROGRAM;
  app.add_option("--program", program, "The server to measure")->capture_default_str();

  std::size_t connections = 10'000;
  CLI::App* memory = app.add_subcommand("memory", "Memory of one idle SSE or WebSocket connection");
  memory->add_option("--connections", connections, "How many are opened")
      ->check(CLI::Range(2'000, 19'000))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return freshet::bench::measure_memory(program, connections);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "freshet-bench: %s\n", error.what());
    return 1;
  }
}
