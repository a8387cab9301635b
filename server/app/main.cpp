// The `freshet` program: one server and the command line's clients.
#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/exit_code.h"

int main(int argc, char** argv) {
  CLI::App program{
      "Freshet pushes live updates to many clients over WebSocket, Server-Sent Events, long\n"
      "polling and polling, and keeps them from stampeding when they come back.\n",
      "freshet"};
  program.set_version_flag("--version", "freshet " FRESHET_VERSION);
  program.require_subcommand(1);
  program.footer(
      "Exit codes: 0 done, 1 failed, 2 usage, 3 unreachable, 4 refused.\n"
      "`freshet COMMAND --help` tells a command's options.");

  freshet::app::Run run;
  freshet::app::add_serve(program, run);
  freshet::app::add_publish(program, run);
  freshet::app::add_subscribe(program, run);
  freshet::app::add_replay(program, run);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // CLI11 has a code of its own for each mistake; ours is one for all.
    return program.exit(error) == 0 ? freshet::app::done : freshet::app::usage;
  }
  return run();
}
