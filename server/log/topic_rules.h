// TopicRules: what a reader loses that is too slow for a topic. The operator says it, topic by
// topic; the log leaves out what it may, and the hub tells what is gone.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/result.h"

namespace freshet::server {

enum class SlowRule : std::uint8_t {
  disconnect,   // Nothing: its connection is closed with 4100, and it resumes from its cursor.
  drop_oldest,  // What has waited longest; a gap tells it so.
  latest,       // All of a topic but its newest message.
};

// A plain value. Without a rule for it a topic has `disconnect`.
class TopicRules {
 public:
  // "prices.>:latest": a pattern, and drop-oldest, latest or disconnect. Of several that match a
  // topic the first one added holds. Fails with invalid_pattern or invalid_argument.
  Result<void> add(std::string_view text);

  SlowRule of(std::string_view topic) const;

  bool empty() const { return rules_.empty(); }
  bool any(SlowRule rule) const {
    return std::any_of(rules_.begin(), rules_.end(),
                       [&](const Rule& one) { return one.rule == rule; });
  }

 private:
  struct Rule {
    std::string pattern;
    SlowRule rule;
  };
  std::vector<Rule> rules_;
};

}  // namespace freshet::server
