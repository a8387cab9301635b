#include "app/help.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "app/exit_code.h"

namespace freshet::app {
namespace {

constexpr std::size_t width_max = 80;
constexpr std::size_t text_column = 30;

// What follows `left` begins at the text column, on the next line if `left` reaches into it.
std::string in_two_columns(std::string left, std::string_view text) {
  std::string out = std::move(left);
  std::size_t column = out.size();
  if (column + 2 > text_column) {
    out += '\n';
    column = 0;
  }
  bool begins_line = true;
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    // Bytes, not characters: a line with an umlaut or an arrow is broken a little early.
    if (!begins_line && column + 1 + word.size() > width_max) {
      out += '\n';
      column = 0;
      begins_line = true;
    }
    const std::size_t gap = begins_line ? text_column - column : 1;
    out.append(gap, ' ').append(word);
    column += gap + word.size();
    begins_line = false;
  }
  return out + '\n';
}

class HelpFormatter final : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    std::string left = "  " + make_option_name(option, is_positional);
    // An option that takes a value says of what kind; the default type tells nobody anything.
    if (!is_positional && option->get_type_size() != 0) left += ' ' + option->get_type_name();
    std::string text = option->get_description();
    if (!option->get_default_str().empty()) text += " [" + option->get_default_str() + "]";
    if (!option->get_envname().empty()) text += " (or " + option->get_envname() + ")";
    return in_two_columns(std::move(left), text);
  }
  std::string make_subcommand(const CLI::App* command) const override {
    return in_two_columns("  " + command->get_name(), command->get_description());
  }
  std::string make_help(const CLI::App* command, std::string name,
                        CLI::AppFormatMode mode) const override {
    // The base sets groups apart by two empty lines.
    return CLI::detail::find_and_replace(CLI::Formatter::make_help(command, std::move(name), mode),
                                         "\n\n\n", "\n\n");
  }
  std::string make_usage(const CLI::App* command, std::string name) const override {
    return '\n' + CLI::Formatter::make_usage(command, std::move(name));
  }
};

// CLI11's own words where they are for people, ours where they are not.
std::string in_words(const CLI::App& program, const CLI::ParseError& error) {
  const std::string said = error.what();
  // Not by its name, which may be the command's.
  const auto is = [&](CLI::ExitCodes kind) {
    return error.get_exit_code() == static_cast<int>(kind);
  };
  const auto chosen = program.get_subcommands();
  if (is(CLI::ExitCodes::RequiredError) && chosen.empty()) {
    // It asks for a subcommand even when what stands there is none.
    const std::vector<std::string> unknown = program.remaining();
    return unknown.empty() ? "a command is missing" : "there is no command '" + unknown[0] + "'";
  }
  if (is(CLI::ExitCodes::ExtrasError)) {
    const std::vector<std::string> unknown = program.remaining(true);
    if (unknown.empty()) return said;
    const std::string& first = unknown.front();
    return first.starts_with('-') ? "there is no option '" + first + "'"
                                  : "'" + first + "' is one word too many";
  }
  // "--port: 1 required N missing"
  if (is(CLI::ExitCodes::ArgumentMismatch))
    return said.substr(0, said.find(':')) + " needs a value";
  // "Could not convert: --clients = many"
  const std::size_t name = said.find(": ");
  const std::size_t value = said.find(" = ");
  if (is(CLI::ExitCodes::ConversionError) && name < value && value != std::string::npos) {
    return said.substr(name + 2, value - name - 2) + ": '" + said.substr(value + 3) +
           "' is not a number that it takes";
  }
  return said;
}

}  // namespace

void lay_out_help(CLI::App& program) {
  const auto formatter = std::make_shared<HelpFormatter>();
  formatter->label("SUBCOMMAND", "COMMAND");
  formatter->label("Positionals", "Arguments");
  program.formatter(formatter);
}

int explain(CLI::App& program, const CLI::ParseError& error) {
  if (error.get_exit_code() == 0) return program.exit(error);
  std::string name = "freshet";
  for (const CLI::App* chosen : program.get_subcommands()) name += ' ' + chosen->get_name();
  const std::string what = in_words(program, error);
  std::fprintf(stderr, "%s: %s\nTry '%s --help'.\n", name.c_str(), what.c_str(), name.c_str());
  return usage;
}

}  // namespace freshet::app
