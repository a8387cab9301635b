// Actions on their way to the port, in order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "core/action.h"

namespace freshet::core {

class ActionQueue {
 public:
  // The new action, to be filled in.
  Action& push(ActionKind kind, std::uint32_t id);
  Action& push(ActionKind kind, std::uint32_t id, std::string_view text);
  // A change that nobody has looked at yet is told once: state() gives the newest anyway.
  void push_state();

  // nullptr when there is none. The others live until then.
  Action* pop();

 private:
  List<std::unique_ptr<Action>> actions_;
  std::size_t next_ = 0;  // Those before it were taken out.
  bool state_changed_ = false;
};

}  // namespace freshet::core
