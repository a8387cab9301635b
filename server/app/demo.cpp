// `freshet demo`: the demo's server as a child, so that the herd lab's button can really kill it
// under real clients.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "app/client_command.h"
#include "app/commands.h"
#include "app/flag_group.h"
#include "app/herd_real.h"
#include "app/herd_server.h"
#include "freshet/client.h"
#include "freshet/native.h"

namespace freshet::app {
namespace {

using Json = nlohmann::ordered_json;

// Pages publish to the first; what comes of it is published to the second.
constexpr const char* ask_topic = "demo.herd.ask";
constexpr const char* told_topic = "demo.herd";
constexpr Duration tell_interval{250};

struct Flags {
  std::string pages;
  std::uint16_t port = 8080;
  std::uint32_t clients = 300;
  double rate = 100;
  Duration down{2'000};
  Duration ping = RealHerdOptions{}.ping;
};

std::vector<std::string> server_flags(const Flags& flags) {
  return {"--demo=" + flags.pages, "--admission-rate=" + std::to_string(flags.rate),
          "--ping=" + std::to_string(flags.ping.count()) + "ms"};
}

// The program's own client of its server. Threads: one at a time, but for its callback.
class Line {
 public:
  Line(const std::string& url, const Flags& flags) : client_(url, {}, make_native_platform()) {
    auto asks = client_.subscribe(ask_topic, [this](const Message&) { asked_ = true; });
    if (asks) asks_ = *std::move(asks);
    tell({{"kind", "ready"},
          {"clients", flags.clients},
          {"rate", flags.rate},
          {"down_ms", flags.down.count()}});
  }
  ~Line() { client_.close(); }

  bool was_asked() { return asked_.exchange(false); }
  void tell(const Json& what) { client_.publish_json(told_topic, what.dump()); }

 private:
  std::atomic<bool> asked_{false};
  Client client_;
  std::optional<Subscription> asks_;
};

Json told(const RealHerdResult& run, const RealHerdOptions& options) {
  std::vector<std::uint32_t> arrivals, recovered;
  for (const server::Slot& slot : run.herd.slots) {
    arrivals.push_back(slot.arrivals);
    recovered.push_back(slot.recovered);
  }
  const server::Figures& figures = run.herd.figures;
  return {{"kind", "result"},
          {"clients", options.clients},
          {"rate", options.rate},
          {"down_ms", options.down.count()},
          {"recovered", figures.recovered},
          {"ideal_ms", figures.ideal.count()},
          {"all_ms", figures.all ? Json(figures.all->count()) : Json()},
          {"peak", figures.peak},
          {"tries", figures.tries_mean},
          {"gaps", run.gaps},
          {"lost", run.lost_in_silence},
          {"twice", run.delivered_twice},
          {"arrivals", arrivals},
          {"back", recovered}};
}

// Kills the server under real clients and tells what happened, and before that what goes on.
void run_herd(const Flags& flags, HerdServer& server, Line& line, Ending& ending) {
  RealHerdOptions options;
  options.clients = flags.clients;
  options.rate = flags.rate;
  options.down = flags.down;
  options.ping = flags.ping;
  options.transports = {Transport::websocket, Transport::sse, Transport::long_polling,
                        Transport::polling};
  std::string said;
  SteadyClock::time_point said_at{};
  options.progress = [&](const std::string& text) {
    // There is nothing to save, and the child ends with us.
    if (const auto code = ending.wait_for(std::chrono::nanoseconds{0})) std::_Exit(*code);
    if (text == said || since(said_at) < tell_interval) return;
    said = text;
    said_at = SteadyClock::now();
    line.tell({{"kind", "progress"}, {"words", text}});
  };
  const auto run = run_real_herd(options, server);
  if (run) {
    line.tell(told(*run, options));
  } else {
    line.tell({{"kind", "failed"}, {"words", run.error().message}});
  }
  line.was_asked();  // Whoever asked meanwhile has seen this run.
}

ExitCode demo(const Flags& flags) {
  Ending ending;
  if (const auto allowed = allow_open_files(flags.clients); !allowed) {
    complain("demo", allowed.error().message);
    return failed;
  }
  HerdServer server(server_flags(flags), flags.port);
  if (const auto started = server.start(); !started) {
    complain("demo", started.error().message);
    return failed;
  }
  std::printf("freshet demo listening on %s\n", server.process().url().c_str());
  std::fflush(stdout);
  Line line(server.process().url(), flags);
  constexpr std::chrono::milliseconds look{100};
  for (;;) {
    if (const auto code = ending.wait_for(look)) return *code;
    if (line.was_asked()) run_herd(flags, server, line, ending);
  }
}

}  // namespace

void add_demo(CLI::App& program, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command =
      *program.add_subcommand("demo", "Serve the demo pages, with a herd of real clients");
  FlagGroup group(command, "The demo");
  group.text("--pages", flags->pages, "DIR", "The built pages")->required();
  const auto number = [&](const char* name, auto& target, const char* help) {
    return command.add_option(name, target, help)
        ->type_name("N")
        ->capture_default_str()
        ->group("The demo");
  };
  number("--port", flags->port, "Where it listens on 127.0.0.1; 0: any that is free");
  number("--clients", flags->clients, "Real clients of the herd lab")
      ->check(CLI::Range(1, 5'000).description(""));
  number("--rate", flags->rate, "Clients a second that the server admits")
      ->check(CLI::Range(1.0, 1e5).description(""));
  group.duration("--down", flags->down, "How long the server is away when the lab kills it",
                 Duration{0});
  group.duration("--ping", flags->ping, "How often the server speaks; a herd polls at every fifth",
                 Duration{100});
  command.footer(
      "It runs `freshet serve` as a child on 127.0.0.1. Whoever can publish to\n"
      "demo.herd.ask makes it connect its clients, kill that child and start it again;\n"
      "the log is empty then.");
  command.callback([flags, &run] { run = [flags] { return demo(*flags); }; });
}

}  // namespace freshet::app
