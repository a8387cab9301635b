#include "core/publish_queue.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <set>

#include "unit/core/client_driver.h"

namespace freshet::core {
namespace {

ClientConfig only(Transport transport) { return {.transports = {transport}}; }

std::string key_of(std::string_view text) {
  const std::size_t begin = text.find("\"key\":\"") + 7;
  return std::string{text.substr(begin, text.find('"', begin) - begin)};
}

void ack(ClientDriver& driver, ConnectionId connection, PublishId publish, std::uint64_t id) {
  driver.frame(connection, wire::encode(wire::ServerFrame{wire::Ack{publish * 2 + 1, id}}));
}

ErrorCode code(const Result<std::uint64_t>* outcome) {
  REQUIRE(outcome != nullptr);
  return outcome->error().code;
}

// Limits and outcomes that need no server ---------------------------------------------------

TEST_CASE("a publish alone connects, and goes out behind hello", "[core][publish]") {
  ClientDriver driver;
  const auto publish = driver.publish("chat.lobby");
  CHECK(driver.publishes.empty());
  const auto connection = driver.opened().connection;
  driver.frame(connection, hello());
  REQUIRE(driver.publishes.size() == 1);
  CHECK(driver.publishes[0].text.starts_with(
      R"({"op":"publish","ref":3,"topic":"chat.lobby","key":")"));
  CHECK(driver.publishes[0].text.ends_with(R"(","data":1})"));
  ack(driver, connection, publish, 1032);
  CHECK(**driver.outcome(publish) == 1032);
  ack(driver, connection, publish, 1033);
  CHECK(driver.outcomes.size() == 1);
}

TEST_CASE("a WebSocket that leaves a publish unanswered to the end is given up, though it talks",
          "[core][publish]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  const auto hasty = driver.publish("chat.lobby", 10, Duration{1'000});
  const auto patient = driver.publish();
  driver.advance(Duration{1'000});
  CHECK(code(driver.outcome(hasty)) == ErrorCode::timeout);
  CHECK_FALSE(driver.is_closed(connection));
  driver.advance(Duration{24'000});
  driver.frame(connection, R"({"op":"ping","cursor":"k3f9:100","window":1000})");
  driver.advance(Duration{5'000});
  CHECK(code(driver.outcome(patient)) == ErrorCode::timeout);
  CHECK(driver.is_closed(connection));
  const auto later = driver.publish();
  driver.time_until_opened();
  driver.greet_websocket(driver.opened().connection);
  CHECK(driver.publishes.back().publish == later);
  CHECK(driver.publishes.back().connection == driver.opened().connection);
}

TEST_CASE("publishes over WebSocket are pipelined in order", "[core][publish]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  std::vector<PublishId> ids;
  for (int count = 0; count < 5; ++count) ids.push_back(driver.publish());
  REQUIRE(driver.publishes.size() == 5);
  for (std::size_t index = 0; index < 5; ++index) {
    CHECK(driver.publishes[index].publish == ids[index]);
    CHECK(driver.publishes[index].connection == connection);
  }
}

TEST_CASE("every publish has a key, its own or the application's", "[core][publish]") {
  ClientDriver driver;
  driver.go_live(Transport::websocket);
  std::set<std::string> keys;
  for (int count = 0; count < 20; ++count) {
    driver.publish();
    keys.insert(key_of(driver.publishes.back().text));
  }
  CHECK(keys.size() == 20);
  REQUIRE(driver.client.publish(driver.now, "chat.lobby", 10, "order-7", Duration{1'000},
                                driver.refused) != 0);
  driver.in_one_turn([] {});
  CHECK(key_of(driver.publishes.back().text) == "order-7");
}

TEST_CASE("the queue holds so many, so large together, and says when it is full",
          "[core][publish]") {
  const Duration timeout{30'000};
  ClientDriver many{{.publish_queue_max = 3}};
  for (int count = 0; count < 3; ++count) many.publish();
  CHECK(many.client.publish(many.now, "a", 1, {}, timeout, many.refused) == 0);
  CHECK(many.refused.code == ErrorCode::queue_full);

  ClientDriver large{{.publish_queue_bytes_max = 1'000}};
  large.publish("a", 600);
  CHECK(large.client.publish(large.now, "a", 401, {}, timeout, large.refused) == 0);
  CHECK(large.refused.code == ErrorCode::queue_full);
  CHECK(large.client.publish(large.now, "a", 400, {}, timeout, large.refused) != 0);
  CHECK(large.client.publish(large.now, "a", 1'001, {}, timeout, large.refused) == 0);
  CHECK(large.refused.code == ErrorCode::too_large);
  CHECK(large.client.publish(large.now, "a..b", 1, {}, timeout, large.refused) == 0);
  CHECK(large.refused.code == ErrorCode::invalid_topic);
}

TEST_CASE("a publish fails with timeout when its time is over, sent or not", "[core][publish]") {
  ClientDriver driver{only(Transport::websocket)};
  const auto waiting = driver.publish("a", 10, Duration{4'000});
  driver.advance(Duration{3'999});
  CHECK(driver.outcome(waiting) == nullptr);
  driver.advance(Duration{1});
  CHECK(code(driver.outcome(waiting)) == ErrorCode::timeout);
  driver.greet_websocket(driver.opened().connection);
  const auto sent = driver.publish("a", 10, Duration{4'000});
  driver.advance(Duration{4'000});
  CHECK(code(driver.outcome(sent)) == ErrorCode::timeout);
}

TEST_CASE("cancelling and closing end publishes with closed, each once", "[core][publish]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  const auto cancelled = driver.publish();
  const auto closed = driver.publish();
  driver.client.cancel_publish(cancelled);
  driver.client.cancel_publish(cancelled);
  driver.in_one_turn([] {});
  CHECK(code(driver.outcome(cancelled)) == ErrorCode::closed);
  ack(driver, connection, cancelled, 5);
  driver.close();
  CHECK(code(driver.outcome(closed)) == ErrorCode::closed);
  CHECK(driver.outcomes.size() == 2);
}

// WebSocket --------------------------------------------------------------------------------

TEST_CASE("what a lost WebSocket left unanswered is sent again with its key, in its place",
          "[core][publish]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  const auto answered = driver.publish();
  const auto first = driver.publish();
  const auto second = driver.publish();
  ack(driver, connection, answered, 101);
  driver.lose(connection);
  driver.publish();
  driver.time_until_opened();
  driver.frame(driver.opened().connection, hello());
  REQUIRE(driver.publishes.size() == 6);
  CHECK(driver.publishes[3].publish == first);
  CHECK(key_of(driver.publishes[3].text) == key_of(driver.publishes[1].text));
  CHECK(driver.publishes[4].publish == second);
  ack(driver, driver.opened().connection, first, 102);
  CHECK(**driver.outcome(first) == 102);
}

TEST_CASE("sent, then another epoch: the outcome is unknown", "[core][publish]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  const auto sent = driver.publish();
  driver.lose(connection);
  const auto not_sent = driver.publish();
  driver.time_until_opened();
  driver.frame(driver.opened().connection, hello({.epoch = "new1", .id = 0}));
  CHECK(code(driver.outcome(sent)) == ErrorCode::outcome_unknown);
  CHECK(driver.outcome(not_sent) == nullptr);
  CHECK(driver.publishes.back().publish == not_sent);
  CHECK(driver.publishes.size() == 2);
}

TEST_CASE("close code 1009 fails its publish, which is never sent again", "[core][publish]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  const auto small = driver.publish("a", 10);
  const auto large = driver.publish("a", 900'000);
  driver.close_by_server(connection, 1009);
  CHECK(code(driver.outcome(large)) == ErrorCode::too_large);
  driver.time_until_opened();
  driver.frame(driver.opened().connection, hello());
  CHECK(driver.publishes.back().publish == small);
  CHECK(driver.publishes.size() == 3);
}

TEST_CASE("an error frame fails its publish alone", "[core][publish]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  const auto refused = driver.publish();
  const auto good = driver.publish();
  driver.frame(connection, R"({"op":"error","ref":3,"code":"forbidden","message":"not there"})");
  CHECK(code(driver.outcome(refused)) == ErrorCode::forbidden);
  CHECK(driver.outcome(good) == nullptr);
  CHECK(driver.is_live());
}

TEST_CASE("a publish that meets a busy server is sent again later", "[core][publish]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  const auto publish = driver.publish();
  driver.frame(connection, R"({"op":"error","ref":3,"code":"busy","message":"later"})");
  CHECK(driver.outcome(publish) == nullptr);
  driver.advance(Duration{99});
  CHECK(driver.publishes.size() == 1);
  driver.advance(Duration{5'000});
  CHECK(driver.publishes.size() == 2);
}

// HTTP -------------------------------------------------------------------------------------

TEST_CASE("over HTTP one batch is in flight at a time", "[core][publish]") {
  ClientDriver driver{only(Transport::sse)};
  driver.go_live(Transport::sse);
  PublishId first = 0;
  PublishId second = 0;
  driver.in_one_turn([&] {
    first = driver.publish("chat.lobby");
    second = driver.publish("chat.lobby");
  });
  REQUIRE(driver.posts.size() == 1);
  REQUIRE(driver.posts[0].lines.size() == 2);
  CHECK(driver.posts[0].lines[0].text.starts_with(R"({"topic":"chat.lobby","key":")"));
  CHECK(driver.posts[0].target == "/v1/publish?epoch=k3f9");
  const auto third = driver.publish();
  CHECK(driver.posts.size() == 1);
  driver.answer_publishes(
      {{first, std::uint64_t{101}}, {second, Error{ErrorCode::forbidden, "not there"}}});
  CHECK(**driver.outcome(first) == 101);
  CHECK(code(driver.outcome(second)) == ErrorCode::forbidden);
  REQUIRE(driver.posts.size() == 2);
  CHECK(driver.posts[1].lines[0].publish == third);
}

// centrifuge-js#409: each connect reset the backoff of a publish endpoint that failed.
TEST_CASE("a stream that works does not reset the backoff of a publish endpoint that fails",
          "[core][publish]") {
  ClientDriver driver{only(Transport::sse)};
  driver.go_live(Transport::sse);
  const auto publish = driver.publish("a", 10, Duration{60'000});
  const Instant begin = driver.now;
  std::size_t posts = 0;
  while (driver.outcome(publish) == nullptr) {
    if (driver.posts.size() > posts) {
      posts = driver.posts.size();
      driver.fail_publishes({.kind = EndKind::refused, .http_status = 404});
      driver.frame(driver.opened().connection,
                   R"({"op":"ping","cursor":"k3f9:100","window":1000})");
    }
    REQUIRE(driver.advance_to_next_timeout());
  }
  CHECK(driver.now - begin == Duration{60'000});
  CHECK(posts < 40);
  CHECK(code(driver.outcome(publish)) == ErrorCode::timeout);
}

TEST_CASE("Retry-After is the floor of the next POST", "[core][publish]") {
  ClientDriver driver{only(Transport::sse)};
  driver.go_live(Transport::sse);
  driver.publish();
  driver.fail_publishes(
      {.kind = EndKind::refused, .http_status = 503, .retry_after = Duration{6'000}});
  driver.advance(Duration{6'000});
  CHECK(driver.posts.size() == 1);
  driver.advance(Duration{6'000});
  CHECK(driver.posts.size() == 2);
}

TEST_CASE("statuses about the publishes themselves fail them", "[core][publish]") {
  const std::pair<std::uint16_t, ErrorCode> cases[] = {{401, ErrorCode::unauthorized},
                                                       {403, ErrorCode::forbidden},
                                                       {413, ErrorCode::too_large},
                                                       {400, ErrorCode::malformed}};
  for (const auto& [status, expected] : cases) {
    ClientDriver driver{only(Transport::sse)};
    driver.go_live(Transport::sse);
    const auto publish = driver.publish();
    driver.fail_publishes({.kind = EndKind::refused, .http_status = status});
    CHECK(code(driver.outcome(publish)) == expected);
    CHECK(driver.is_live());
  }
}

TEST_CASE("a batch that is too large as a whole is sent one by one", "[core][publish]") {
  ClientDriver driver{only(Transport::sse)};
  driver.go_live(Transport::sse);
  driver.in_one_turn([&] {
    driver.publish();
    driver.publish();
  });
  driver.fail_publishes({.kind = EndKind::refused, .http_status = 413});
  REQUIRE(driver.posts.size() == 2);
  CHECK(driver.posts[1].lines.size() == 1);
  driver.answer_publishes({{1, std::uint64_t{101}}});
  REQUIRE(driver.posts.size() == 3);
  CHECK(driver.posts[2].lines[0].publish == 2);
}

// centrifuge-js#393: a failed POST was noticed only by the timeout of its call.
TEST_CASE("a failed POST is repeated with the same key long before the publish times out",
          "[core][publish]") {
  ClientDriver driver{only(Transport::sse)};
  driver.go_live(Transport::sse);
  driver.publish();
  driver.fail_publishes({.kind = EndKind::lost});
  driver.advance(Duration{5'000});
  REQUIRE(driver.posts.size() == 2);
  CHECK(key_of(driver.posts[0].lines[0].text) == key_of(driver.posts[1].lines[0].text));
}

TEST_CASE("a POST that is never answered is given up and repeated", "[core][publish]") {
  ClientDriver driver{only(Transport::sse)};
  driver.go_live(Transport::sse);
  driver.publish();
  driver.advance(Duration{16'000});
  REQUIRE(driver.cancelled_posts.size() == 1);
  CHECK(driver.cancelled_posts[0].request == driver.posts[0].request);
  CHECK(driver.posts.size() == 2);
  // The late answer to the first is nobody's.
  const RequestId late = driver.posts[0].request;
  driver.client.handle_publish_answer(late, *wire::flatten(R"({"op":"ack","ref":0,"id":9})"));
  driver.client.handle_post_end(driver.now, late, {.kind = EndKind::finished});
  driver.in_one_turn([] {});
  CHECK(driver.outcomes.empty());
}

TEST_CASE("publishing alone over HTTP needs no stream", "[core][publish]") {
  ClientDriver driver{only(Transport::sse)};
  const auto publish = driver.publish();
  CHECK(driver.openings.empty());
  REQUIRE(driver.posts.size() == 1);
  CHECK(driver.posts[0].target == "/v1/publish");
  driver.answer_publishes({{publish, std::uint64_t{101}}});
  CHECK(**driver.outcome(publish) == 101);
  CHECK(driver.state() == "idle");
  CHECK_FALSE(driver.client.poll_timeout());
}

TEST_CASE("a POST that failed without a word is told in ours", "[core][publish]") {
  ClientDriver driver{only(Transport::sse)};
  driver.publish();
  driver.fail_publishes({.kind = EndKind::unreachable});
  CHECK(driver.waiting().reason == "the server cannot be reached");
}

TEST_CASE("a first POST that fails does not claim that the log was replaced", "[core][publish]") {
  ClientDriver driver{only(Transport::sse)};
  const auto publish = driver.publish();
  REQUIRE(driver.posts.size() == 1);
  driver.client.handle_post_end(driver.now, driver.posts.back().request,
                                {.kind = EndKind::refused, .code = 500});
  driver.in_one_turn([] {});
  REQUIRE(driver.outcome(publish) != nullptr);
  CHECK(code(driver.outcome(publish)) == ErrorCode::outcome_unknown);
  // No log is known yet, so that nothing can be said of one.
  CHECK(driver.outcome(publish)->error().message == "sent and not answered: it may have arrived");
}

TEST_CASE("a subscription made while only posting opens its stream", "[core][publish]") {
  ClientDriver driver{only(Transport::sse)};
  const auto publish = driver.publish();
  driver.subscribe("prices.*");
  CHECK(driver.opened().transport == Transport::sse);
  driver.frame(driver.opened().connection, hello());
  driver.answer_publishes({{publish, std::uint64_t{101}}});
  CHECK(driver.is_live());
  CHECK(**driver.outcome(publish) == 101);
}

TEST_CASE("a hand-over sends what was not answered again on the new connection",
          "[core][publish]") {
  ClientDriver driver;
  driver.go_live(Transport::websocket);
  const auto publish = driver.publish();
  driver.client.set_transports(driver.now, {Transport::sse});
  driver.in_one_turn([] {});
  driver.frame(driver.opened().connection, hello());
  driver.frame(driver.opened().connection, live("k3f9:100"));
  REQUIRE(driver.posts.size() == 1);
  CHECK(driver.posts[0].lines[0].publish == publish);
  CHECK(key_of(driver.posts[0].lines[0].text) == key_of(driver.publishes[0].text));
}

// After a sleep the answer may be waiting to be read (centrifuge-js#426).
TEST_CASE("a publish whose answer waited out a sleep does not time out", "[core][publish]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  const auto publish = driver.publish();
  driver.sleep(Duration{3'600'000});
  REQUIRE(driver.advance_to_next_timeout());
  CHECK(driver.outcome(publish) == nullptr);
  ack(driver, connection, publish, 101);
  CHECK(**driver.outcome(publish) == 101);
}

}  // namespace
}  // namespace freshet::core
