#include "hub/topic_index.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "wire/topic.h"

namespace freshet::server {

// One segment of the tree of patterns. `here` ends at it; `rest` is what a final '>' below it is.
struct TopicIndex::Segment {
  std::map<std::string, std::unique_ptr<Segment>, std::less<>> children;  // "*" is one of them.
  std::unique_ptr<PatternNode> here;
  std::unique_ptr<PatternNode> rest;

  bool empty() const { return children.empty() && !here && !rest; }
};

namespace {

// Cuts the first segment off.
std::string_view take_segment(std::string_view& text) {
  const std::size_t dot = text.find('.');
  const std::string_view segment = text.substr(0, dot);
  text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  return segment;
}

template <typename Segment>
void match_below(const Segment& parent, std::string_view topic, std::vector<PatternNode*>& out,
                 bool reserved_ahead) {
  if (topic.empty()) {
    if (parent.here) out.push_back(parent.here.get());
    return;
  }
  // No wildcard matches a segment that begins with '$'; '>' stands for all that is left.
  if (parent.rest && !(reserved_ahead && wire::is_reserved_topic(topic))) {
    out.push_back(parent.rest.get());
  }
  std::string_view left = topic;
  const std::string_view segment = take_segment(left);
  if (const auto child = parent.children.find(segment); child != parent.children.end()) {
    match_below(*child->second, left, out, reserved_ahead);
  }
  if (segment.front() == '$') return;
  if (const auto child = parent.children.find(std::string_view("*"));
      child != parent.children.end()) {
    match_below(*child->second, left, out, reserved_ahead);
  }
}

}  // namespace

TopicIndex::TopicIndex() : root_(std::make_unique<Segment>()) {}
TopicIndex::~TopicIndex() = default;

void TopicIndex::subscribe(Subscriber& subscriber, std::string_view pattern, std::uint64_t ref) {
  PatternNode& node = node_of(pattern);
  subscriber.subscriptions_.push_back(
      {.ref = ref, .node = &node, .slot = static_cast<std::uint32_t>(node.subscribers.size())});
  node.subscribers.push_back(&subscriber);
}

void TopicIndex::unsubscribe(Subscriber& subscriber, std::size_t index) {
  auto& subscriptions = subscriber.subscriptions_;
  assert(index < subscriptions.size());
  PatternNode& node = *subscriptions[index].node;
  const std::uint32_t slot = subscriptions[index].slot;
  const std::uint32_t last = static_cast<std::uint32_t>(node.subscribers.size() - 1);
  if (slot != last) {
    Subscriber& moved = *node.subscribers[last];
    node.subscribers[slot] = &moved;
    const auto same =
        std::find_if(moved.subscriptions_.begin(), moved.subscriptions_.end(),
                     [&](const auto& other) { return other.node == &node && other.slot == last; });
    assert(same != moved.subscriptions_.end());
    same->slot = slot;
  }
  node.subscribers.pop_back();
  subscriptions[index] = subscriptions.back();
  subscriptions.pop_back();
  if (node.subscribers.empty()) drop(node);
}

void TopicIndex::match(std::string_view topic, std::vector<PatternNode*>& out) const {
  if (const auto node = exact_.find(topic); node != exact_.end()) out.push_back(node->second.get());
  if (pattern_count_ > 0) match_below(*root_, topic, out, wire::is_reserved_topic(topic));
}

PatternNode& TopicIndex::node_of(std::string_view pattern) {
  std::unique_ptr<PatternNode>* place = nullptr;
  if (wire::is_exact(pattern)) {
    place = &exact_.try_emplace(std::string(pattern)).first->second;
  } else {
    Segment* segment = root_.get();
    std::string_view left = pattern;
    while (!left.empty() && left != ">") {
      auto& child = segment->children[std::string(take_segment(left))];
      if (!child) child = std::make_unique<Segment>();
      segment = child.get();
    }
    place = left == ">" ? &segment->rest : &segment->here;
    if (!*place) ++pattern_count_;
  }
  if (!*place) {
    *place = std::make_unique<PatternNode>(PatternNode{std::string(pattern), {}});
  }
  return **place;
}

void TopicIndex::drop(PatternNode& node) {
  const std::string pattern = std::move(node.pattern);
  if (wire::is_exact(pattern)) {
    exact_.erase(pattern);
    return;
  }
  // The way down, so that segments nobody needs any more can go on the way back.
  std::vector<std::pair<Segment*, std::string_view>> path;
  Segment* segment = root_.get();
  std::string_view left = pattern;
  while (!left.empty() && left != ">") {
    const std::string_view name = take_segment(left);
    path.emplace_back(segment, name);
    segment = segment->children.find(name)->second.get();
  }
  (left == ">" ? segment->rest : segment->here).reset();
  --pattern_count_;
  for (; !path.empty() && segment->empty(); path.pop_back()) {
    segment = path.back().first;
    segment->children.erase(segment->children.find(path.back().second));
  }
}

}  // namespace freshet::server
