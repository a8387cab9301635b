// Herd: a model of many clients that lose one server at once and come back by a formula, while the
// server admits no more than its rate. The clients' policy and the server's admission are the real
// ones. Pure: virtual time, one seed; the command line, the tests and the demo page run it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "core/random.h"
#include "freshet/result.h"
#include "freshet/time.h"
#include "herd/calendar.h"
#include "herd/door.h"
#include "herd/formula.h"
#include "herd/tally.h"

namespace freshet::server {

struct HerdOptions {
  // Who lose their connection at the instant 0.
  std::uint32_t clients = 100'000;
  // How many the site has in all, for the window it tells; 0: `clients`. More than `clients` when
  // only a part of the site is lost.
  std::uint32_t site = 0;
  // How long the server is away. Whoever tries meanwhile fails at once.
  Duration down{10'000};
  // From its return on it is reached by ever more tries, all of them after this long: instances
  // that start one after the other behind a balancer.
  Duration slow_start{0};
  // The share of the site that is away; the rest answers all the time. Of (0, 1].
  double away = 1;
  // What the server admits: clients a second, and how many at once.
  double rate = 2'000;
  double burst = 50;
  // Whether the clients do not know the window, as after their very first connect.
  bool cold = false;
  // Whether only these clients' own line broke, and they know it.
  bool local = false;
  // Whether the server hands out tickets; formulas that do not know them come back by themselves.
  bool tickets = true;
  // A try reaches the server evenly within this long.
  Duration network{50};
  // The model ends here, whoever is still away. At most an hour.
  Duration end{15 * 60'000};
  std::uint64_t seed = 1;
};

// Threads: one at a time.
class Herd {
 public:
  // invalid_argument says which value makes no sense, or which formulas there are.
  static Result<Herd> make(const HerdOptions& options, std::string_view formula);

  // Runs until `until`, the end, or until nobody is on the way back. True: that is now.
  bool advance(Duration until);
  Duration now() const { return now_; }

  const HerdOptions& options() const { return options_; }
  // What clients of a warm herd were told.
  Duration window() const { return window_; }
  const Tally& tally() const { return tally_; }

 private:
  Herd(const HerdOptions& options, std::unique_ptr<Formula> formula, Duration window);
  void arrive(std::uint32_t client);
  bool reaches_server();
  void send_away(std::uint32_t client, std::optional<Duration> slot);

  HerdOptions options_;
  std::unique_ptr<Formula> formula_;
  Duration window_;
  core::Random random_;
  Door door_;
  Calendar calendar_;
  Tally tally_;
  Duration now_{0};
  std::uint32_t away_ = 0;  // On their way back.
};

}  // namespace freshet::server
