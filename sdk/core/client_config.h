// What a client is told once, when it is made.
#pragma once

#include <cstdint>
#include <string_view>

#include "core/time.h"
#include "core/transport_order.h"
#include "freshet/options.h"

namespace freshet::core {

// The part of freshet::ClientOptions that the core needs; the same meaning and defaults.
struct ClientConfig {
  TransportOrder transports = {Transport::websocket, Transport::sse, Transport::long_polling,
                               Transport::polling};
  Reconnect reconnect = Reconnect::windowed;
  Duration initial_spread{0};
  Duration hedge_after{2'500};
  Duration connect_timeout{10'000};
  Duration reprobe_after{30 * 60'000};
  Duration long_poll_wait{25'000};
  Duration poll_interval{0};
  std::uint64_t publish_queue_max = 100;
  std::uint64_t publish_queue_bytes_max = 1024 * 1024;
  std::string_view sdk = "core/0.1.0";  // Name and version, told to the server. Lives for ever.
};

TransportOrder transports_of(Profile profile);

}  // namespace freshet::core
