#include "park/deadlines.h"

#include <cassert>

namespace freshet::park {

void DeadlineNode::cancel() {
  if (list_ != nullptr) list_->remove(*this);
}

void DeadlineList::arm(DeadlineNode& node, Instant now) {
  node.cancel();
  node.list_ = this;
  node.due_ = now + length_;
  assert(last_ == nullptr || last_->due_ <= node.due_);
  node.previous_ = last_;
  (last_ == nullptr ? first_ : last_->next_) = &node;
  last_ = &node;
}

DeadlineNode* DeadlineList::pop_due(Instant now) {
  if (first_ == nullptr || first_->due_ > now) return nullptr;
  DeadlineNode* const node = first_;
  remove(*node);
  return node;
}

std::optional<Instant> DeadlineList::next_due() const {
  if (first_ == nullptr) return std::nullopt;
  return first_->due_;
}

void DeadlineList::remove(DeadlineNode& node) {
  assert(node.list_ == this);
  (node.previous_ == nullptr ? first_ : node.previous_->next_) = node.next_;
  (node.next_ == nullptr ? last_ : node.next_->previous_) = node.previous_;
  node.previous_ = nullptr;
  node.next_ = nullptr;
  node.list_ = nullptr;
}

TimerId Timers::set(Instant due, std::function<void()> task) {
  const TimerId id = ++last_id_;
  waiting_.emplace(Key{due, id}, std::move(task));
  due_.emplace(id, due);
  return id;
}

bool Timers::cancel(TimerId id) {
  const auto found = due_.find(id);
  if (found == due_.end()) return false;
  waiting_.erase(Key{found->second, id});
  due_.erase(found);
  return true;
}

std::optional<Instant> Timers::next_due() const {
  if (waiting_.empty()) return std::nullopt;
  return waiting_.begin()->first.first;
}

std::size_t Timers::run_due(Instant now) {
  const TimerId newest = last_id_;
  std::size_t count = 0;
  // A task may set or cancel any timer, so nothing is kept across the call but the key to go on
  // from.
  auto next = waiting_.begin();
  while (next != waiting_.end() && next->first.first <= now) {
    const Key key = next->first;
    if (key.second > newest) {
      ++next;
      continue;
    }
    const std::function<void()> task = std::move(next->second);
    waiting_.erase(next);
    due_.erase(key.second);
    task();
    ++count;
    next = waiting_.upper_bound(key);
  }
  return count;
}

}  // namespace freshet::park
