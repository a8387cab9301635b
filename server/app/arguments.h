// Values people type: durations, sizes and addresses. Used by the subcommands' options.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "freshet/result.h"
#include "freshet/time.h"

namespace freshet::app {

// "250ms", "25s", "5m", "1h"; a bare number is milliseconds, as on the wire. At most 30 days.
Result<Duration> parse_duration(std::string_view text);

// "64KiB", "1MiB", "2GiB"; a bare number is bytes. At most 1 TiB.
Result<std::size_t> parse_bytes(std::string_view text);

// The shortest text that parses to the value: "25s", "64KiB".
std::string to_text(Duration duration);
std::string bytes_to_text(std::size_t bytes);

struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
};

// "127.0.0.1:8080", "[::1]:8080", "localhost:8080"; port 0 lets the kernel choose.
Result<Endpoint> parse_endpoint(std::string_view text);

// Whether only this machine can reach the host: localhost, 127.x.x.x, ::1.
bool is_loopback(std::string_view host);

}  // namespace freshet::app
