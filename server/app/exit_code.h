// What the program's exit codes mean, for every subcommand.
#pragma once

namespace freshet::app {

enum ExitCode : int {
  done = 0,
  failed = 1,
  usage = 2,        // An option or argument that cannot be; the message says which and why.
  unreachable = 3,  // No server answers there.
  refused = 4,      // The server answered, and said no.
};

}  // namespace freshet::app
