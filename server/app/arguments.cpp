#include "app/arguments.h"

#include <array>
#include <charconv>
#include <utility>

namespace freshet::app {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

// Smallest first; the first of a list stands for a bare number.
constexpr std::array<Unit, 5> duration_units{
    {{"", 1}, {"ms", 1}, {"s", 1'000}, {"m", 60'000}, {"h", 3'600'000}}};
constexpr std::array<Unit, 5> byte_units{
    {{"", 1}, {"B", 1}, {"KiB", 1024}, {"MiB", 1024 * 1024}, {"GiB", 1024 * 1024 * 1024}}};

// A whole number and a unit, at most `max` in all; `what` names the kind for the message.
template <std::size_t count>
Result<std::uint64_t> parse_with_unit(std::string_view text, const std::array<Unit, count>& units,
                                      std::uint64_t max, std::string_view what,
                                      std::string_view examples) {
  std::uint64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : units) {
    if (fault != std::errc{} || unit.name != name) continue;
    if (number > max / unit.factor) {
      return Error{ErrorCode::invalid_argument,
                   "'" + std::string(text) + "' is too large a " + std::string(what)};
    }
    return number * unit.factor;
  }
  return Error{ErrorCode::invalid_argument, "'" + std::string(text) + "' is not a " +
                                                std::string(what) + " (" + std::string(examples) +
                                                ")"};
}

// In the largest unit of which it is a whole number.
template <std::size_t count>
std::string with_unit(std::uint64_t value, const std::array<Unit, count>& units) {
  const Unit* best = &units[1];
  for (const Unit& unit : units) {
    if (value != 0 && value % unit.factor == 0 && unit.factor >= best->factor) best = &unit;
  }
  return std::to_string(value / best->factor) + std::string(best->name);
}

}  // namespace

Result<Duration> parse_duration(std::string_view text) {
  constexpr std::uint64_t max = std::uint64_t{30} * 24 * 3'600'000;
  const auto value = parse_with_unit(text, duration_units, max, "duration", "250ms, 25s, 5m, 1h");
  if (!value) return value.error();
  return Duration{static_cast<Duration::rep>(*value)};
}

Result<std::size_t> parse_bytes(std::string_view text) {
  const auto value =
      parse_with_unit(text, byte_units, std::uint64_t{1} << 40, "size", "4096, 64KiB, 1MiB");
  if (!value) return value.error();
  return static_cast<std::size_t>(*value);
}

std::string to_text(Duration duration) {
  return with_unit(static_cast<std::uint64_t>(duration.count()), duration_units);
}

std::string bytes_to_text(std::size_t bytes) { return with_unit(bytes, byte_units); }

Result<Endpoint> parse_endpoint(std::string_view text) {
  const auto fail = [&] {
    return Error{
        ErrorCode::invalid_argument,
        "'" + std::string(text) + "' is not an address to listen on (127.0.0.1:8080, [::1]:8080)"};
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return fail();
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return fail();
  }
  const std::string_view digits = text.substr(colon + 1);
  Endpoint endpoint{.host = std::string(host)};
  const auto [end, fault] =
      std::from_chars(digits.data(), digits.data() + digits.size(), endpoint.port);
  if (fault != std::errc{} || end != digits.data() + digits.size() || host.empty()) return fail();
  return endpoint;
}

bool is_loopback(std::string_view host) {
  return host == "localhost" || host == "::1" || host.starts_with("127.");
}

}  // namespace freshet::app
