// `freshet serve`: the server and its flags.
#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <unistd.h>

#include <spdlog/spdlog.h>
#include <CLI/CLI.hpp>

#include "app/arguments.h"
#include "app/commands.h"
#include "app/exit_code.h"
#include "app/flag_group.h"
#include "app/server.h"
#include "observe/logging.h"
#include "park/flush.h"

namespace freshet::app {
namespace {

// POST /v1/admin/drain comes as a signal of its own, so that one place waits for all.
constexpr int drain_asked = SIGUSR1;

struct Flags {
  ServerOptions server;
  std::string listen = "127.0.0.1:8080";
  std::string port;
  std::size_t loops = 0;
  std::string demo;
  CLI::Option* demo_option = nullptr;
  bool no_deflate = false;
  bool no_gzip = false;
  std::string log_level = "info";
  std::vector<std::string> rules;
};

void add_access_flags(CLI::App& command, Flags& flags) {
  ServerOptions& server = flags.server;
  FlagGroup group(command, "Who may use it");
  auto* listen = group.text("--listen", flags.listen, "HOST:PORT",
                            "Where to listen; port 0 lets the system choose. Another address than "
                            "127.0.0.1 needs --publish-key or --open");
  group.text("--port", flags.port, "N", "Short for --listen 127.0.0.1:N")->excludes(listen);
  group
      .text("--publish-key", server.publish_key, "KEY",
            "Only who shows this key may publish. Better given by the environment, where ps does "
            "not show it")
      ->envname("FRESHET_PUBLISH_KEY")
      // --publish-key "$KEY" with KEY unset is no wish to let everybody publish.
      ->check([](const std::string& key) { return key.empty() ? "the key is empty" : ""; });
  group.flag("--open", server.open, "Let everybody publish, on any address");
  command
      .add_option("--allow-origin", server.allowed_origins,
                  "Let pages of this origin use the server: https://app.example.com, or * for all. "
                  "May repeat; without it only pages that this server itself serves")
      ->type_name("ORIGIN")
      ->allow_extra_args(false)
      ->group("Who may use it");
}

void add_service_flags(CLI::App& command, Flags& flags) {
  ServerOptions& server = flags.server;
  FlagGroup group(command, "What it serves");
  flags.demo_option =
      command.add_option("--demo", flags.demo, "Serve the demo pages, or those of a folder")
          ->type_name("[=DIR]")
          ->expected(0, 1)
          ->group("What it serves");
  group.flag("--echo", server.echo, "Serve /v1/echo for WebSocket conformance suites");
  group.flag("--no-deflate", flags.no_deflate, "Compress no WebSocket messages");
  group.bytes("--deflate-bytes-min", server.compression.bytes_min,
              "The smallest WebSocket message that is compressed, for clients that ask for it");
  group.flag("--no-gzip", flags.no_gzip, "Compress no HTTP answers");
  group.bytes("--gzip-bytes-min", server.gzip.bytes_min,
              "The smallest HTTP body that is compressed, for clients that ask for it");
  group.count("--loops", flags.loops, "Event loops, a thread each; 0 is one per core", 0);
  command
      .add_option_function<std::string>(
          "--io",
          [&server](const std::string& name) { server.connection.io = *park::io_named(name); },
          "How to send: by io_uring (uring), by a system call for each connection (epoll), or by "
          "io_uring where the kernel allows it (auto)")
      ->check([](const std::string& name) {
        return park::io_named(name) ? "" : "'" + name + "' is not auto, uring or epoll";
      })
      ->type_name("HOW")
      ->default_str(std::string(park::name_of(server.connection.io)))
      ->envname("FRESHET_IO")
      ->group("What it serves");
  group.text("--log-level", flags.log_level, "LEVEL", "trace, debug, info, warn, error or off");
}

void add_log_flags(CLI::App& command, Flags& flags) {
  server::Retention& retention = flags.server.retention;
  FlagGroup group(command, "What the log keeps, whichever ends first");
  group.count("--retention-messages", retention.messages_max, "Messages");
  group.bytes("--retention-bytes", retention.bytes_max, "Bytes of messages");
  group.duration("--retention-age", retention.age_max, "Age of a message");
  group.count("--idempotency-keys-max", retention.keys_max,
              "Keys of publishes; beyond it the oldest is forgotten early");
  group.duration("--idempotency-age", retention.key_age_max, "Age of such a key");
  group.count(
      "--empty-topics-max", retention.empty_topics_max,
      "Topics that hold nothing any more and are remembered for what they lost; beyond it a "
      "gap may be told that is none");
}

void add_time_flags(CLI::App& command, Flags& flags) {
  ServerOptions& server = flags.server;
  FlagGroup group(command, "Times");
  group.duration("--ping", server.ping, "How often a quiet stream hears from the server",
                 Duration{100}, Duration{3'600'000});
  group.duration("--long-poll-max", server.limits.wait_max,
                 "The longest wait of a long poll; one that asks for more is answered then");
  group.duration("--poll-interval", server.limits.poll_interval,
                 "What polling clients are advised to leave between two polls");
  group.duration("--request-time-max", server.connection.request_time_max,
                 "How long a request may take to arrive; then 408");
  group.duration("--keep-alive-max", server.connection.keep_alive_max,
                 "How long a connection may be silent between two requests; then it is closed");
  group.duration("--write-stall-max", server.connection.write_stall_max,
                 "How long a reader for whom something waits may take nothing; then it is cut off");
  group.duration("--linger-max", server.connection.linger_max,
                 "How long a peer may take to close after the last answer; then it is cut off");
}

void add_admission_flags(CLI::App& command, Flags& flags) {
  server::AdmissionOptions& admission = flags.server.admission;
  FlagGroup group(command, "Clients that come back");
  group.number("--admission-rate", admission.window.admission_rate,
               "Newcomers a second; who comes above it is given a time of its own (rate)", 0.001,
               1'000'000);
  group.number("--admission-burst", admission.limiter.burst,
               "Newcomers at once after a quiet time; 0 is a tenth of a second's, at least 50", 0,
               10'000'000);
  group.duration("--window-min", admission.window.window_min,
                 "The least time over which lost clients spread their return");
  group.duration("--long-poll-spread", flags.server.limits.long_poll_spread,
                 "How long answers of many long polls may be held back, so that they do not ask "
                 "again all at once",
                 Duration{0});
  group.duration("--drain-spread", flags.server.drain_spread,
                 "Over how long clients are let go at SIGTERM; 0 lets all go at once. For several "
                 "servers behind one address",
                 Duration{0});
  group.duration("--drain-max", flags.server.drain_max,
                 "The longest the server takes to stop; who is left then is cut off");
}

void add_limit_flags(CLI::App& command, Flags& flags) {
  server::Limits& limits = flags.server.limits;
  park::FramerLimits& framer = flags.server.connection.framer;
  FlagGroup group(command, "Limits");
  command
      .add_option("--rule", flags.rules,
                  "What a stream that reads too slowly loses of the topics that match: "
                  "'prices.>:latest', all but the newest of each; 'chat.>:drop-oldest', with a gap "
                  "told; or ':disconnect', nothing: it is closed and resumes. May repeat; the "
                  "first that matches holds, disconnect without one")
      ->type_name("PATTERN:RULE")
      ->allow_extra_args(false)
      ->group("Limits");
  group.bytes("--message-bytes-max", limits.message_bytes_max,
              "The largest message; larger ones are refused (413, close 1009)");
  group.count("--publish-lines-max", limits.publish_lines_max,
              "Lines of one POST /v1/publish; more are refused (too_many)");
  group.count("--patterns-max", limits.patterns_max,
              "Patterns of one connection or poll; more are refused (too_many)");
  group.count("--streams-max", limits.streams_max,
              "Streams and long polls at once; newcomers are told to come later (busy)");
  group.bytes("--outbox-bytes-max", limits.outbox_bytes_max,
              "What may wait for a slow stream; then its --rule holds: closed (4100), or dropped");
  group.bytes("--outbox-total-bytes-max", limits.outbox_total_bytes_max,
              "What may wait for all readers together; from three quarters of it on, publishes to "
              "topics with slow readers are refused (503, busy)",
              64 * 1024);
  group.count("--poll-messages-max", limits.poll_messages_max,
              "Messages of one poll answer; then it is cut (more)");
  group.bytes("--poll-bytes-max", limits.poll_bytes_max,
              "Bytes of one poll answer; then it is cut (more)");
  group.count("--history-messages-max", limits.history_messages_max,
              "Messages of one history answer; a request for more is refused");
  group.bytes("--history-bytes-max", limits.history_bytes_max,
              "Bytes of the messages of one history answer; the oldest are left out (more)");
  group.bytes("--gzip-bytes-max", flags.server.gzip.bytes_max,
              "The largest HTTP body that is compressed; larger ones leave as they are");
  group.bytes("--pipelined-bytes-max", flags.server.connection.pipelined_bytes_max,
              "Requests held behind a long poll or an event stream; the rest waits in the kernel");
  group.bytes("--request-line-bytes-max", framer.request_line_bytes_max,
              "Method, URL and version of a request; longer is refused (414)", 64);
  group.bytes("--header-bytes-max", framer.header_bytes_max,
              "Request line and headers together; more is refused (431)", 256);
  group.count("--header-count-max", framer.header_count_max,
              "Header lines of a request; more are refused (431)");
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
  const auto listen = parse_endpoint(flags.port.empty() ? flags.listen : "127.0.0.1:" + flags.port);
  if (!listen && !flags.port.empty()) {
    return fail(usage, "--port: '" + flags.port + "' is not a port (0 to 65535)");
  }
  if (!listen) return fail(usage, listen.error().message);
  options.host = listen->host;
  options.port = listen->port;
  options.loops = static_cast<unsigned>(std::min<std::size_t>(flags.loops, 1024));
  options.demo = demo_folder(flags);
  options.compression.on = !flags.no_deflate;
  options.gzip.on = !flags.no_gzip;
  for (const std::string& rule : flags.rules) {
    if (const auto added = options.rules.add(rule); !added) {
      return fail(usage, "--rule: " + added.error().message);
    }
  }
  if (const auto started = server::start_logging(flags.log_level); !started) {
    return fail(usage, started.error().message);
  }

  // Before the first thread, so that all inherit it and only sigwait takes these.
  sigset_t ends;
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, drain_asked);
  pthread_sigmask(SIG_BLOCK, &ends, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  options.on_drain = [] { ::kill(::getpid(), drain_asked); };
  Server server(options);
  if (const auto started = server.start(); !started) {
    const bool mine = started.error().code == ErrorCode::invalid_argument;
    return fail(mine ? usage : failed, started.error().message);
  }
  for (const std::string& endpoint : server.endpoints()) {
    std::printf("freshet %s listening on http://%s\n", FRESHET_VERSION, endpoint.c_str());
  }
  std::fflush(stdout);
  spdlog::info("epoch {}, {} loops, io by {}, {}", server.log().epoch(), server.loop_count(),
               park::name_of(server.io()),
               options.publish_key.empty() ? "everybody may publish" : "publishing needs the key");
  int signal = 0;
  sigwait(&ends, &signal);
  spdlog::info("stopping, {} streams", server.context().counts.open());
  // A second signal ends it at once; a second request to drain changes nothing.
  sigdelset(&ends, drain_asked);
  pthread_sigmask(SIG_UNBLOCK, &ends, nullptr);
  // Who presses Ctrl-C waits for it.
  signal == SIGINT ? server.stop() : server.drain();
  spdlog::info("stopped");
  return done;
}

}  // namespace

void add_serve(CLI::App& program, Run& run) {
  auto flags = std::make_shared<Flags>();
  CLI::App& command = *program.add_subcommand("serve", "Run the server");
  add_access_flags(command, *flags);
  add_service_flags(command, *flags);
  add_log_flags(command, *flags);
  add_time_flags(command, *flags);
  add_admission_flags(command, *flags);
  add_limit_flags(command, *flags);
  command.footer(
      "A TIME is 250ms, 25s, 5m or 1h; a SIZE is 4096, 64KiB or 1MiB. docs/flags.md\n"
      "tells for each limit what happens when it is reached, and how it is counted.");
  command.callback([flags, &run] { run = [flags] { return serve(*flags); }; });
}

}  // namespace freshet::app
