#include "observe/logging.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <string>
#include <utility>

namespace freshet::server {

Result<void> start_logging(std::string_view level) {
  constexpr std::array<std::pair<std::string_view, spdlog::level::level_enum>, 6> levels{
      {{"trace", spdlog::level::trace},
       {"debug", spdlog::level::debug},
       {"info", spdlog::level::info},
       {"warn", spdlog::level::warn},
       {"error", spdlog::level::err},
       {"off", spdlog::level::off}}};
  for (const auto& [name, value] : levels) {
    if (name != level) continue;
    auto logger = std::make_shared<spdlog::logger>(
        "freshet", std::make_shared<spdlog::sinks::stderr_sink_mt>());
    logger->set_pattern("%Y-%m-%dT%H:%M:%S.%eZ %l %v", spdlog::pattern_time_type::utc);
    logger->set_level(value);
    logger->flush_on(spdlog::level::trace);
    spdlog::set_default_logger(std::move(logger));
    return {};
  }
  return Error{
      ErrorCode::invalid_argument,
      "'" + std::string(level) + "' is not a log level: trace, debug, info, warn, error, off"};
}

}  // namespace freshet::server
