#include "topics.h"

#include <malloc.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "hub/topic_index.h"

namespace freshet::bench {

namespace {

using Clock = std::chrono::steady_clock;

class Listener final : public server::Subscriber {
 public:
  server::Sent send(server::EncodedMessage&) override { return server::Sent::more; }
  void send_control(server::EncodedMessage&, const wire::ServerFrame&) override {}
  void close(std::uint16_t, std::string_view) override {}
};

// Of each listener in turn; enough for several for each.
constexpr std::size_t topics_of_one = 10;
constexpr std::size_t tries = 200'000;

struct Cost {
  double bytes;
  double nanoseconds;
};

// What `work` adds to the heap and takes, by `count`.
Cost cost_of(std::size_t count, const std::function<void()>& work) {
  const std::size_t before = ::mallinfo2().uordblks;
  const auto began = Clock::now();
  work();
  const std::chrono::duration<double, std::nano> took = Clock::now() - began;
  const auto grown = static_cast<double>(::mallinfo2().uordblks) - static_cast<double>(before);
  return {grown / static_cast<double>(count), took.count() / static_cast<double>(count)};
}

void print(const std::string& what, const Cost& cost) {
  std::printf("  %-44s %8.0f bytes  %8.0f ns\n", what.c_str(), cost.bytes, cost.nanoseconds);
}

void print_time(const std::string& what, const Cost& cost) {
  std::printf("  %-44s %14s  %8.0f ns\n", what.c_str(), "", cost.nanoseconds);
}

std::string topic_name(std::size_t number) { return "user.u" + std::to_string(number) + ".inbox"; }

std::string pattern_name(std::size_t number) {
  return "room.r" + std::to_string(number / 2) + (number % 2 == 0 ? ".*" : ".>");
}

// Spreads consecutive numbers over [0, count), so that neighbours in memory are not tried in order.
std::size_t scattered(std::size_t number, std::size_t count) {
  return static_cast<std::size_t>(number * std::uint64_t{2'654'435'761} % count);
}

Cost match(const server::TopicIndex& index, const std::function<std::string(std::size_t)>& topic) {
  std::vector<std::string> names;
  for (std::size_t i = 0; i < tries; ++i) names.push_back(topic(i));
  std::vector<server::PatternNode*> matched;
  matched.reserve(16);
  return cost_of(tries, [&] {
    for (const std::string& name : names) {
      matched.clear();
      index.match(name, matched);
    }
  });
}

void measure_names(std::size_t topics, std::size_t patterns) {
  server::TopicIndex index;
  std::vector<Listener> first(topics / topics_of_one + 1);
  std::vector<Listener> second(topics / topics_of_one + 1);
  std::vector<Listener> listeners_of_patterns(patterns);
  std::printf("%zu topics of %zu listeners, %zu patterns\n", topics, first.size(), patterns);
  print("a topic and its first subscription", cost_of(topics, [&] {
          for (std::size_t i = 0; i < topics; ++i) {
            index.subscribe(first[i / topics_of_one], topic_name(i), i);
          }
        }));
  print("a second subscription to it", cost_of(topics, [&] {
          for (std::size_t i = 0; i < topics; ++i) {
            index.subscribe(second[i / topics_of_one], topic_name(i), i);
          }
        }));
  print_time("match a topic, no patterns yet",
             match(index, [&](std::size_t i) { return topic_name(scattered(i, topics)); }));
  print("a pattern and its subscription", cost_of(patterns, [&] {
          for (std::size_t i = 0; i < patterns; ++i) {
            index.subscribe(listeners_of_patterns[i], pattern_name(i), i);
          }
        }));
  print_time("match a topic beside the patterns",
             match(index, [&](std::size_t i) { return topic_name(scattered(i, topics)); }));
  print_time("match what two patterns match", match(index, [&](std::size_t i) {
               return "room.r" + std::to_string(scattered(i, patterns) / 2) + ".talk";
             }));
  print("leave a topic that others stay on", cost_of(topics, [&] {
          for (std::size_t i = topics; i-- > 0;) {
            index.unsubscribe(first[i / topics_of_one], i % topics_of_one);
          }
        }));
  print("leave a topic as the last", cost_of(topics, [&] {
          for (std::size_t i = topics; i-- > 0;) {
            index.unsubscribe(second[i / topics_of_one], i % topics_of_one);
          }
        }));
  print("leave a pattern as the last", cost_of(patterns, [&] {
          for (Listener& listener : listeners_of_patterns) index.unsubscribe(listener, 0);
        }));
}

// Everybody on one topic: joining and leaving must not cost more when there are more.
void measure_crowds() {
  std::printf("\neverybody on one topic, leaving in another order\n");
  for (const std::size_t count : {1'000, 10'000, 100'000, 1'000'000}) {
    server::TopicIndex index;
    std::vector<Listener> listeners(count);
    print("subscribe, " + std::to_string(count) + " of them", cost_of(count, [&] {
            for (Listener& listener : listeners) index.subscribe(listener, "news.today", 1);
          }));
    print_time("unsubscribe", cost_of(count, [&] {
                 for (std::size_t i = 0; i < count; ++i) {
                   index.unsubscribe(listeners[scattered(i, count)], 0);
                 }
               }));
  }
}

}  // namespace

int measure_topics(std::size_t topics, std::size_t patterns) {
  measure_names(topics, patterns);
  measure_crowds();
  return 0;
}

}  // namespace freshet::bench
