// The four ways a message can travel, and the order in which a client tries them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace freshet {

// Spelled "websocket", "sse", "long-polling", "polling" in every API, file name and metric.
enum class Transport : std::uint8_t { websocket, sse, long_polling, polling };
inline constexpr std::size_t transport_count = 4;

std::string_view to_string(Transport transport);

// Returns the transport spelled `text`; nullopt when there is none of that name.
std::optional<Transport> transport_from(std::string_view text);

// Which transports a client tries, best first.
enum class Profile {
  bidirectional,  // websocket, sse, long-polling, polling: chat and whatever publishes often.
  feed,           // sse, websocket, long-polling, polling: tickers, dashboards.
  occasional,     // long-polling, polling: rare notifications, no stream held open.
};

}  // namespace freshet
