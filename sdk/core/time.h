// Time as an argument: an instant is milliseconds on a clock that never steps, whatever its zero.
#pragma once

#include <compare>
#include <optional>

#include "freshet/time.h"

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

// An instant or none, used like a std::optional. It takes the room of an instant and crosses calls
// in a register, which the browser build is the smaller for.
class OptionalInstant {
 public:
  constexpr OptionalInstant() = default;
  constexpr OptionalInstant(std::nullopt_t) {}
  constexpr OptionalInstant(Instant at) : at_(at) {}

  constexpr explicit operator bool() const { return at_ != none; }
  constexpr const Instant& operator*() const { return at_; }
  constexpr const Instant* operator->() const { return &at_; }
  constexpr void reset() { at_ = none; }

  friend bool operator==(const OptionalInstant&, const OptionalInstant&) = default;

 private:
  // Instants count from a zero in the past.
  static constexpr Instant none{Duration{-1}};

  Instant at_ = none;
};

}  // namespace freshet::core
