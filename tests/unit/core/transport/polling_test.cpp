#include "core/transport/polling.h"

#include <catch2/catch_test_macros.hpp>

#include "core/request.h"

namespace freshet::core {
namespace {

Request requested(const Connection& connection, const Identity& who) {
  ActionQueue actions;
  polling::request(connection, who, actions);
  const auto action = actions.pop();
  CHECK(action->kind == ActionKind::poll);
  CHECK(action->id == connection.id);
  return request_of(*action);
}

const Identity identity{.client = "c1", .ticket = "t1", .sdk = "core/1"};

TEST_CASE("a poll asks for every entry from where it stands", "[core][polling]") {
  Entry entry;
  entry.pattern = "chat.lobby";
  Connection connection{.id = 9, .transport = Transport::long_polling};
  connection.asks.push_back({&entry, wire::Cursor{"e1", 7}});
  connection.wait = Duration{25'000};
  const Request poll = requested(connection, identity);
  CHECK(poll.body.empty());
  CHECK(poll.target ==
        "/v1/poll?pattern=chat.lobby&cursor=e1:7&wait=25000&client=c1&ticket=t1&sdk=core%2F1");
}

TEST_CASE("a poll too long for an address is a POST of the same as JSON", "[core][polling]") {
  std::vector<Entry> entries(2);
  entries[0].pattern = std::string(1'500, 'a');
  entries[1].pattern = std::string(1'500, 'b');
  Connection connection{.id = 9, .transport = Transport::polling};
  connection.asks.push_back({&entries[0], wire::Cursor{"e1", 7}});
  connection.asks.push_back({&entries[1], wire::LastOf{3}});
  const Request poll = requested(connection, {.sdk = "core/1"});
  CHECK(poll.target == "/v1/poll");
  CHECK(poll.body == "{\"pattern\":[\"" + entries[0].pattern + "\",\"" + entries[1].pattern +
                         "\"],\"cursor\":[\"e1:7\",\"last:3\"],\"wait\":0,\"sdk\":\"core/1\"}");
  for (Ask& ask : connection.asks) ask.start = wire::Latest{};
  CHECK(requested(connection, {.sdk = "core/1"})
            .body.ends_with("\"],\"wait\":0,\"sdk\":\"core/1\"}"));
}

TEST_CASE("the pause between polls is the advised one, the application's, or none for more",
          "[core][polling]") {
  Random random{5};
  Connection connection;
  connection.interval = Duration{4'000};
  for (int count = 0; count < 200; ++count) {
    const Duration advised = polling::pause(connection, Duration{0}, random);
    CHECK((advised >= Duration{3'600} && advised <= Duration{4'400}));
    const Duration own = polling::pause(connection, Duration{100}, random);
    CHECK((own >= Duration{90} && own <= Duration{110}));
  }
  connection.more = true;
  connection.brought_message = true;
  CHECK(polling::pause(connection, Duration{0}, random) == Duration{0});
  // "More" without any message is no progress.
  connection.brought_message = false;
  CHECK(polling::pause(connection, Duration{0}, random) > Duration{0});
}

TEST_CASE("an interval of a lying server is clamped", "[core][polling]") {
  Random random{5};
  Connection connection;
  CHECK(polling::pause(connection, Duration{0}, random) >= Duration{90});
  connection.interval = Duration{86'400'000};
  CHECK(polling::pause(connection, Duration{0}, random) <= Duration{3'960'000});
}

}  // namespace
}  // namespace freshet::core
