#include "hub/topic_index.h"

#include <algorithm>
#include <cassert>
#include <cstdint>
#include <functional>
#include <utility>

#include "wire/topic.h"

namespace freshet::server {

// `here` ends at it; `rest` is what a final '>' below it is.
struct TopicIndex::Segment {
  Segment* parent = nullptr;
  std::string name;
  std::unique_ptr<Segment> any;  // The child '*'.
  std::uint32_t children = 0;    // Without it.
  std::unique_ptr<PatternNode> here;
  std::unique_ptr<PatternNode> rest;

  bool empty() const { return children == 0 && !any && !here && !rest; }
};

namespace {

// Cuts the first segment off.
std::string_view take_segment(std::string_view& text) {
  const std::size_t dot = text.find('.');
  const std::string_view segment = text.substr(0, dot);
  text.remove_prefix(dot == std::string_view::npos ? text.size() : dot + 1);
  return segment;
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
  node.subscribers.remove(last);
  subscriptions.remove(index);
  if (node.subscribers.empty()) drop(node);
}

void TopicIndex::match(std::string_view topic, std::vector<PatternNode*>& out) const {
  if (const auto one = exact_.find(topic_name(topic)); one != exact_.end()) {
    out.push_back(one->node.get());
  }
  if (pattern_count_ > 0) match_below(*root_, topic, out, wire::is_reserved_topic(topic));
}

void TopicIndex::match_below(const Segment& parent, std::string_view topic,
                             std::vector<PatternNode*>& out, bool reserved_ahead) const {
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
  if (parent.children > 0) {
    if (const Segment* named = child(parent, segment)) {
      match_below(*named, left, out, reserved_ahead);
    }
  }
  if (parent.any && segment.front() != '$') match_below(*parent.any, left, out, reserved_ahead);
}

PatternNode& TopicIndex::node_of(std::string_view pattern) {
  if (wire::is_exact(pattern)) {
    const TopicName name = topic_name(pattern);
    auto one = exact_.find(name);
    if (one == exact_.end()) {
      one = exact_
                .insert({.hash = name.hash,
                         .node = std::make_unique<PatternNode>(
                             PatternNode{.pattern = std::string(pattern), .subscribers = {}})})
                .first;
    }
    return *one->node;
  }
  Segment* segment = root_.get();
  std::string_view left = pattern;
  while (!left.empty() && left != ">") segment = &child_or_new(*segment, take_segment(left));
  auto& place = left == ">" ? segment->rest : segment->here;
  if (!place) {
    place = std::make_unique<PatternNode>(
        PatternNode{.pattern = std::string(pattern), .subscribers = {}});
    ++pattern_count_;
  }
  return *place;
}

void TopicIndex::drop(PatternNode& node) {
  if (wire::is_exact(node.pattern)) {
    exact_.erase(exact_.find(topic_name(node.pattern)));
  } else {
    drop_pattern(std::string(node.pattern));
  }
}

void TopicIndex::drop_pattern(std::string_view pattern) {
  Segment* segment = root_.get();
  std::string_view left = pattern;
  while (!left.empty() && left != ">") segment = child(*segment, take_segment(left));
  (left == ">" ? segment->rest : segment->here).reset();
  --pattern_count_;
  // Segments that nobody needs any more go on the way back.
  while (segment != root_.get() && segment->empty()) {
    Segment& parent = *segment->parent;
    if (parent.any.get() == segment) {
      parent.any.reset();
    } else {
      children_.erase(children_.find(child_name(parent, segment->name)));
      --parent.children;
    }
    segment = &parent;
  }
}

TopicIndex::Segment* TopicIndex::child(const Segment& parent, std::string_view name) const {
  if (name == "*") return parent.any.get();
  const auto found = children_.find(child_name(parent, name));
  return found == children_.end() ? nullptr : found->segment.get();
}

TopicIndex::Segment& TopicIndex::child_or_new(Segment& parent, std::string_view name) {
  if (Segment* known = child(parent, name)) return *known;
  auto segment = std::make_unique<Segment>();
  segment->parent = &parent;
  if (name == "*") {
    parent.any = std::move(segment);
    return *parent.any;
  }
  segment->name = name;
  ++parent.children;
  return *children_.insert({.hash = child_name(parent, name).hash, .segment = std::move(segment)})
              .first->segment;
}

TopicIndex::TopicName TopicIndex::topic_name(std::string_view text) {
  return {.hash = std::hash<std::string_view>{}(text), .text = text};
}

TopicIndex::ChildName TopicIndex::child_name(const Segment& parent, std::string_view text) {
  // Addresses of segments differ in their middle bits; the odd constant spreads them over all.
  const std::size_t place = reinterpret_cast<std::uintptr_t>(&parent) * 0x9E3779B97F4A7C15u;
  return {.hash = std::hash<std::string_view>{}(text) ^ place, .parent = &parent, .text = text};
}

bool TopicIndex::Equal::operator()(const TopicName& name, const Topic& one) const {
  return name.hash == one.hash && name.text == one.node->pattern;
}

bool TopicIndex::Equal::operator()(const ChildName& name, const Child& one) const {
  return name.hash == one.hash && name.parent == one.segment->parent &&
         name.text == one.segment->name;
}

}  // namespace freshet::server
