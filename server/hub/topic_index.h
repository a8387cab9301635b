// TopicIndex: which subscribers of one loop a topic reaches. Exact topics by hash, patterns by a
// tree of segments, so that matching costs the topic's segments and not the number of patterns.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hub/subscriber.h"

namespace freshet::server {

// One pattern and everybody who subscribed to it. Lives as long as somebody does.
struct PatternNode {
  std::string pattern;
  std::vector<Subscriber*> subscribers;
};

// Threads: its hub's loop.
class TopicIndex {
 public:
  TopicIndex();
  ~TopicIndex();

  // Adds one subscription. REQUIRES: the pattern was checked.
  void subscribe(Subscriber& subscriber, std::string_view pattern, std::uint64_t ref);
  // Ends the subscription at this index of the subscriber's list (the last one takes its place).
  void unsubscribe(Subscriber& subscriber, std::size_t index);

  // Appends the nodes whose pattern matches. The same subscriber may stand in several.
  void match(std::string_view topic, std::vector<PatternNode*>& out) const;

  std::size_t patterns() const { return exact_.size() + pattern_count_; }

 private:
  struct Segment;
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  PatternNode& node_of(std::string_view pattern);
  void drop(PatternNode& node);

  std::unordered_map<std::string, std::unique_ptr<PatternNode>, Hash, std::equal_to<>> exact_;
  std::unique_ptr<Segment> root_;
  std::size_t pattern_count_ = 0;
};

}  // namespace freshet::server
