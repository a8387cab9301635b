// `freshet serve`: the server and its flags.
#include <csignal>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "app/arguments.h"
#include "app/commands.h"
#include "app/exit_code.h"
#include "app/server.h"
#include "observe/logging.h"

namespace freshet::app {
namespace {

struct Flags {
  ServerOptions server;
  std::string listen;
  std::string demo;
  CLI::Option* demo_option = nullptr;
  std::string log_level = "info";
};

// Options whose text is parsed by one of arguments.h, with their default told in --help.
template <typename T, typename Parse>
void add_parsed(CLI::App& command, const std::string& name, T& target, Parse parse,
                const std::string& shown_default, const std::string& help) {
  command
      .add_option_function<std::string>(
          name,
          [&target, parse, name](const std::string& text) {
            const auto value = parse(text);
            if (!value) throw CLI::ValidationError(name, value.error().message);
            target = static_cast<T>(*value);
          },
          help + " [" + shown_default + "]")
      ->type_name("");
}

void add_limit(CLI::App& command, const std::string& name, std::size_t& target,
               const std::string& help) {
  command.add_option(name, target, help)->check(CLI::PositiveNumber)->capture_default_str();
}

void add_server_flags(CLI::App& command, Flags& flags) {
  ServerOptions& server = flags.server;
  command.add_option("--listen", flags.listen,
                     "Address and port to listen on [127.0.0.1:8080]; port 0 lets the system "
                     "choose");
  command.add_option("--port", server.port, "Port to listen on at 127.0.0.1")->excludes("--listen");
  command
      .add_option("--publish-key", server.publish_key,
                  "Only who shows this key may publish; needed to listen on other addresses than "
                  "127.0.0.1. Better given as FRESHET_PUBLISH_KEY, where ps does not show it")
      ->envname("FRESHET_PUBLISH_KEY");
  command.add_flag("--open", server.open, "Let everybody publish, on any address");
  command.add_option("--allow-origin", server.allowed_origins,
                     "Origin of pages that may use this server, as https://app.example.com; may "
                     "repeat; * for all");
  flags.demo_option = command
                          .add_option("--demo", flags.demo,
                                      "Serve the demo pages, or the pages of a folder (--demo=DIR)")
                          ->expected(0, 1);
  command.add_option("--loops", server.loops, "Event loops, one thread each; 0 is one per core")
      ->capture_default_str();
  command.add_flag("--echo", server.echo, "Serve /v1/echo for WebSocket conformance suites");
  command.add_option("--log-level", flags.log_level, "trace, debug, info, warn, error or off")
      ->capture_default_str();
}

void add_time_flags(CLI::App& command, Flags& flags) {
  ServerOptions& server = flags.server;
  add_parsed(command, "--ping", server.ping, parse_duration, "25s",
             "How often a quiet stream hears from the server");
  add_parsed(command, "--window-min", server.window.window_min, parse_duration, "100ms",
             "The least time over which lost clients spread their return");
  command
      .add_option("--admission-rate", server.window.admission_rate,
                  "Clients a second that may return")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_parsed(command, "--long-poll-max", server.limits.wait_max, parse_duration, "55s",
             "The longest wait of a long poll");
  add_parsed(command, "--poll-interval", server.limits.poll_interval, parse_duration, "4s",
             "What polling clients are advised to leave between two polls");
  add_parsed(command, "--drain-max", server.drain_max, parse_duration, "20s",
             "The longest the server takes to stop");
}

void add_limit_flags(CLI::App& command, Flags& flags) {
  ServerOptions& server = flags.server;
  add_limit(command, "--retention-messages", server.retention.messages_max,
            "Messages the log keeps");
  add_parsed(command, "--retention-bytes", server.retention.bytes_max, parse_bytes, "64MiB",
             "Bytes the log keeps");
  add_parsed(command, "--retention-age", server.retention.age_max, parse_duration, "1h",
             "How long the log keeps a message");
  add_parsed(command, "--message-bytes-max", server.limits.message_bytes_max, parse_bytes, "1MiB",
             "The largest message; larger publishes are refused (413, close 1009)");
  add_parsed(command, "--outbox-bytes-max", server.limits.outbox_bytes_max, parse_bytes, "4MiB",
             "What may wait for a slow stream before it is closed (4100)");
  add_limit(command, "--streams-max", server.limits.streams_max,
            "Streams and long polls at once; newcomers beyond are told to come later");
  add_limit(command, "--patterns-max", server.limits.patterns_max, "Patterns of one connection");
  add_limit(command, "--poll-messages-max", server.limits.poll_messages_max,
            "Messages of one poll answer");
  add_limit(command, "--publish-lines-max", server.limits.publish_lines_max,
            "Lines of one POST /v1/publish");
}

std::filesystem::path demo_folder(const Flags& flags) {
  if (flags.demo_option->count() == 0) return {};
  if (!flags.demo.empty()) return flags.demo;
  // The build puts the pages beside the program.
  std::error_code fault;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", fault);
  return fault ? std::filesystem::path("pages") : program.parent_path() / "pages";
}

int fail(ExitCode code, const std::string& message) {
  std::fprintf(stderr, "freshet serve: %s\n", message.c_str());
  return code;
}

int serve(Flags& flags) {
  ServerOptions& options = flags.server;
  if (!flags.listen.empty()) {
    const auto endpoint = parse_endpoint(flags.listen);
    if (!endpoint) return fail(usage, endpoint.error().message);
    options.host = endpoint->host;
    options.port = endpoint->port;
  }
  if (options.ping < Duration{100} || options.ping > Duration{3'600'000}) {
    return fail(usage, "--ping must be from 100ms to 1h");
  }
  options.demo = demo_folder(flags);
  if (const auto started = server::start_logging(flags.log_level); !started) {
    return fail(usage, started.error().message);
  }

  // Before the first thread, so that all inherit it and only sigwait takes these.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  Server server(options);
  if (const auto started = server.start(); !started) {
    const bool mine = started.error().code == ErrorCode::invalid_argument;
    return fail(mine ? usage : failed, started.error().message);
  }
  for (const std::string& endpoint : server.endpoints()) {
    std::printf("freshet %s listening on http://%s\n", FRESHET_VERSION, endpoint.c_str());
  }
  std::fflush(stdout);
  spdlog::info("epoch {}, {} loops, {}", server.log().epoch(), server.loop_count(),
               options.publish_key.empty() ? "everybody may publish" : "publishing needs the key");
  int signal = 0;
  sigwait(&ends, &signal);
  spdlog::info("stopping, {} streams", server.context().counts.open());
  // A second signal ends it at once.
  pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  server.stop();
  spdlog::info("stopped");
  return done;
}

}  // namespace

void add_serve(CLI::App& program, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *program.add_subcommand("serve", "Run the server");
  add_server_flags(command, *flags);
  add_time_flags(command, *flags);
  add_limit_flags(command, *flags);
  command.callback([flags, &run] { run = [flags] { return serve(*flags); }; });
}

}  // namespace freshet::app
