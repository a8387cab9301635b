// TopicIndex: which subscribers of one loop a topic reaches. Exact topics by hash, patterns by a
// tree of segments, so that subscribing, matching and leaving cost the segments of a name, however
// many topics, patterns and subscribers there are. `./dev bench topics` shows it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "hub/subscriber.h"

namespace freshet::server {

// One pattern and everybody who subscribed to it. Lives as long as somebody does.
struct PatternNode {
  std::string pattern;
  SmallList<Subscriber*> subscribers;
};

// Threads: its hub's loop.
class TopicIndex {
 public:
  TopicIndex();
  ~TopicIndex();

  // Adds one subscription. REQUIRES: the pattern was checked.
  void subscribe(Subscriber& subscriber, std::string_view pattern, std::uint64_t ref);
  // Ends the subscription at this index of the subscriber's list (the last one takes its place).
  // Costs also the patterns of one other subscriber, which the node's list moves.
  void unsubscribe(Subscriber& subscriber, std::size_t index);

  // Appends the nodes whose pattern matches. The same subscriber may stand in several.
  void match(std::string_view topic, std::vector<PatternNode*>& out) const;

  std::size_t patterns() const { return exact_.size() + pattern_count_; }

 private:
  // One segment of a pattern, found by the one before it and its name. '*' hangs from the one
  // before.
  struct Segment;

  // The tables hold each name's hash beside it: a lookup reads no name but the one it is for.
  struct Topic {
    std::size_t hash;
    std::unique_ptr<PatternNode> node;
  };
  struct Child {
    std::size_t hash;
    std::unique_ptr<Segment> segment;
  };
  struct TopicName {
    std::size_t hash;
    std::string_view text;
  };
  struct ChildName {
    std::size_t hash;
    const Segment* parent;
    std::string_view text;
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(const auto& one) const { return one.hash; }
  };
  struct Equal {
    using is_transparent = void;
    bool operator()(const Topic& one, const Topic& other) const { return one.node == other.node; }
    bool operator()(const TopicName& name, const Topic& one) const;
    bool operator()(const Topic& one, const TopicName& name) const { return (*this)(name, one); }
    bool operator()(const Child& one, const Child& other) const {
      return one.segment == other.segment;
    }
    bool operator()(const ChildName& name, const Child& one) const;
    bool operator()(const Child& one, const ChildName& name) const { return (*this)(name, one); }
  };

  static TopicName topic_name(std::string_view text);
  static ChildName child_name(const Segment& parent, std::string_view text);

  PatternNode& node_of(std::string_view pattern);
  Segment* child(const Segment& parent, std::string_view name) const;
  Segment& child_or_new(Segment& parent, std::string_view name);
  void match_below(const Segment& parent, std::string_view topic, std::vector<PatternNode*>& out,
                   bool reserved_ahead) const;
  void drop(PatternNode& node);
  void drop_pattern(std::string_view pattern);

  std::unordered_set<Topic, Hash, Equal> exact_;
  std::unordered_set<Child, Hash, Equal> children_;
  std::unique_ptr<Segment> root_;
  std::size_t pattern_count_ = 0;
};

}  // namespace freshet::server
