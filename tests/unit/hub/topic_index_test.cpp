#include "hub/topic_index.h"

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "unit/hub/recording_subscriber.h"
#include "wire/topic.h"

namespace freshet::server {
namespace {

std::vector<std::string> matched(const TopicIndex& index, std::string_view topic) {
  std::vector<PatternNode*> nodes;
  index.match(topic, nodes);
  std::vector<std::string> patterns;
  for (const PatternNode* node : nodes) patterns.push_back(node->pattern);
  std::sort(patterns.begin(), patterns.end());
  return patterns;
}

using Patterns = std::vector<std::string>;

TEST_CASE("a topic reaches exact subscriptions and every pattern that matches", "[hub][index]") {
  TopicIndex index;
  RecordingSubscriber subscriber;
  for (const char* pattern :
       {"prices.AAPL", "prices.*", "prices.>", ">", "*.AAPL", "*", "prices", "prices.*.x"}) {
    index.subscribe(subscriber, pattern, 1);
  }
  CHECK(matched(index, "prices.AAPL") ==
        Patterns{"*.AAPL", ">", "prices.*", "prices.>", "prices.AAPL"});
  CHECK(matched(index, "prices") == Patterns{"*", ">", "prices"});
  CHECK(matched(index, "prices.MSFT.x") == Patterns{">", "prices.*.x", "prices.>"});
  CHECK(matched(index, "other.topic") == Patterns{">"});
}

TEST_CASE("no wildcard matches a reserved segment", "[hub][index]") {
  TopicIndex index;
  RecordingSubscriber subscriber;
  for (const char* pattern : {"$sys.load", "$sys.*", "$sys.>", "*.load", ">", "a.>", "a.*"}) {
    index.subscribe(subscriber, pattern, 1);
  }
  CHECK(matched(index, "$sys.load") == Patterns{"$sys.*", "$sys.>", "$sys.load"});
  CHECK(matched(index, "a.$presence") == Patterns{});
  CHECK(matched(index, "a.b.$presence") == Patterns{});
}

TEST_CASE("a pattern is gone with its last subscriber", "[hub][index]") {
  TopicIndex index;
  std::array<RecordingSubscriber, 2> subscribers;
  for (auto& subscriber : subscribers) {
    index.subscribe(subscriber, "a.*.c", 1);
    index.subscribe(subscriber, "a.>", 2);
    index.subscribe(subscriber, "x", 3);
  }
  CHECK(index.patterns() == 3);
  for (int i = 0; i < 3; ++i) index.unsubscribe(subscribers[0], 0);
  CHECK(index.patterns() == 3);
  CHECK(matched(index, "a.b.c") == Patterns{"a.*.c", "a.>"});
  for (int i = 0; i < 3; ++i) index.unsubscribe(subscribers[1], 0);
  CHECK(index.patterns() == 0);
  CHECK(matched(index, "a.b.c").empty());
  CHECK(matched(index, "x").empty());
}

TEST_CASE("matching agrees with the rule for patterns whatever comes and goes", "[hub][index]") {
  std::mt19937 random(5);
  const auto pick = [&](std::size_t count) { return random() % count; };
  const std::array<std::string_view, 4> names{"a", "b", "c", "$s"};
  const auto topic = [&] {
    std::string text(names[pick(4)]);
    for (std::size_t i = pick(3); i > 0; --i) text.append(".").append(names[pick(4)]);
    return text;
  };
  const auto pattern = [&] {
    std::string text;
    for (std::size_t i = pick(3) + 1; i > 0; --i) {
      text += pick(3) == 0 ? "*" : std::string(names[pick(4)]);
      text += '.';
    }
    if (pick(4) == 0) return text + ">";
    text.pop_back();
    return text;
  };
  TopicIndex index;
  constexpr std::size_t count = 20;
  std::array<RecordingSubscriber, count> subscribers;
  std::array<std::vector<std::string>, count> expected;
  for (int step = 0; step < 3000; ++step) {
    const std::size_t who = pick(count);
    if (pick(2) == 0 && !expected[who].empty()) {
      const std::size_t which = pick(expected[who].size());
      index.unsubscribe(subscribers[who], which);
      expected[who][which] = expected[who].back();
      expected[who].pop_back();
    } else {
      expected[who].push_back(pattern());
      index.subscribe(subscribers[who], expected[who].back(), 1);
    }
    const std::string published = topic();
    std::vector<PatternNode*> nodes;
    index.match(published, nodes);
    std::vector<const Subscriber*> reached;
    for (const PatternNode* node : nodes) {
      reached.insert(reached.end(), node->subscribers.begin(), node->subscribers.end());
    }
    std::size_t wanted = 0;
    for (std::size_t i = 0; i < count; ++i) {
      const auto matching = static_cast<std::size_t>(
          std::count_if(expected[i].begin(), expected[i].end(),
                        [&](const auto& one) { return wire::matches(one, published); }));
      wanted += matching;
      REQUIRE(static_cast<std::size_t>(
                  std::count(reached.begin(), reached.end(), &subscribers[i])) == matching);
    }
    REQUIRE(reached.size() == wanted);
  }
}

}  // namespace
}  // namespace freshet::server
