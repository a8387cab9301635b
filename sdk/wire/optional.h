// A T or none, used like a std::optional, for types that have a value to spare: None::value. It
// takes the room of a T and crosses calls in a register, which the browser build is the smaller
// for.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>

namespace freshet::wire {

template <typename T, typename None>
class Optional {
 public:
  constexpr Optional() = default;
  constexpr Optional(std::nullopt_t) {}
  constexpr Optional(T value) : value_(value) {}

  constexpr explicit operator bool() const { return value_ != None::value; }
  constexpr const T& operator*() const { return value_; }
  constexpr const T* operator->() const { return &value_; }
  constexpr T value_or(T other) const { return *this ? value_ : other; }
  constexpr void reset() { value_ = None::value; }

  friend bool operator==(const Optional&, const Optional&) = default;

 private:
  T value_ = None::value;
};

using OptionalNumber = Optional<std::uint64_t, std::integral_constant<std::uint64_t, UINT64_MAX>>;

}  // namespace freshet::wire
