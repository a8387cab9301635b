#include "app/herd_server.h"

#include <sys/resource.h>

namespace freshet::app {
namespace {

std::vector<std::string> flags_of(const RealHerdOptions& options) {
  std::vector<std::string> flags{"--admission-rate", std::to_string(options.rate),
                                 "--ping",           std::to_string(options.ping.count()),
                                 "--log-level",      "off"};
  if (options.burst > 0) {
    flags.insert(flags.end(), {"--admission-burst", std::to_string(options.burst)});
  }
  return flags;
}

}  // namespace

HerdServer::HerdServer(const RealHerdOptions& options) : process_(flags_of(options)) {}

Result<void> allow_open_files(std::uint32_t connections) {
  // Some for the program itself.
  constexpr rlim_t spare = 200;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max >= connections + spare) return {};
  return Error{ErrorCode::internal,
               "this system lets a program open " + std::to_string(limit.rlim_max) +
                   " files; ask for fewer connections, or raise its limit (ulimit -Hn)"};
}

std::string source_address(std::uint32_t client) {
  return "127.0.0." + std::to_string(1 + client % 250);
}

}  // namespace freshet::app
