#include "admission/drain.h"

#include <algorithm>

namespace freshet::server {

DrainSlot drain_slot(const DrainOptions& options, std::size_t index, std::size_t count,
                     double draw) {
  const double part = (static_cast<double>(index) + draw) / static_cast<double>(count);
  const auto of = [part](Duration whole) {
    return Duration{static_cast<Duration::rep>(part * static_cast<double>(whole.count()))};
  };
  const Duration leave = of(options.spread);
  return {.leave = leave, .delay = of(std::max(options.spread, options.window)) - leave};
}

}  // namespace freshet::server
