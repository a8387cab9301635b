// Clients that come back after an outage, in the model: every policy beside ours, and the bars ours
// has to keep.
#pragma once

#include <filesystem>
#include <string>

namespace freshet::bench {

// Prints the tables; writes each outage's curves as `results`/herd-*.json and .svg. 1: a bar is
// missed.
int measure_herd(const std::filesystem::path& results);

// The same with so many real connections: `program` starts a server, kills it, starts it again
// after three seconds, and lets a tenth of the clients in each second. On each transport and on
// all together, then bare connections by three other clients' formulas. 1: not all were back
// within 1.5 times the ideal, or a message was lost in silence or came twice. Each process has as
// many files open as there are connections; throws std::runtime_error when the system forbids it.
int measure_real_herd(const std::string& program, unsigned clients,
                      const std::filesystem::path& results);

}  // namespace freshet::bench
