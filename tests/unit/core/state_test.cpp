#include "freshet/state.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet {
namespace {

TEST_CASE("a state reads as a phrase for people", "[core][state]") {
  CHECK(to_string(State{state::Idle{}, {}}) == "idle");
  CHECK(to_string(State{state::Connecting{Transport::long_polling}, {}}) ==
        "connecting over long-polling");
  CHECK(to_string(State{state::Live{Transport::sse}, {}}) == "live over sse");
  CHECK(to_string(State{state::Waiting{Duration{1'420}, 0, "the connection broke"}, {}}) ==
        "waiting, back in 1.4 s (the connection broke)");
  CHECK(to_string(State{state::Waiting{Duration{80}, 0, {}}, {}}) == "waiting, back in 80 ms");
  CHECK(to_string(State{state::Waiting{Duration{12'900}, 3, {}}, {}}) == "waiting, back in 12 s");
  CHECK(to_string(State{state::Waiting{Duration{0}, 0, "the machine is offline"}, {}}) ==
        "waiting (the machine is offline)");
  CHECK(to_string(State{state::Closed{}, {}}) == "closed");
  CHECK(to_string(State{state::Closed{Error{ErrorCode::forbidden, "not allowed"}}, {}}) ==
        "closed (not allowed)");
}

}  // namespace
}  // namespace freshet
