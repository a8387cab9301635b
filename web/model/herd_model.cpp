// The herd model (server/herd) as WebAssembly, for the demo's herd lab; src/herd/model.ts is its
// one caller. Numbers cross as doubles, text and curves as places in memory.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "herd/formula.h"
#include "herd/herd.h"

using namespace freshet;
using namespace freshet::server;

namespace {

// What src/herd/model.ts reads by its offsets.
struct Words {
  const char* begin = nullptr;
  std::uint32_t bytes = 0;
};
static_assert(sizeof(Words) == 8);
static_assert(sizeof(Slot) == 12 && offsetof(Slot, arrivals) == 0 && offsetof(Slot, refused) == 4 &&
              offsetof(Slot, recovered) == 8);

// Times are milliseconds, and NaN what has not come about.
struct FlatFigures {
  double clients, recovered, gave_up, ideal, window, half, most, all, peak, peak_after_return,
      tries_mean, tries_max, tries_after_return_mean, tries_after_return_max, refused;
};
static_assert(sizeof(FlatFigures) == 15 * sizeof(double));

Words words;
std::string fault;
FlatFigures flat;

Words* tell(std::string_view said) {
  words = {said.data(), static_cast<std::uint32_t>(said.size())};
  return &words;
}

// So that no number from outside can trap in its conversion; the model checks what makes sense.
std::uint32_t count(double value) {
  return static_cast<std::uint32_t>(std::clamp(value, 0.0, 4e9));
}
Duration duration(double milliseconds) {
  return Duration{static_cast<Duration::rep>(std::clamp(milliseconds, 0.0, 1e12))};
}

double milliseconds(const std::optional<Duration>& time) {
  return time ? static_cast<double>(time->count()) : std::nan("");
}

}  // namespace

extern "C" {

std::uint32_t formula_count() { return static_cast<std::uint32_t>(formulas().size()); }

// REQUIRES, here and below: formula < formula_count().
const Words* formula_name(std::uint32_t formula) { return tell(formulas()[formula].name); }
const Words* formula_summary(std::uint32_t formula) { return tell(formulas()[formula].summary); }
// As FormulaInfo::Kind.
std::uint32_t formula_kind(std::uint32_t formula) {
  return static_cast<std::uint32_t>(formulas()[formula].kind);
}

// Makes a herd, to be freed; null: the options make no sense, and fault_words() says why.
Herd* herd_make(std::uint32_t formula, double clients, double down, double rate, double burst,
                std::uint32_t cold, std::uint32_t tickets, double end, double seed) {
  auto made = Herd::make({.clients = count(clients),
                          .down = duration(down),
                          .rate = rate,
                          .burst = burst,
                          .cold = cold != 0,
                          .tickets = tickets != 0,
                          .end = duration(end),
                          .seed = static_cast<std::uint64_t>(count(seed))},
                         formulas()[formula].name);
  if (made) return std::make_unique<Herd>(*std::move(made)).release();
  fault = made.error().message;
  return nullptr;
}
void herd_free(Herd* herd) { delete herd; }
const Words* fault_words() { return tell(fault); }

// 1: the model is at its end.
std::uint32_t herd_advance(Herd* herd, double until) {
  return herd->advance(duration(until)) ? 1 : 0;
}

// The curve so far; it moves when the herd is advanced.
const Slot* herd_slots(const Herd* herd) { return herd->tally().slots().data(); }
std::uint32_t herd_slot_count(const Herd* herd) {
  return static_cast<std::uint32_t>(herd->tally().slots().size());
}

const FlatFigures* herd_figures(const Herd* herd) {
  const Figures figures = herd->tally().figures();
  flat = {.clients = static_cast<double>(figures.clients),
          .recovered = static_cast<double>(figures.recovered),
          .gave_up = static_cast<double>(figures.gave_up),
          .ideal = milliseconds(figures.ideal),
          .window = milliseconds(herd->window()),
          .half = milliseconds(figures.half),
          .most = milliseconds(figures.most),
          .all = milliseconds(figures.all),
          .peak = static_cast<double>(figures.peak),
          .peak_after_return = static_cast<double>(figures.peak_after_return),
          .tries_mean = figures.tries_mean,
          .tries_max = static_cast<double>(figures.tries_max),
          .tries_after_return_mean = figures.tries_after_return_mean,
          .tries_after_return_max = static_cast<double>(figures.tries_after_return_max),
          .refused = static_cast<double>(figures.refused)};
  return &flat;
}

}  // extern "C"
