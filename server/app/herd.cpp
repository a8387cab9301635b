// `freshet herd`: how many clients come back after an outage, in a model or for real.
#include <sys/ioctl.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "app/commands.h"
#include "app/exit_code.h"
#include "app/flag_group.h"
#include "app/herd_real.h"
#include "app/herd_result.h"
#include "herd/herd.h"

namespace freshet::app {
namespace {

using server::FormulaInfo;
using server::Herd;

struct Flags {
  server::HerdOptions model;
  std::vector<std::string> policies{"windowed"};
  bool no_tickets = false;
  bool json = false;
  bool list = false;
  std::string svg;
  std::uint32_t real = 0;  // Connections; 0: the model.
  std::vector<std::string> transports{"mixed"};
  std::vector<std::string> formulas;
  Duration ping = RealHerdOptions{}.ping;
};

int fail(ExitCode code, const std::string& message) {
  std::fprintf(stderr, "freshet herd: %s\n", message.c_str());
  return code;
}

// One line on stderr that is written over, for runs that take a while on a terminal.
class Progress {
 public:
  void show(const std::string& text) {
    using namespace std::chrono;
    const auto now = steady_clock::now();
    if (!terminal_ || now - shown_at_ < milliseconds{500}) return;
    shown_at_ = now;
    shown_ = true;
    std::fprintf(stderr, "\r\033[K%s", text.c_str());
  }
  ~Progress() {
    if (shown_) std::fputs("\r\033[K", stderr);
  }

 private:
  bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  bool shown_ = false;
  std::chrono::steady_clock::time_point shown_at_ = std::chrono::steady_clock::now();
};

unsigned terminal_columns() {
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  return known ? size.ws_col : 100;
}

// "all", "peers" and single names, in the order given; each once.
std::vector<std::string> names_of(const std::vector<std::string>& asked) {
  std::vector<std::string> names;
  const auto add = [&](std::string name) {
    if (std::find(names.begin(), names.end(), name) == names.end())
      names.push_back(std::move(name));
  };
  for (const std::string& name : asked) {
    if (name != "all" && name != "peers") {
      add(name);
      continue;
    }
    for (const FormulaInfo& info : server::formulas()) {
      if (name == "all" || info.kind == FormulaInfo::Kind::peer) add(std::string(info.name));
    }
  }
  return names;
}

Result<HerdResult> model(const server::HerdOptions& options, const std::string& name) {
  auto herd = Herd::make(options, name);
  if (!herd) return herd.error();
  Progress progress;
  constexpr Duration step{1'000};
  while (!herd->advance(herd->now() + step)) {
    progress.show(name + ": " + std::to_string(herd->now().count() / 1'000) +
                  " s after the loss, " + std::to_string(herd->tally().recovered()) + " of " +
                  std::to_string(options.clients) + " back");
  }
  return HerdResult{name, herd->tally().figures(), herd->tally().slots()};
}

std::string settings_json(const server::HerdOptions& options) {
  return nlohmann::ordered_json{{"clients", options.clients},
                                {"site", std::max(options.site, options.clients)},
                                {"down_ms", options.down.count()},
                                {"slow_start_ms", options.slow_start.count()},
                                {"away", options.away},
                                {"rate", options.rate},
                                {"burst", options.burst},
                                {"cold", options.cold},
                                {"local", options.local},
                                {"tickets", options.tickets},
                                {"network_ms", options.network.count()},
                                {"seed", options.seed}}
      .dump();
}

std::string title_of(const server::HerdOptions& options) {
  std::string text = grouped(options.clients) + " clients, server away for " +
                     seconds_words(options.down) + ", then admits " +
                     grouped(static_cast<std::uint64_t>(options.rate)) + " a second";
  if (options.cold) text += "; no window known";
  if (!options.tickets) text += "; no tickets";
  return text;
}

// Results on stdout and, if asked, in a file. `title` says what was done.
int show(const Flags& flags, const std::vector<HerdResult>& results, const std::string& title,
         const std::string& settings) {
  if (flags.json) {
    std::printf("%s", herd_json(results, settings).c_str());
  } else {
    std::printf("%s; no server could have all back before %s\n\n%s", title.c_str(),
                seconds_words(results.front().figures.ideal).c_str(), herd_table(results).c_str());
    if (results.size() <= 3) {
      for (const HerdResult& result : results) {
        std::printf("\n%s", herd_chart(result, flags.model.rate, terminal_columns()).c_str());
      }
    }
  }
  if (flags.svg.empty()) return done;
  std::ofstream file(flags.svg);
  file << herd_svg(results, title, flags.model.rate);
  file.close();
  return file ? done : fail(failed, "cannot write " + flags.svg);
}

int run_model(const Flags& flags) {
  std::vector<HerdResult> results;
  for (const std::string& name : names_of(flags.policies)) {
    auto result = model(flags.model, name);
    if (!result) return fail(usage, result.error().message);
    results.push_back(*std::move(result));
  }
  return show(flags, results, title_of(flags.model), settings_json(flags.model));
}

// Real connections -----------------------------------------------------------------------------

constexpr std::array all_transports{Transport::websocket, Transport::sse, Transport::long_polling,
                                    Transport::polling};

// One run for each word: a transport, `mixed`, or `each` for all of these.
std::vector<std::vector<Transport>> runs_of(const std::vector<std::string>& words) {
  std::vector<std::vector<Transport>> runs;
  for (const std::string& word : words) {
    for (const Transport transport : all_transports) {
      if (word == "each" || word == to_string(transport)) runs.push_back({transport});
    }
    if (word == "each" || word == "mixed") {
      runs.emplace_back(all_transports.begin(), all_transports.end());
    }
  }
  return runs;
}

// What must hold in every run of the SDK's own clients.
bool kept_the_promise(const RealHerdResult& run) {
  return run.herd.figures.all && run.all_heard_the_last && run.lost_in_silence == 0 &&
         run.delivered_twice == 0;
}

void tell_messages(const Flags& flags, const RealHerdResult& run) {
  std::FILE* const out = flags.json ? stderr : stdout;
  std::fprintf(out,
               "%s: %llu messages published, %llu delivered, %llu gaps told; lost without a gap: "
               "%llu, delivered twice: %llu%s\n",
               run.herd.name.c_str(), static_cast<unsigned long long>(run.published),
               static_cast<unsigned long long>(run.delivered),
               static_cast<unsigned long long>(run.gaps),
               static_cast<unsigned long long>(run.lost_in_silence),
               static_cast<unsigned long long>(run.delivered_twice),
               run.all_heard_the_last ? "" : "; NOT all heard the last message");
}

int run_real(const Flags& flags) {
  RealHerdOptions options;
  options.clients = flags.real;
  options.down = flags.model.down;
  options.rate = flags.model.rate;
  options.ping = flags.ping;
  // Each message ends every long poll at once: thousands of them are to leave the machine time for
  // those who come back.
  options.publish_interval = Duration{std::max(500u, flags.real * 3 / 10)};
  for (const std::string& formula : flags.formulas) {
    if (const auto known = server::make_formula(formula, {}); !known) {
      return fail(usage, known.error().message);
    }
  }
  std::vector<HerdResult> results;
  bool good = true;
  const auto add = [&](Result<RealHerdResult> run) {
    if (!run) return fail(failed, run.error().message);
    results.push_back(run->herd);
    if (run->published > 0) {
      tell_messages(flags, *run);
      good &= kept_the_promise(*run);
    }
    return static_cast<int>(done);
  };
  const auto with_progress = [&](const std::string& name, const auto& run) {
    Progress progress;
    options.progress = [&](const std::string& text) { progress.show(name + ": " + text); };
    return run();
  };
  for (const std::vector<Transport>& transports : runs_of(flags.transports)) {
    options.transports = transports;
    const std::string name =
        transports.size() == 1 ? std::string(to_string(transports[0])) : "mixed";
    if (const int code = add(with_progress(name, [&] { return run_real_herd(options); }))) {
      return code;
    }
  }
  for (const std::string& formula : flags.formulas) {
    if (const int code =
            add(with_progress(formula, [&] { return run_bare_herd(options, formula); }))) {
      return code;
    }
  }
  const std::string title = std::to_string(options.clients) +
                            " real connections, server killed and away for " +
                            seconds_words(options.down) + ", then admits " +
                            std::to_string(static_cast<long long>(options.rate)) + " a second";
  const nlohmann::ordered_json settings{
      {"real", options.clients}, {"down_ms", options.down.count()}, {"rate", options.rate}};
  const int code = show(flags, results, title, settings.dump());
  return code == done && !good ? failed : code;
}

void list_policies() {
  for (const FormulaInfo& info : server::formulas()) {
    std::printf("%-24.*s %.*s\n", static_cast<int>(info.name.size()), info.name.data(),
                static_cast<int>(info.summary.size()), info.summary.data());
  }
}

int run_herd(Flags& flags) {
  if (flags.list) return list_policies(), done;
  flags.model.tickets = !flags.no_tickets;
  return flags.real > 0 ? run_real(flags) : run_model(flags);
}

void add_outage_flags(CLI::App& command, Flags& flags) {
  server::HerdOptions& model = flags.model;
  FlagGroup group(command, "The outage");
  const auto number = [&](const char* name, auto& target, const char* help) {
    command.add_option(name, target, help)
        ->type_name("N")
        ->capture_default_str()
        ->group("The outage");
  };
  number("--clients", model.clients, "How many lose their connection");
  group.duration("--down", model.down, "How long the server is away", Duration{0});
  number("--rate", model.rate, "Clients a second that the server admits");
}

void add_model_flags(CLI::App& command, Flags& flags) {
  server::HerdOptions& model = flags.model;
  const std::string title = "The model";
  FlagGroup group(command, title);
  const auto number = [&](const char* name, auto& target, const char* help) {
    return command.add_option(name, target, help)->type_name("N")->group(title);
  };
  command
      .add_option("--policy", flags.policies,
                  "How they come back: names divided by commas, peers, or all (--list tells them)")
      ->type_name("NAMES")
      ->delimiter(',')
      ->default_str("windowed")
      ->group(title);
  number("--burst", model.burst, "How many the server admits at once")->capture_default_str();
  number("--site", model.site, "Clients of the whole site, when only --clients of them are lost");
  number("--away", model.away, "Share of the servers that is away, 0 to 1")->capture_default_str();
  group.duration(
      "--slow-start", model.slow_start,
      "After its return the server is reached by ever more tries, by all after this long",
      Duration{0});
  group.flag("--cold", model.cold, "The clients were told no window yet");
  group.flag("--local", model.local, "Only the clients' own line broke, and they know it");
  group.flag("--no-tickets", flags.no_tickets, "The server refuses without giving a slot");
  group.duration("--network", model.network, "A try takes up to this long to arrive", Duration{0});
  group.duration("--end", model.end, "The model ends here, whoever is still away");
  number("--seed", model.seed, "Another seed is another day")->capture_default_str();
}

void add_real_flags(CLI::App& command, Flags& flags) {
  const std::string title = "Real connections instead, with --down and --rate";
  command
      .add_option("--real", flags.real,
                  "So many, up to 19000, to a server that is killed and started again")
      ->check(CLI::Range(1, 19'000).description(""))
      ->type_name("N")
      ->group(title);
  command
      .add_option("--transport", flags.transports,
                  "websocket, sse, long-polling, polling, mixed (a quarter each), or each (one run "
                  "after the other)")
      ->delimiter(',')
      ->check(CLI::IsMember({"websocket", "sse", "long-polling", "polling", "mixed", "each"})
                  .description(""))
      ->type_name("NAMES")
      ->default_str("mixed")
      ->group(title);
  command
      .add_option("--formula", flags.formulas,
                  "Runs more, with bare connections that come back by these policies")
      ->delimiter(',')
      ->type_name("NAMES")
      ->group(title);
  FlagGroup(command, title)
      .duration("--ping", flags.ping,
                "How often the server speaks; a client that polls does so at every fifth",
                Duration{100});
}

void add_output_flags(CLI::App& command, Flags& flags) {
  FlagGroup group(command, "What it prints");
  group.flag("--json", flags.json, "Figures and curves as JSON");
  group.text("--svg", flags.svg, "FILE", "Write the curves into a picture");
  group.flag("--list", flags.list, "The policies, and nothing else");
}

}  // namespace

void add_herd(CLI::App& program, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command =
      *program.add_subcommand("herd", "Show how many clients come back after an outage");
  add_outage_flags(command, *flags);
  add_model_flags(command, *flags);
  add_real_flags(command, *flags);
  add_output_flags(command, *flags);
  command.footer(
      "The model runs in virtual time, on the client's real policy and the server's\n"
      "real admission; the same seed gives the same run. For example:\n"
      "  freshet herd --clients 100000 --down 10s --rate 2000\n"
      "  freshet herd --policy all --svg herd.svg\n"
      "  freshet herd --real 1000 --down 3s --rate 500 --formula eventsource,socket.io");
  command.callback([flags, &run] { run = [flags] { return run_herd(*flags); }; });
}

}  // namespace freshet::app
