// The `freshet` program: one server and the command line's clients.
#include <CLI/CLI.hpp>

#include "app/commands.h"
#include "app/help.h"

int main(int argc, char** argv) {
  CLI::App program{
      "Freshet pushes live updates to many clients over WebSocket, Server-Sent Events,\n"
      "long polling and polling, and keeps them from stampeding when they come back.",
      "freshet"};
  program.set_version_flag("--version", "freshet " FRESHET_VERSION);
  freshet::app::lay_out_help(program);
  program.require_subcommand(1);
  program.footer(
      "Exit codes: 0 done, 1 failed, 2 usage, 3 unreachable, 4 refused.\n"
      "`freshet COMMAND --help` tells a command's options.");

  freshet::app::Run run;
  freshet::app::add_serve(program, run);
  freshet::app::add_publish(program, run);
  freshet::app::add_subscribe(program, run);
  freshet::app::add_replay(program, run);
  freshet::app::add_herd(program, run);
  freshet::app::add_demo(program, run);
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return freshet::app::explain(program, error);
  }
  return run();
}
