// `fanout`: the server's CPU for each delivery of a published message, ours beside the peers'.
#pragma once

#include <chrono>
#include <cstddef>
#include <vector>

#include "setting.h"

namespace freshet::bench {

struct FanoutOptions : Setting {
  std::vector<std::size_t> subscribers{1'000, 10'000};
  // All get the same rate: one message for so much of each subscriber. The default is what one
  // delivery costs the slower half of the peers; who is slower still goes as fast as it can.
  std::chrono::nanoseconds pace_per_delivery{12'000};
  std::size_t payload_bytes = 100;  // 16 to 110.
};

// Each round gives every system the same messages at the same rate, one system after the other,
// servers on core 0 and load on core 1. Prints medians and the median of each round's ratios.
// Returns 0; throws std::runtime_error when a server loses a message.
int measure_fanout(const FanoutOptions& options);

// The same for systems of other names; the results are named `file`.
int compare_fanout(const FanoutOptions& options, const std::vector<std::string>& names,
                   const std::string& title, const std::string& file);

}  // namespace freshet::bench
