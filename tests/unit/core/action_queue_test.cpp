#include "core/action_queue.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::core {
namespace {

TEST_CASE("actions come out in the order they went in", "[core][actions]") {
  ActionQueue queue;
  queue.push(TellLive{1});
  queue.push(TellLive{2});
  CHECK(std::get<TellLive>(*queue.pop()).subscription == 1);
  queue.push(TellLive{3});
  CHECK(std::get<TellLive>(*queue.pop()).subscription == 2);
  CHECK(std::get<TellLive>(*queue.pop()).subscription == 3);
  CHECK_FALSE(queue.pop());
}

TEST_CASE("changes of state that nobody has looked at are told once", "[core][actions]") {
  ActionQueue queue;
  queue.push_state_changed();
  queue.push_state_changed();
  CHECK(queue.pop());
  queue.push_state_changed();
  CHECK(queue.pop());
  CHECK_FALSE(queue.pop());
}

TEST_CASE("behind the end only what ends things comes out", "[core][actions]") {
  ActionQueue queue;
  queue.push(OpenStream{7});
  queue.push(CloseConnection{3});
  queue.push_state_changed();
  queue.push(TellLive{1});
  queue.push(TellPublished{5, Error{}});
  queue.keep_only_ends();
  CHECK(std::get<CloseConnection>(*queue.pop()).connection == 3);
  CHECK(std::get<TellPublished>(*queue.pop()).publish == 5);
  CHECK_FALSE(queue.pop());
  queue.push_state_changed();
  CHECK(queue.pop());
}

}  // namespace
}  // namespace freshet::core
