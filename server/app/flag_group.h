// Adds options of one kind with their default shown in --help. Used by the subcommands.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <utility>

#include "freshet/time.h"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace freshet::app {

// The options come under `title` in --help. What a target holds when its option is added is the
// default; the target must outlive the parsing.
class FlagGroup {
 public:
  FlagGroup(CLI::App& command, std::string title) : command_(command), title_(std::move(title)) {}

  // "25s" (arguments.h), from `min` to `max`.
  CLI::Option* duration(const std::string& name, Duration& target, const std::string& help,
                        Duration min = Duration{1}, Duration max = Duration{30LL * 24 * 3'600'000});
  // "64KiB", at least `min`.
  CLI::Option* bytes(const std::string& name, std::size_t& target, const std::string& help,
                     std::size_t min = 1);
  // A whole number from `min`.
  CLI::Option* count(const std::string& name, std::size_t& target, const std::string& help,
                     std::size_t min = 1);
  // A number, whole or not, from `min` to `max`.
  CLI::Option* number(const std::string& name, double& target, const std::string& help, double min,
                      double max);
  CLI::Option* text(const std::string& name, std::string& target, const std::string& kind,
                    const std::string& help);
  CLI::Option* flag(const std::string& name, bool& target, const std::string& help);

 private:
  CLI::Option* add(const std::string& name, const char* kind, const std::string& shown_default,
                   const std::string& help, std::function<void(const std::string&)> parse);

  CLI::App& command_;
  std::string title_;
};

}  // namespace freshet::app
