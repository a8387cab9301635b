// `refusal`: what it costs the server to send a newcomer away, beside letting it in.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>

namespace freshet::bench {

// The server's CPU per newcomer that is refused and per newcomer that is admitted, on each
// transport, taken in turn. Writes `results`/refusal.json and .svg. 1: a refusal costs more of an
// admission than the bar allows.
int measure_refusal(const std::string& program, std::size_t rounds,
                    const std::filesystem::path& results);

}  // namespace freshet::bench
