// The test's port; see client_driver.h.
#include "unit/core/client_driver.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <utility>

namespace freshet::core {

std::string hello(const Greeting& greeting) {
  wire::Hello hello{.epoch = greeting.epoch,
                    .cursor = {greeting.epoch, greeting.id},
                    .recovered = greeting.recovered,
                    .ping = greeting.ping,
                    .window = greeting.window,
                    .client = "c1"};
  for (const std::string& cursor : greeting.cursors) {
    hello.cursors.push_back(*wire::parse_cursor(cursor));
  }
  return wire::encode(wire::ServerFrame{hello});
}

std::string message(std::uint64_t id, std::string_view topic) {
  return wire::encode_message(id, topic, 1'790'000'000'000, "{\"bid\":187.2}");
}

std::string live(std::string_view cursor) {
  return wire::encode(wire::ServerFrame{wire::LiveMark{{}, *wire::parse_cursor(cursor)}});
}

std::string next(std::string_view cursor, bool more, Duration interval) {
  return wire::encode(wire::ServerFrame{wire::Next{.cursor = *wire::parse_cursor(cursor),
                                                   .window = Duration{1'000},
                                                   .interval = interval,
                                                   .more = more}});
}

std::vector<std::string> parameters(std::string_view target, std::string_view name) {
  std::vector<std::string> values;
  std::string_view rest = target.substr(std::min(target.find('?'), target.size()));
  while (!rest.empty()) {
    rest.remove_prefix(1);
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(pair.size());
    const std::size_t equals = pair.find('=');
    if (pair.substr(0, equals) == name) values.emplace_back(pair.substr(equals + 1));
  }
  return values;
}

ClientDriver::ClientDriver(ClientConfig config, std::uint64_t seed)
    : client(std::move(config), seed) {}

SubscriptionId ClientDriver::subscribe(std::string_view pattern, std::string_view cursor) {
  const auto subscription = client.subscribe(now, pattern, cursor);
  REQUIRE(subscription);
  take_actions();
  return *subscription;
}

void ClientDriver::unsubscribe(SubscriptionId subscription) {
  client.unsubscribe(now, subscription);
  take_actions();
}

PublishId ClientDriver::publish(std::string_view topic, std::size_t bytes, Duration timeout) {
  const auto publish = client.publish(now, topic, bytes, {}, timeout);
  REQUIRE(publish);
  take_actions();
  return *publish;
}

void ClientDriver::close() {
  client.close(now);
  take_actions();
}

void ClientDriver::in_one_turn(const std::function<void()>& calls) {
  turn_held_ = true;
  calls();
  turn_held_ = false;
  take_actions();
}

void ClientDriver::frame(ConnectionId connection, std::string_view text) {
  const Delivery delivery = client.handle_frame(now, connection, text);
  // The span stays valid while callbacks run; what they unsubscribe becomes 0.
  for (const SubscriptionId& subscription : delivery.subscriptions) {
    if (subscription == 0) continue;
    delivered.push_back({subscription, delivery.head.id});
    if (on_message) on_message(delivered.back());
  }
  take_actions();
}

void ClientDriver::end(ConnectionId connection, ConnectionEnd end) {
  client.handle_end(now, connection, end);
  take_actions();
}

void ClientDriver::network(NetworkEvent event) {
  client.handle_network(now, event);
  take_actions();
}

void ClientDriver::answer(ConnectionId connection, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) frame(connection, line);
  end(connection, {.kind = EndKind::finished, .http_status = 200});
}

void ClientDriver::answer_publishes(const std::vector<PublishAnswer>& answers) {
  REQUIRE_FALSE(posts.empty());
  client.handle_publish_answers(now, posts.back().request, answers);
  take_actions();
}

void ClientDriver::fail_publishes(ConnectionEnd end) {
  REQUIRE_FALSE(posts.empty());
  client.handle_publish_failed(now, posts.back().request, end);
  take_actions();
}

ConnectionId ClientDriver::go_live(Transport transport, std::string_view pattern,
                                   const Greeting& greeting) {
  subscribe(pattern);
  REQUIRE(opened().transport == transport);
  const ConnectionId connection = opened().connection;
  const std::string cursor = greeting.epoch + ":" + std::to_string(greeting.id);
  if (transport == Transport::websocket) {
    greet_websocket(connection, greeting);
  } else if (transport == Transport::sse) {
    frame(connection, hello(greeting));
    frame(connection, live(cursor));
  } else {
    answer(connection, {hello(greeting), next(cursor)});
  }
  REQUIRE(is_live());
  return connection;
}

void ClientDriver::greet_websocket(ConnectionId connection, const Greeting& greeting) {
  frame(connection, hello(greeting));
  const wire::Cursor cursor{greeting.epoch, greeting.id};
  for (const std::string& text : sent(connection)) {
    const auto parsed = wire::parse_client_frame(text);
    REQUIRE(parsed);
    const auto* const subscribe = std::get_if<wire::Subscribe>(&*parsed);
    if (subscribe == nullptr) continue;
    const auto* const asked = std::get_if<wire::Cursor>(&subscribe->start);
    const bool same_epoch = asked != nullptr && asked->epoch == greeting.epoch;
    frame(connection, wire::encode(wire::ServerFrame{wire::Subscribed{
                          subscribe->ref, same_epoch ? *asked : cursor, greeting.recovered}}));
    frame(connection, wire::encode(wire::ServerFrame{wire::LiveMark{subscribe->ref, cursor}}));
  }
}

void ClientDriver::advance(Duration duration) {
  const Instant until = now + duration;
  for (auto next = client.poll_timeout(); next && *next <= until; next = client.poll_timeout()) {
    now = std::max(now, *next);
    client.handle_timeout(now);
    take_actions();
  }
  now = until;
}

void ClientDriver::sleep(Duration duration) { now = now + duration; }

bool ClientDriver::advance_to_next_timeout() {
  const auto next = client.poll_timeout();
  if (!next) return false;
  now = std::max(now, *next);
  client.handle_timeout(now);
  take_actions();
  return true;
}

Duration ClientDriver::time_until_opened() {
  const Instant begin = now;
  const std::size_t before = openings.size();
  while (openings.size() == before && now - begin < Duration{24 * 60 * 60'000}) {
    REQUIRE(advance_to_next_timeout());
  }
  return now - begin;
}

const ClientDriver::Opened& ClientDriver::opened() const {
  REQUIRE_FALSE(openings.empty());
  return openings.back();
}

bool ClientDriver::is_closed(ConnectionId connection) const {
  return std::any_of(closings.begin(), closings.end(), [&](const CloseConnection& closing) {
    return closing.connection == connection;
  });
}

std::vector<std::uint64_t> ClientDriver::ids(SubscriptionId subscription) const {
  std::vector<std::uint64_t> out;
  for (const Delivered& delivery : delivered) {
    if (delivery.subscription == subscription) out.push_back(delivery.id);
  }
  return out;
}

std::vector<std::string> ClientDriver::sent(ConnectionId connection) const {
  std::vector<std::string> out;
  for (const SendText& text : texts) {
    if (text.connection == connection) out.push_back(text.text);
  }
  return out;
}

const Result<std::uint64_t>* ClientDriver::outcome(PublishId publish) const {
  for (const TellPublished& told : outcomes) {
    if (told.publish == publish) return &told.id;
  }
  return nullptr;
}

void ClientDriver::take_actions() {
  if (turn_held_) return;
  while (const auto action = client.poll_action()) perform(*action);
}

void ClientDriver::perform(const Action& action) {
  if (const auto* open = std::get_if<OpenStream>(&action)) {
    openings.push_back({open->connection, open->transport, open->target, {}, now});
  } else if (const auto* poll = std::get_if<Poll>(&action)) {
    const bool waits = !parameters(poll->target, "wait").empty() &&
                       parameters(poll->target, "wait").front() != "0";
    openings.push_back({poll->connection, waits ? Transport::long_polling : Transport::polling,
                        poll->target, poll->body, now});
    const auto* const connecting = std::get_if<state::Connecting>(&client.state().kind);
    if (connecting != nullptr) openings.back().transport = connecting->transport;
  } else if (const auto* text = std::get_if<SendText>(&action)) {
    texts.push_back(*text);
  } else if (const auto* publish = std::get_if<SendPublish>(&action)) {
    publishes.push_back(*publish);
  } else if (const auto* post = std::get_if<PostPublishes>(&action)) {
    posts.push_back(*post);
  } else if (const auto* cancel = std::get_if<CancelPost>(&action)) {
    cancelled_posts.push_back(*cancel);
  } else if (const auto* closing = std::get_if<CloseConnection>(&action)) {
    closings.push_back(*closing);
  } else if (const auto* gap = std::get_if<TellGap>(&action)) {
    gaps.push_back(*gap);
  } else if (const auto* tell_live = std::get_if<TellLive>(&action)) {
    lives.push_back(tell_live->subscription);
  } else if (const auto* error = std::get_if<TellSubscriptionError>(&action)) {
    errors.push_back(*error);
  } else if (const auto* told = std::get_if<TellPublished>(&action)) {
    outcomes.push_back(*told);
  } else if (std::holds_alternative<StateChanged>(action)) {
    states.push_back(state());
    if (on_state) on_state();
  }
}

}  // namespace freshet::core
