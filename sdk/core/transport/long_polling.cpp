// Waits and pauses of long polling; see long_polling.h.
#include "core/transport/long_polling.h"

#include <algorithm>

namespace freshet::core::long_polling {
namespace {

constexpr Duration wait_max{55'000};
// A server or cache that does not hold requests would be asked without end.
constexpr Duration hasty_pause{1'000};

}  // namespace

Duration wait(const Connection& connection, Duration configured) {
  if (!connection.caught_up) return Duration{0};
  return std::clamp(configured, Duration{1}, wait_max);
}

Duration pause(const Connection& connection, Duration took, Random& random) {
  // Words are answered at once, with the position to wait from.
  const bool by_word = std::any_of(connection.asks.begin(), connection.asks.end(),
                                   [](const Ask& ask) { return ask.start.cursor() == nullptr; });
  const bool hasty = !connection.brought_message && !by_word && took < connection.wait / 2;
  return hasty ? random.between(hasty_pause / 2, hasty_pause) : Duration{0};
}

}  // namespace freshet::core::long_polling
