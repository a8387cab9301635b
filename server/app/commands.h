// The subcommands of the `freshet` program. Each adds itself with its options and, when it was
// chosen, sets `run` to what it does; main calls that and exits with the code it returns.
#pragma once

#include <functional>

namespace CLI {
class App;
}

namespace freshet::app {

using Run = std::function<int()>;

void add_serve(CLI::App& program, Run& run);
void add_publish(CLI::App& program, Run& run);
void add_subscribe(CLI::App& program, Run& run);
void add_replay(CLI::App& program, Run& run);
void add_herd(CLI::App& program, Run& run);
void add_demo(CLI::App& program, Run& run);

}  // namespace freshet::app
