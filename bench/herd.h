// Clients that come back after an outage, in the model: every policy beside ours, and the bars ours
// has to keep.
#pragma once

#include <filesystem>

namespace freshet::bench {

// Prints the tables; writes each outage's curves as `results`/herd-*.json and .svg. 1: a bar is
// missed.
int measure_herd(const std::filesystem::path& results);

}  // namespace freshet::bench
