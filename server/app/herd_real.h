// The herd with real connections: native clients against a real server that is killed and started
// again. Used by `freshet herd --real`.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "app/herd_result.h"
#include "freshet/result.h"
#include "freshet/time.h"
#include "freshet/transport.h"

namespace freshet::app {

struct RealHerdOptions {
  std::uint32_t clients = 1'000;
  // From the kill to the start of the next server.
  Duration down{3'000};
  double rate = 1'000;  // --admission-rate of the server.
  double burst = 0;     // --admission-burst; 0: the server's default.
  // Client n uses the n-th of them, round and round.
  std::vector<Transport> transports;
  Duration publish_interval{500};
  // How often a quiet client hears from the server, and so how old a window can be.
  Duration ping{2'000};
  // Called now and then with what is going on, as "1,234 of 10,000 connected".
  std::function<void(const std::string&)> progress = [](const std::string&) {};
};

struct RealHerdResult {
  HerdResult herd;
  std::uint64_t published = 0;
  std::uint64_t delivered = 0;
  std::uint64_t gaps = 0;
  std::uint64_t lost_in_silence = 0;  // Messages that a client never got and no gap told.
  std::uint64_t delivered_twice = 0;
  bool all_heard_the_last = false;  // Every client got what was published when all were back.
};

// The SDK's clients; source addresses spread over 127.0.0.0/8. internal: something of the set-up
// failed, such as a limit of the machine.
Result<RealHerdResult> run_real_herd(const RealHerdOptions& options);

// The same on a server that runs already.
class HerdServer;
Result<RealHerdResult> run_real_herd(const RealHerdOptions& options, HerdServer& server);

// Bare connections to the server's event stream that come back by a formula (herd/formula.h) and
// know nothing of windows and tickets. `transports` is not looked at; nothing is published.
Result<RealHerdResult> run_bare_herd(const RealHerdOptions& options, std::string_view formula);

}  // namespace freshet::app
