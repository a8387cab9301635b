// `freshet pub`: publishes one value, or the lines of its input.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>
#include <iterator>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "app/client_command.h"
#include "app/commands.h"
#include "app/flag_group.h"
#include "app/input_lines.h"
#include "app/publish_pipe.h"
#include "freshet/client.h"

namespace freshet::app {
namespace {

struct Flags {
  ClientFlags client;
  std::string topic;
  std::string value;
  bool has_value = false;
  bool lines = false;
  bool json = false;
};

// A line of text as it is published; what is not UTF-8 in it becomes U+FFFD.
std::string line_value(const std::string& line) {
  return nlohmann::json{{"line", line}}.dump(-1, ' ', false,
                                             nlohmann::json::error_handler_t::replace);
}

ExitCode publish(const Flags& flags) {
  if (flags.has_value && !nlohmann::json::accept(flags.value)) {
    // The shell takes the quotes that text needs: everybody's first mistake.
    complain("pub", "'" + flags.value.substr(0, 100) +
                        "' is not one JSON value in UTF-8; text is written '\"hi\"'");
    return usage;
  }
  Ending ending;
  ReachabilityWatch watch{"pub", flags.client.url, ending};
  Client client{flags.client.url, flags.client.options()};
  client.on_state([&](const State& state) { watch.handle_state(state); });
  PublishPipe pipe{"pub", client, ending};
  if (!flags.lines) {
    std::string value = flags.value;
    if (!flags.has_value) value.assign(std::istreambuf_iterator<char>(std::cin), {});
    pipe.publish(flags.topic, std::move(value));
    return pipe.finish();
  }
  InputLines input;
  std::size_t number = 0;
  while (!pipe.over()) {
    auto line = input.next();
    if (!line) {
      if (input.ended()) break;
      continue;
    }
    ++number;
    if (!line->empty() && line->back() == '\r') line->pop_back();
    if (flags.json && line->find_first_not_of(" \t") == std::string::npos) continue;
    pipe.publish(flags.topic, flags.json ? *std::move(line) : line_value(*line),
                 "line " + std::to_string(number));
  }
  return pipe.finish();
}

}  // namespace

void add_publish(CLI::App& program, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *program.add_subcommand("pub", "Publish a value, or the lines of the input");
  command.add_option("topic", flags->topic, "The topic: chat.lobby")->required();
  auto* value = command.add_option("json", flags->value,
                                   "The JSON value; without it, and without --lines, the whole "
                                   "input is the value");
  FlagGroup group(command, "What it publishes");
  auto* lines = group
                    .flag("--lines", flags->lines,
                          "Each line of the input when it comes, as {\"line\":\"…\"}")
                    ->excludes(value);
  group.flag("--json", flags->json, "With --lines: each line is a JSON value already")
      ->needs(lines);
  flags->client.add_to(command);
  command.footer(
      "Prints {\"id\":N} for each message once the log has it. Reads on only as fast as\n"
      "the server takes it, so that nothing is lost:\n"
      "  tail -F app.log | freshet pub notifications.log --lines");
  command.callback([flags, value, &run] {
    flags->has_value = value->count() > 0;
    run = [flags] { return publish(*flags); };
  });
}

}  // namespace freshet::app
