#include "park/deadlines.h"

#include <cassert>

namespace freshet::park {

void DeadlineNode::cancel() {
  if (list_ == 0) return;
  previous_->next_ = next_;
  next_->previous_ = previous_;
  list_ = 0;
}

void DeadlineList::arm(DeadlineNode& node, Instant now) {
  node.cancel();
  node.list_ = number_;
  node.due_ = now + length_;
  DeadlineNode* const last = ring_.previous_;
  assert(empty() || last->due_ <= node.due_);
  node.previous_ = last;
  node.next_ = &ring_;
  last->next_ = &node;
  ring_.previous_ = &node;
}

DeadlineNode* DeadlineList::pop_due(Instant now) {
  if (empty() || ring_.next_->due_ > now) return nullptr;
  DeadlineNode* const node = ring_.next_;
  node->cancel();
  return node;
}

std::optional<Instant> DeadlineList::next_due() const {
  if (empty()) return std::nullopt;
  return ring_.next_->due_;
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
