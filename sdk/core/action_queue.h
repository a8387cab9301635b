// Actions on their way to the port, in order.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "core/action.h"

namespace freshet::core {

class ActionQueue {
 public:
  void push(Action action) { actions_.push_back(std::move(action)); }

  // A change that nobody has looked at yet is told once: state() gives the newest anyway.
  void push_state_changed() {
    if (state_changed_) return;
    state_changed_ = true;
    push(StateChanged{});
  }

  std::optional<Action> pop() {
    if (next_ == actions_.size()) {
      actions_.clear();
      next_ = 0;
      return std::nullopt;
    }
    std::optional<Action> action{std::move(actions_[next_++])};
    if (std::holds_alternative<StateChanged>(*action)) state_changed_ = false;
    return action;
  }

  // The client is closed: only what ends things still goes out.
  void keep_only_ends() {
    std::vector<Action> kept;
    for (; next_ < actions_.size(); ++next_) {
      Action& action = actions_[next_];
      if (std::holds_alternative<TellPublished>(action) ||
          std::holds_alternative<CloseConnection>(action) ||
          std::holds_alternative<CancelPost>(action)) {
        kept.push_back(std::move(action));
      }
    }
    actions_ = std::move(kept);
    next_ = 0;
    state_changed_ = false;
  }

 private:
  std::vector<Action> actions_;
  std::size_t next_ = 0;
  bool state_changed_ = false;
};

}  // namespace freshet::core
