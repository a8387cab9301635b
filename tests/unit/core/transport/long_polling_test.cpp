#include "core/transport/long_polling.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::core {
namespace {

TEST_CASE("a long poll waits only once its connection has caught up", "[core][long_polling]") {
  Connection connection;
  CHECK(long_polling::wait(connection, Duration{25'000}) == Duration{0});
  connection.caught_up = true;
  CHECK(long_polling::wait(connection, Duration{25'000}) == Duration{25'000});
  CHECK(long_polling::wait(connection, Duration{600'000}) == Duration{55'000});
}

TEST_CASE("a server that answers waiting polls at once with nothing is not asked without end",
          "[core][long_polling]") {
  Random random{5};
  Entry entry;
  Connection connection;
  connection.wait = Duration{25'000};
  connection.asks.push_back({&entry, wire::Cursor{"e1", 7}});
  CHECK(long_polling::pause(connection, Duration{20}, random) >= Duration{500});
  CHECK(long_polling::pause(connection, Duration{25'000}, random) == Duration{0});
  connection.brought_message = true;
  CHECK(long_polling::pause(connection, Duration{20}, random) == Duration{0});
  // A word is answered at once, so that nothing is missed in between.
  connection.brought_message = false;
  connection.asks[0].start = wire::Latest{};
  CHECK(long_polling::pause(connection, Duration{20}, random) == Duration{0});
}

}  // namespace
}  // namespace freshet::core
