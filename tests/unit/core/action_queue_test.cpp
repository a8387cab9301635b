#include "core/action_queue.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::core {
namespace {

TEST_CASE("actions come out in the order they went in", "[core][actions]") {
  ActionQueue queue;
  queue.push(ActionKind::tell_live, 1);
  queue.push(ActionKind::tell_live, 2);
  CHECK(queue.pop()->id == 1);
  queue.push(ActionKind::tell_live, 3);
  CHECK(queue.pop()->id == 2);
  CHECK(queue.pop()->id == 3);
  CHECK_FALSE(queue.pop());
}

TEST_CASE("changes of state that nobody has looked at are told once", "[core][actions]") {
  ActionQueue queue;
  queue.push_state();
  queue.push_state();
  CHECK(queue.pop());
  queue.push_state();
  CHECK(queue.pop());
  CHECK_FALSE(queue.pop());
}

}  // namespace
}  // namespace freshet::core
