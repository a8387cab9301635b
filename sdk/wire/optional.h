// A T or none, used like a std::optional, for types that have a value to spare. It takes the room
// of a T and crosses calls in a register, which the browser build is the smaller for.
#pragma once

#include <cstdint>
#include <optional>

namespace freshet::wire {

template <typename T, T none>
class Optional {
 public:
  constexpr Optional() = default;
  constexpr Optional(std::nullopt_t) {}
  constexpr Optional(T value) : value_(value) {}

  constexpr explicit operator bool() const { return value_ != none; }
  constexpr const T& operator*() const { return value_; }
  constexpr T value_or(T other) const { return value_ != none ? value_ : other; }

  friend bool operator==(const Optional&, const Optional&) = default;

 private:
  T value_ = none;
};

using OptionalNumber = Optional<std::uint64_t, UINT64_MAX>;

}  // namespace freshet::wire
