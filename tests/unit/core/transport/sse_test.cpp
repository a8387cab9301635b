#include "core/transport/sse.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::core {
namespace {

TEST_CASE("an event stream has its subscriptions in its address", "[core][sse]") {
  Entry entry;
  entry.pattern = "chat.>";
  Connection connection{.id = 1, .transport = Transport::sse};
  connection.asks.push_back({&entry, wire::LastOf{5}});
  CHECK(sse::target(connection, {.client = "c1", .sdk = "core/1"}) ==
        "/v1/sse?pattern=chat.%3E&cursor=last:5&client=c1&sdk=core%2F1");
}

}  // namespace
}  // namespace freshet::core
