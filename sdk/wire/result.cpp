// Spellings of the public enumerations (freshet/result.h, freshet/transport.h).
#include "freshet/result.h"

#include <array>
#include <cstddef>
#include <optional>

#include "freshet/transport.h"

namespace freshet {
namespace {

// In the order of ErrorCode's enumerators.
constexpr std::array<std::string_view, 20> error_code_names = {
    "invalid_argument",
    "invalid_topic",
    "invalid_pattern",
    "invalid_cursor",
    "invalid_json",
    "invalid_url",
    "malformed",
    "unauthorized",
    "forbidden",
    "not_found",
    "too_large",
    "too_many",
    "busy",
    "unreachable",
    "timeout",
    "queue_full",
    "closed",
    "outcome_unknown",
    "unsupported",
    "internal",
};
static_assert(error_code_names.size() == static_cast<std::size_t>(ErrorCode::internal) + 1);

// In the order of Transport's enumerators.
constexpr std::array<std::string_view, transport_count> transport_names = {
    "websocket", "sse", "long-polling", "polling"};

}  // namespace

const std::string_view& error_code_spelling(ErrorCode code) {
  return error_code_names[static_cast<std::size_t>(code)];
}

ErrorCode error_code_from(std::string_view text) {
  for (std::size_t i = 0; i < error_code_names.size(); ++i) {
    if (error_code_names[i] == text) return static_cast<ErrorCode>(i);
  }
  return ErrorCode::internal;
}

std::string_view to_string(Transport transport) {
  return transport_names[static_cast<std::size_t>(transport)];
}

std::optional<Transport> transport_from(std::string_view text) {
  for (std::size_t i = 0; i < transport_names.size(); ++i) {
    if (transport_names[i] == text) return static_cast<Transport>(i);
  }
  return std::nullopt;
}

}  // namespace freshet
