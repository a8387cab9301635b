// `freshet replay`: publishes the rows of a file at a pace.
#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>

#include "app/client_command.h"
#include "app/commands.h"
#include "app/flag_group.h"
#include "app/publish_pipe.h"
#include "app/record_file.h"
#include "freshet/client.h"

namespace freshet::app {
namespace {

struct Flags {
  ClientFlags client;
  std::string file;
  std::string topic;
  double rate = 20;
  bool loop = false;
};

std::string read_all(const std::string& path) {
  std::ifstream file;
  if (path != "-") file.open(path, std::ios::binary);
  std::istream& input = path == "-" ? std::cin : file;
  return {std::istreambuf_iterator<char>(input), {}};
}

ExitCode replay(const Flags& flags) {
  const auto records = read_records(read_all(flags.file));
  const std::string name = flags.file == "-" ? "the input" : flags.file;
  if (!records) {
    complain("replay", name + ", " + records.error().message);
    return usage;
  }
  if (records->empty()) {
    complain("replay", name + " has no row");
    return usage;
  }
  Ending ending;
  ReachabilityWatch watch{"replay", flags.client.url, ending};
  Client client{flags.client.url, flags.client.options()};
  client.on_state([&](const State& state) { watch.handle_state(state); });
  PublishPipe pipe{"replay", client, ending, false};
  const std::chrono::nanoseconds step{static_cast<long long>(1e9 / flags.rate)};
  auto due = std::chrono::steady_clock::now();
  do {
    for (const auto& record : *records) {
      auto topic = fill_topic(flags.topic, record);
      if (!topic) {
        complain("replay", topic.error().message);
        return usage;
      }
      pipe.publish(*std::move(topic), record.dump());
      due += step;
      if (const auto code = ending.wait_for(due - std::chrono::steady_clock::now())) return *code;
      if (pipe.over()) return pipe.finish();
    }
  } while (flags.loop);
  return pipe.finish();
}

}  // namespace

void add_replay(CLI::App& program, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *program.add_subcommand("replay", "Publish the rows of a file at a pace");
  command
      .add_option("file", flags->file,
                  "CSV with a header line, or one JSON object per line; - is the input")
      ->required()
      ->check([](const std::string& path) { return path == "-" ? "" : readable_file(path); });
  FlagGroup group(command, "What it publishes");
  group
      .text("--topic", flags->topic, "TOPIC",
            "Where each row goes; {name} stands for a column: 'prices.{symbol}'")
      ->required();
  command.add_option("--rate", flags->rate, "Rows per second, from 0.001 to 1000000")
      ->check(CLI::Range(0.001, 1e6).description(""))
      ->type_name("N")
      ->capture_default_str()
      ->group("What it publishes");
  group.flag("--loop", flags->loop, "Begin again at the end");
  flags->client.add_to(command);
  command.footer("Each row becomes a JSON object with its columns as members.");
  command.callback([flags, &run] { run = [flags] { return replay(*flags); }; });
}

}  // namespace freshet::app
