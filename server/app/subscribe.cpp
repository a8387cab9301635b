// `freshet sub`: prints messages as NDJSON.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "app/client_command.h"
#include "app/commands.h"
#include "freshet/client.h"
#include "wire/frame.h"

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

ExitCode subscribe(const Flags& flags) {
  Ending ending;
  ReachabilityWatch watch{"sub", flags.client.url, ending};
  std::size_t printed = 0;  // Of the client's thread, like every callback below.
  const auto print = [&](const Message& message) {
    if (flags.count > 0 && printed == flags.count) return;
    const std::string line =
        wire::encode_message(message.id, message.topic,
                             static_cast<std::uint64_t>(message.time.count()), message.data) +
        '\n';
    std::fwrite(line.data(), 1, line.size(), stdout);
    // Whoever reads the output has gone: `freshet sub … | head`.
    if (std::fflush(stdout) != 0) ending.finish(done);
    if (++printed == flags.count) ending.finish(done);
  };
  Client client{flags.client.url, flags.client.options()};
  client.on_state([&](const State& state) { watch.handle_state(state); });
  std::vector<Subscription> subscriptions;
  for (const std::string& pattern : flags.patterns) {
    auto subscription = client.subscribe(
        pattern, print,
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
  const ExitCode code = ending.wait();
  client.close();
  return code;
}

}  // namespace

void add_subscribe(CLI::App& program, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *program.add_subcommand("sub", "Print messages, one JSON object per line");
  command
      .add_option("pattern", flags->patterns,
                  "Topics or patterns: prices.AAPL, 'prices.*', 'chat.>'")
      ->required();
  flags->client.add_to(command);
  command
      .add_option("--cursor", flags->cursor,
                  "Where to begin: latest, earliest, last:N (of each topic), or a cursor epoch:id")
      ->capture_default_str();
  command.add_option("--count", flags->count, "End after so many messages");
  command.footer("Gaps and lost connections are told on stderr. Ctrl-C ends it.");
  command.callback([flags, &run] { run = [flags] { return subscribe(*flags); }; });
}

}  // namespace freshet::app
