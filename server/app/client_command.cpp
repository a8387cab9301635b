#include "app/client_command.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <fstream>

#include "app/flag_group.h"

namespace freshet::app {
namespace {

constexpr std::array transports{Transport::websocket, Transport::sse, Transport::long_polling,
                                Transport::polling};

}  // namespace

std::string readable_file(const std::string& path) {
  std::error_code fault;
  if (std::filesystem::is_directory(path, fault)) return "'" + path + "' is a folder";
  return std::ifstream(path) ? "" : "there is no file '" + path + "' that can be read";
}

void ClientFlags::add_to(CLI::App& command) {
  FlagGroup group(command, "The server");
  group.text("--url", url, "URL", "Its address")->envname("FRESHET_URL");
  group.text("--transport", transport, "NAME", "Use only websocket, sse, long-polling or polling")
      ->check([](const std::string& text) {
        const bool known = std::any_of(transports.begin(), transports.end(),
                                       [&](Transport each) { return text == to_string(each); });
        return known ? "" : "'" + text + "' is none of websocket, sse, long-polling, polling";
      });
  group
      .text("--key", key, "KEY",
            "Its publish key. Better given by the environment, where ps does not show it")
      ->envname("FRESHET_PUBLISH_KEY");
  group.text("--ca-file", ca_file, "FILE", "Trust the certificate authorities in this PEM file")
      ->check(readable_file);
  group.flag("--insecure", insecure, "Do not check its certificate");
}

ClientOptions ClientFlags::options() const {
  ClientOptions options;
  for (const Transport known : transports) {
    if (transport == to_string(known)) options.transports = {known};
  }
  if (!key.empty()) options.token = [key = key] { return key; };
  options.ca_file = ca_file;
  options.insecure = insecure;
  return options;
}

Ending::Ending() : waiter_(::pthread_self()) {
  ::sigemptyset(&signals_);
  for (const int signal : {SIGINT, SIGTERM, SIGUSR1}) ::sigaddset(&signals_, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  // A reader of our output that goes away is told by write().
  ::signal(SIGPIPE, SIG_IGN);
}

void Ending::finish(ExitCode code) {
  int running = -1;
  if (code_.compare_exchange_strong(running, code)) ::pthread_kill(waiter_, SIGUSR1);
}

std::optional<ExitCode> Ending::ended(int signal) const {
  if (signal == SIGINT || signal == SIGTERM) return done;
  const int code = code_.load();
  return code < 0 ? std::nullopt : std::optional{static_cast<ExitCode>(code)};
}

ExitCode Ending::wait() {
  while (true) {
    int signal = 0;
    ::sigwait(&signals_, &signal);
    if (const auto code = ended(signal)) return *code;
  }
}

std::optional<ExitCode> Ending::wait_for(std::chrono::nanoseconds time) {
  if (const auto code = ended(0)) return code;
  if (time <= std::chrono::nanoseconds{0}) time = std::chrono::nanoseconds{0};
  const timespec limit{.tv_sec = static_cast<std::time_t>(time.count() / 1'000'000'000),
                       .tv_nsec = static_cast<long>(time.count() % 1'000'000'000)};
  const int signal = ::sigtimedwait(&signals_, nullptr, &limit);
  return signal < 0 ? std::nullopt : ended(signal);
}

void ReachabilityWatch::handle_state(const State& state) {
  if (std::holds_alternative<state::Live>(state.kind)) {
    if (was_live_) std::fprintf(stderr, "%s\n", to_string(state).c_str());
    was_live_ = true;
  } else if (const auto* waiting = std::get_if<state::Waiting>(&state.kind)) {
    if (was_live_) {
      std::fprintf(stderr, "%s\n", to_string(state).c_str());
    } else {
      complain(command_, "cannot reach " + url_ + ": " + waiting->reason);
      ending_.finish(unreachable);
    }
  } else if (const auto* closed = std::get_if<state::Closed>(&state.kind)) {
    if (!closed->error) return;
    complain(command_, closed->error->message);
    ending_.finish(exit_code_of(closed->error->code));
  }
}

void complain(std::string_view command, std::string_view message) {
  std::fprintf(stderr, "freshet %.*s: %.*s\n", static_cast<int>(command.size()), command.data(),
               static_cast<int>(message.size()), message.data());
}

ExitCode exit_code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::invalid_argument:
    case ErrorCode::invalid_topic:
    case ErrorCode::invalid_pattern:
    case ErrorCode::invalid_cursor:
    case ErrorCode::invalid_json:
    case ErrorCode::invalid_url:
      return usage;
    case ErrorCode::unreachable:
    case ErrorCode::timeout:
      return unreachable;
    case ErrorCode::unauthorized:
    case ErrorCode::forbidden:
    case ErrorCode::not_found:
    case ErrorCode::too_large:
    case ErrorCode::too_many:
    case ErrorCode::busy:
      return refused;
    default:
      return failed;
  }
}

}  // namespace freshet::app
