#include "log/topic_rules.h"

#include <optional>

#include "wire/topic.h"

namespace freshet::server {
namespace {

std::optional<SlowRule> rule_named(std::string_view name) {
  if (name == "disconnect") return SlowRule::disconnect;
  if (name == "drop-oldest") return SlowRule::drop_oldest;
  if (name == "latest") return SlowRule::latest;
  return std::nullopt;
}

}  // namespace

Result<void> TopicRules::add(std::string_view text) {
  // A pattern holds no colon.
  const std::size_t colon = text.find(':');
  const auto rule =
      colon == std::string_view::npos ? std::nullopt : rule_named(text.substr(colon + 1));
  if (!rule) {
    return Error{ErrorCode::invalid_argument,
                 "'" + std::string(text) +
                     "' is not a rule: write PATTERN:disconnect, PATTERN:drop-oldest or "
                     "PATTERN:latest, for example 'prices.>:latest'"};
  }
  const std::string_view pattern = text.substr(0, colon);
  if (const auto valid = wire::check_pattern(pattern); !valid) return valid.error();
  rules_.push_back({std::string(pattern), *rule});
  return {};
}

SlowRule TopicRules::of(std::string_view topic) const {
  for (const Rule& one : rules_) {
    if (wire::matches(one.pattern, topic)) return one.rule;
  }
  return SlowRule::disconnect;
}

}  // namespace freshet::server
