#include "app/flag_group.h"

#include <CLI/CLI.hpp>
#include <charconv>
#include <utility>

#include "app/arguments.h"

namespace freshet::app {
namespace {

CLI::ValidationError fault(const std::string& name, const std::string& message) {
  return CLI::ValidationError(name, message);
}

// "0.001", "1000000": as a person writes it.
std::string number_to_text(double value) {
  char text[32];
  const auto [end, error] =
      std::to_chars(text, text + sizeof text, value, std::chars_format::fixed);
  return {text, error == std::errc{} ? end : text};
}

}  // namespace

CLI::Option* FlagGroup::add(const std::string& name, const char* kind,
                            const std::string& shown_default, const std::string& help,
                            std::function<void(const std::string&)> parse) {
  return command_.add_option_function<std::string>(name, std::move(parse), help)
      ->type_name(kind)
      ->default_str(shown_default)
      ->group(title_);
}

CLI::Option* FlagGroup::duration(const std::string& name, Duration& target, const std::string& help,
                                 Duration min, Duration max) {
  const auto parse = [name, &target, min, max](const std::string& text) {
    const auto value = parse_duration(text);
    if (!value) throw fault(name, value.error().message);
    if (*value < min || *value > max) {
      throw fault(name, "must be from " + to_text(min) + " to " + to_text(max));
    }
    target = *value;
  };
  return add(name, "TIME", to_text(target), help, parse);
}

CLI::Option* FlagGroup::bytes(const std::string& name, std::size_t& target, const std::string& help,
                              std::size_t min) {
  const auto parse = [name, &target, min](const std::string& text) {
    const auto value = parse_bytes(text);
    if (!value) throw fault(name, value.error().message);
    if (*value < min) throw fault(name, "must be at least " + bytes_to_text(min));
    target = *value;
  };
  return add(name, "SIZE", bytes_to_text(target), help, parse);
}

CLI::Option* FlagGroup::count(const std::string& name, std::size_t& target, const std::string& help,
                              std::size_t min) {
  const auto parse = [name, &target, min](const std::string& text) {
    std::size_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < min) {
      throw fault(name, "'" + text + "' is not a whole number from " + std::to_string(min));
    }
    target = value;
  };
  return add(name, "N", std::to_string(target), help, parse);
}

CLI::Option* FlagGroup::number(const std::string& name, double& target, const std::string& help,
                               double min, double max) {
  const auto parse = [name, &target, min, max](const std::string& text) {
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    // The comparison is false for what is no number.
    const bool within = value >= min && value <= max;
    if (error != std::errc{} || end != text.data() + text.size() || !within) {
      throw fault(name, "'" + text + "' is not a number from " + number_to_text(min) + " to " +
                            number_to_text(max));
    }
    target = value;
  };
  return add(name, "N", number_to_text(target), help, parse);
}

CLI::Option* FlagGroup::text(const std::string& name, std::string& target, const std::string& kind,
                             const std::string& help) {
  return command_.add_option(name, target, help)
      ->type_name(kind)
      ->default_str(target)
      ->group(title_);
}

CLI::Option* FlagGroup::flag(const std::string& name, bool& target, const std::string& help) {
  return command_.add_flag(name, target, help)->group(title_);
}

}  // namespace freshet::app
