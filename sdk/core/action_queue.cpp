// The queue of actions; see action_queue.h.
#include "core/action_queue.h"

#include <utility>

namespace freshet::core {

Action& ActionQueue::push(ActionKind kind, std::uint32_t id) {
  Action& action = add_new(actions_);
  action.kind = kind;
  action.id = id;
  return action;
}

Action& ActionQueue::push(ActionKind kind, std::uint32_t id, std::string_view text) {
  Action& action = push(kind, id);
  action.text = text;
  return action;
}

void ActionQueue::push_state() {
  if (!std::exchange(state_changed_, true)) push(ActionKind::tell_state, 0);
}

Action* ActionQueue::pop() {
  if (next_ == actions_.size()) {
    actions_.clear();
    next_ = 0;
    return nullptr;
  }
  Action* const action = actions_[next_++].get();
  if (action->kind == ActionKind::tell_state) state_changed_ = false;
  return action;
}

}  // namespace freshet::core
