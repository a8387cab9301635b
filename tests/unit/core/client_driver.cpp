// The test's port; see client_driver.h.
#include "unit/core/client_driver.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <utility>

#include "core/request.h"

namespace freshet::core {
namespace {

constexpr std::string_view payload = "1";  // Of every publish.

}  // namespace

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
  const SubscriptionId subscription = client.subscribe(pattern, cursor, refused);
  REQUIRE(subscription != 0);
  take_actions();
  return subscription;
}

void ClientDriver::unsubscribe(SubscriptionId subscription) {
  client.unsubscribe(subscription);
  take_actions();
}

PublishId ClientDriver::publish(std::string_view topic, std::size_t bytes, Duration timeout) {
  const PublishId publish = client.publish(now, topic, bytes, {}, timeout, refused);
  REQUIRE(publish != 0);
  take_actions();
  return publish;
}

void ClientDriver::close() {
  client.close();
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
  client.handle_end(now, connection, view_of(end));
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
  const PostPublishes& post = posts.back();
  for (const PublishAnswer& answer : answers) {
    std::uint64_t ref = 0;
    while (ref < post.lines.size() && post.lines[ref].publish != answer.publish) ++ref;
    const auto line =
        answer.id
            ? wire::encode(wire::ServerFrame{wire::Ack{ref, *answer.id}})
            : wire::encode(wire::ServerFrame{wire::ErrorFrame{
                  ref, Text{to_string(answer.id.error().code)}, answer.id.error().message, {}}});
    client.handle_publish_answer(post.request, *wire::flatten(line));
  }
  client.handle_post_end(now, post.request, {.kind = EndKind::finished});
  take_actions();
}

void ClientDriver::fail_publishes(ConnectionEnd end) {
  REQUIRE_FALSE(posts.empty());
  client.handle_post_end(now, posts.back().request, view_of(end));
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
    const auto* const asked = subscribe->start.cursor();
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
  while (const auto action = client.poll_action(now)) perform(*action);
}

void ClientDriver::perform(const Action& action) {
  const std::uint32_t id = action.id;
  switch (action.kind) {
    case ActionKind::open_stream:
      openings.push_back({id, action.transport, request_of(action).target, {}, now});
      return;
    case ActionKind::poll: {
      const Request request = request_of(action);
      const auto waits = parameters(request.target, "wait");
      const bool long_poll = !waits.empty() && waits.front() != "0";
      openings.push_back({id, long_poll ? Transport::long_polling : Transport::polling,
                          request.target, request.body, now});
      const Status& status = client.status();
      if (status.kind == Status::Kind::connecting) openings.back().transport = status.transport;
      return;
    }
    case ActionKind::send_frame:
      texts.push_back({id, frame_of(action)});
      return;
    case ActionKind::send_publish:
      publishes.push_back({id, action.publish, frame_of(action, payload)});
      return;
    case ActionKind::add_line:
      lines_.push_back({action.publish, frame_of(action, payload)});
      return;
    case ActionKind::post:
      posts.push_back({id, request_of(action).target, std::exchange(lines_, {})});
      return;
    case ActionKind::cancel_post:
      cancelled_posts.push_back({id});
      return;
    case ActionKind::close_connection:
      closings.push_back({id, static_cast<std::uint16_t>(action.close_code)});
      return;
    case ActionKind::tell_gap:
      gaps.push_back({id,
                      {client.pattern(id), *wire::parse_cursor(action.after),
                       *wire::parse_cursor(action.until), action.text}});
      return;
    case ActionKind::tell_live:
      lives.push_back(id);
      return;
    case ActionKind::tell_error:
      errors.push_back({id, {action.code, action.text}});
      return;
    case ActionKind::tell_published:
      outcomes.push_back({id, action.message_id != 0
                                  ? Result<std::uint64_t>{action.message_id}
                                  : Result<std::uint64_t>{Error{action.code, action.text}}});
      return;
    case ActionKind::tell_state:
      states.push_back(state());
      if (on_state) on_state();
      return;
  }
}

}  // namespace freshet::core
