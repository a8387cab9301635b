#include "integration/native_fixture.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <utility>

namespace freshet::tests {

std::vector<std::string> quick_flags(std::vector<std::string> more) {
  more.insert(more.begin(), {"--window-min", "10ms", "--poll-interval", "100ms"});
  return more;
}

ClientOptions over(std::vector<Transport> list) {
  return {
      .transports = std::move(list), .reconnect = Reconnect::none, .hedge_after = Duration{500}};
}

std::function<void(const Message&)> Inbox::on_message() {
  return [this](const Message& message) {
    told_.change([&](Told& told) {
      told.ids.push_back(message.id);
      told.data.emplace_back(message.data);
    });
  };
}

SubscribeOptions Inbox::options(std::string cursor) {
  return {.cursor = std::move(cursor),
          .on_gap = [this](const Gap&) { told_.change([](Told& told) { ++told.gaps; }); },
          .on_live = [this] { told_.change([](Told& told) { ++told.lives; }); }};
}

Told Inbox::wait_for_messages(std::size_t count) {
  return told_.wait([&](const Told& told) { return told.data.size() >= count; });
}
Told Inbox::wait_for_gap() {
  return told_.wait([](const Told& told) { return told.gaps > 0; });
}
Told Inbox::wait_for_lives(unsigned count) {
  return told_.wait([&](const Told& told) { return told.lives >= count; });
}

void Lived::watch(Client& client) {
  client.on_state([this](const State& state) {
    const auto* const live = std::get_if<state::Live>(&state.kind);
    now_.change(
        [&](auto& now) { now = live != nullptr ? std::optional(live->transport) : std::nullopt; });
  });
}

bool Lived::over(Transport transport) {
  return now_.wait([&](const auto& now) { return now == transport; }) == transport;
}

Publisher::Publisher(std::uint16_t port)
    : client_("http://127.0.0.1:" + std::to_string(port), over({Transport::websocket})) {}

void Publisher::publish(int first, int last) {
  for (int i = first; i <= last; ++i) {
    auto ack = client_.publish_json("t.a", std::to_string(i));
    REQUIRE(ack.wait_for(test::patience) == std::future_status::ready);
    const auto outcome = ack.get();
    REQUIRE(outcome);
  }
}

std::vector<std::string> numbers(int first, int last) {
  std::vector<std::string> all;
  for (int i = first; i <= last; ++i) all.push_back(std::to_string(i));
  return all;
}

void check_whole(const Told& told, int last) {
  CHECK(told.data == numbers(1, last));
  CHECK(std::adjacent_find(told.ids.begin(), told.ids.end(), std::greater_equal<>()) ==
        told.ids.end());
  CHECK(told.gaps == 0);
}

}  // namespace freshet::tests
