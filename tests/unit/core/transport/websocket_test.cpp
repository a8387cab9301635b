#include "core/transport/websocket.h"

#include <catch2/catch_test_macros.hpp>

#include "core/request.h"

namespace freshet::core {
namespace {

struct Fixture {
  Context context;
  ActionQueue& actions = context.actions;
  SubscriptionTable table{context};
  Connection connection{.id = 4, .greeted = true};

  std::vector<std::string> texts() {
    std::vector<std::string> out;
    while (const auto action = actions.pop()) out.push_back(frame_of(*action));
    return out;
  }
};

TEST_CASE("each entry is subscribed to by a frame of its own, once", "[core][websocket]") {
  Fixture f;
  f.table.add("chat.>", wire::Latest{});
  f.table.add("prices.*", wire::Cursor{"e1", 7});
  websocket::subscribe(f.connection, f.table, false, f.actions);
  CHECK(f.texts() == std::vector<std::string>{
                         R"({"op":"subscribe","ref":2,"patterns":["chat.>"]})",
                         R"({"op":"subscribe","ref":4,"patterns":["prices.*"],"cursor":"e1:7"})"});
  websocket::subscribe(f.connection, f.table, false, f.actions);
  CHECK(f.texts().empty());
}

TEST_CASE("beside a serving connection an entry without a position waits", "[core][websocket]") {
  Fixture f;
  f.table.add("chat.>", wire::Latest{});
  websocket::subscribe(f.connection, f.table, true, f.actions);
  CHECK(f.texts().empty());
}

TEST_CASE("an entry is unsubscribed by its ref", "[core][websocket]") {
  Fixture f;
  const auto id = f.table.add("chat.>", wire::Latest{});
  websocket::subscribe(f.connection, f.table, false, f.actions);
  websocket::unsubscribe(f.connection, *f.table.find(id), f.actions);
  CHECK(f.texts().back() == R"({"op":"unsubscribe","ref":2})");
}

}  // namespace
}  // namespace freshet::core
