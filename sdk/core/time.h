// Time as an argument: an instant is milliseconds on a clock that never steps, whatever its zero.
#pragma once

#include <compare>

#include "freshet/time.h"
#include "wire/optional.h"

namespace freshet::core {

struct Instant {
  Duration since_zero{0};

  friend auto operator<=>(const Instant&, const Instant&) = default;
  friend Instant operator+(Instant at, Duration after) { return {at.since_zero + after}; }
  friend Instant operator-(Instant at, Duration before) { return {at.since_zero - before}; }
  friend Duration operator-(Instant later, Instant earlier) {
    return later.since_zero - earlier.since_zero;
  }
};

// Instants count from a zero in the past.
struct NoInstant {
  static constexpr Instant value{Duration{-1}};
};
using OptionalInstant = wire::Optional<Instant, NoInstant>;

}  // namespace freshet::core
