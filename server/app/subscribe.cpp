// `freshet sub`: prints messages as NDJSON.
#include <poll.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/client_command.h"
#include "app/commands.h"
#include "app/flag_group.h"
#include "freshet/client.h"
#include "wire/frame.h"
#include "wire/topic.h"

namespace freshet::app {
namespace {

struct Flags {
  ClientFlags client;
  std::vector<std::string> patterns;
  std::string cursor = "latest";
  std::size_t count = 0;
};

void print_gap(const Gap& gap) {
  std::fprintf(stderr, "gap: %s messages in (%s, %s] are gone (%s)\n", gap.pattern.c_str(),
               gap.after.c_str(), gap.until.c_str(), gap.reason.c_str());
}

// Whether the output is a pipe that nobody reads any more: `freshet sub … | head -1`.
bool reader_has_gone() {
  pollfd output{.fd = STDOUT_FILENO, .events = 0, .revents = 0};
  return ::poll(&output, 1, 0) > 0 && (output.revents & POLLERR) != 0;
}

ExitCode subscribe(const Flags& flags) {
  Ending ending;
  ReachabilityWatch watch{"sub", flags.client.url, ending};
  std::size_t printed = 0;  // Of the client's thread, like every callback below.
  // A message that several patterns match is told to each; the first of them prints it.
  const auto print = [&](std::size_t pattern, const Message& message) {
    for (std::size_t i = 0; i < pattern; ++i) {
      if (wire::matches(flags.patterns[i], message.topic)) return;
    }
    if (flags.count > 0 && printed == flags.count) return;
    const std::string line =
        wire::encode_message(message.id, message.topic,
                             static_cast<std::uint64_t>(message.time.count()), message.data) +
        '\n';
    std::fwrite(line.data(), 1, line.size(), stdout);
    // Whoever reads the output has gone.
    if (std::fflush(stdout) != 0) ending.finish(done);
    if (++printed == flags.count) ending.finish(done);
  };
  Client client{flags.client.url, flags.client.options()};
  client.on_state([&](const State& state) { watch.handle_state(state); });
  std::vector<Subscription> subscriptions;
  for (std::size_t i = 0; i < flags.patterns.size(); ++i) {
    auto subscription = client.subscribe(
        flags.patterns[i], [&print, i](const Message& message) { print(i, message); },
        {.cursor = flags.cursor, .on_gap = print_gap, .on_error = [&](const Error& error) {
           complain("sub", error.message);
           ending.finish(exit_code_of(error.code));
         }});
    if (!subscription) {
      complain("sub", subscription.error().message);
      return exit_code_of(subscription.error().code);
    }
    subscriptions.push_back(*std::move(subscription));
  }
  // Asked now and then, because a quiet topic gives nothing to write that would fail.
  std::optional<ExitCode> code;
  while (!(code = ending.wait_for(std::chrono::milliseconds{200}))) {
    if (reader_has_gone()) ending.finish(done);
  }
  client.close();
  return *code;
}

}  // namespace

void add_subscribe(CLI::App& program, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *program.add_subcommand("sub", "Print messages, one JSON object per line");
  command
      .add_option("pattern", flags->patterns,
                  "Topics or patterns: prices.AAPL, 'prices.*', 'chat.>'")
      ->required();
  FlagGroup group(command, "What it prints");
  group.text("--cursor", flags->cursor, "START",
             "Where to begin: latest, earliest, last:N (of each topic), or a cursor epoch:id");
  group.count("--count", flags->count, "End after so many messages; 0 never does", 0);
  flags->client.add_to(command);
  command.footer(
      "A line is {\"id\":…,\"topic\":…,\"time\":…,\"data\":…}. Gaps and lost connections\n"
      "are told on stderr. Ctrl-C ends it, and so does the end of the output's reader.");
  command.callback([flags, &run] { run = [flags] { return subscribe(*flags); }; });
}

}  // namespace freshet::app
