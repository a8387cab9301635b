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

TEST_CASE("behind the end only what ends things comes out", "[core][actions]") {
  ActionQueue queue;
  queue.push(ActionKind::open_stream, 7);
  queue.push(ActionKind::close_connection, 3);
  queue.push_state();
  queue.push(ActionKind::tell_live, 1);
  queue.push(ActionKind::tell_published, 5);
  queue.keep_only_ends();
  CHECK(queue.pop()->id == 3);
  CHECK(queue.pop()->id == 5);
  CHECK_FALSE(queue.pop());
  queue.push_state();
  CHECK(queue.pop());
}

}  // namespace
}  // namespace freshet::core
