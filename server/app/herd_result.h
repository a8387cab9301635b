// What one run of a herd gave, and the forms it is told in: a table and a chart for terminals,
// JSON, SVG. Used by `freshet herd`, of the model and of real connections.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "herd/figures.h"

namespace freshet::app {

struct HerdResult {
  std::string name;  // The policy, and for real connections the transport.
  server::Figures figures;
  std::vector<server::Slot> slots;
};

// One line per result, with a heading.
std::string herd_table(const std::vector<HerdResult>& results);

// Arrivals and clients back over time, for a terminal of `columns`; `rate`: what the server admits
// a second.
std::string herd_chart(const HerdResult& result, double rate, unsigned columns);

// One object: `settings` (a JSON object), and every result with figures and curve.
std::string herd_json(const std::vector<HerdResult>& results, const std::string& settings);

// A self-contained picture: for each result its arrivals, beside what the server admits a second,
// and the share that is back.
std::string herd_svg(const std::vector<HerdResult>& results, const std::string& title, double rate);

// "100,000".
std::string grouped(std::uint64_t number);

// "12.3 s", "850 ms"; "never" for nothing.
std::string seconds_words(const std::optional<Duration>& time);

}  // namespace freshet::app
