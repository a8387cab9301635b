// Actions on their way to the port, in order.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

#include "core/action.h"

namespace freshet::core {

class ActionQueue {
 public:
  // The new action, to be filled in.
  Action& push(ActionKind kind, std::uint32_t id);
  Action& push(ActionKind kind, std::uint32_t id, std::string_view text);
  // A change that nobody has looked at yet is told once: state() gives the newest anyway.
  void push_state();

  std::optional<Action> pop();

  // The client is closed: only what ends things still goes out.
  void keep_only_ends();

 private:
  List<Action> actions_;
  std::size_t next_ = 0;
  bool state_changed_ = false;
};

}  // namespace freshet::core
