#include "log/memory_log.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <utility>
#include <vector>

namespace freshet::server {
namespace {

Instant at(long long milliseconds) { return Instant{Duration{milliseconds}}; }

std::uint64_t append(MemoryLog& log, std::string_view topic, std::string_view data = "1",
                     Instant now = {}) {
  const auto appended = log.append({.topic = topic, .data = data}, now);
  REQUIRE(appended);
  return appended->id;
}

std::vector<std::uint64_t> ids(const std::vector<MessageRef>& messages) {
  std::vector<std::uint64_t> ids;
  for (const MessageRef& message : messages) ids.push_back(message->id);
  return ids;
}

using Ids = std::vector<std::uint64_t>;

ResolvedStart resolve(const MemoryLog& log, std::string pattern, wire::Start start) {
  std::vector<StartRequest> requests;
  requests.push_back({std::move(pattern), std::move(start)});
  return log.resolve(std::move(requests)).starts.at(0);
}

TEST_CASE("ids rise by one over all topics", "[log]") {
  MemoryLog log(1);
  CHECK(append(log, "a") == 1);
  CHECK(append(log, "b") == 2);
  CHECK(append(log, "a") == 3);
  CHECK(log.head() == 3);
}

TEST_CASE("a message keeps its data byte for byte and its topic and time", "[log]") {
  MemoryLog log(1);
  REQUIRE(
      log.append({.topic = "prices.AAPL", .data = R"({"bid": 1.0})", .time = 1790000000123}, {}));
  const auto result = std::as_const(log).read({.after = 0});
  REQUIRE(result.messages.size() == 1);
  CHECK(result.messages[0]->topic == "prices.AAPL");
  CHECK(result.messages[0]->data == R"({"bid": 1.0})");
  CHECK(result.messages[0]->time == 1790000000123);
  CHECK(result.messages[0]->frame ==
        R"({"id":1,"topic":"prices.AAPL","time":1790000000123,"data":{"bid": 1.0}})");
}

TEST_CASE("two seeds give two epochs and one seed the same", "[log]") {
  CHECK(MemoryLog(1).epoch() == MemoryLog(1).epoch());
  CHECK(MemoryLog(1).epoch() != MemoryLog(2).epoch());
  CHECK(wire::parse_cursor(MemoryLog(7).epoch() + ":0"));
}

TEST_CASE("a read goes on in chunks until it has come through the head", "[log]") {
  MemoryLog log(1);
  for (int i = 0; i < 5; ++i) append(log, "a");
  auto result = std::as_const(log).read({.after = 1, .messages_max = 3});
  CHECK(ids(result.messages) == Ids{2, 3, 4});
  CHECK(result.through == 4);
  CHECK(result.more);
  result = std::as_const(log).read({.after = result.through, .messages_max = 3});
  CHECK(ids(result.messages) == Ids{5});
  CHECK(result.through == 5);
  CHECK_FALSE(result.more);
  result = std::as_const(log).read({.after = 5});
  CHECK(result.messages.empty());
  CHECK(result.through == 5);
}

TEST_CASE("a read by bytes gives at least one message", "[log]") {
  MemoryLog log(1);
  append(log, "a", '"' + std::string(1000, 'x') + '"');
  append(log, "a");
  const auto result = std::as_const(log).read({.after = 0, .bytes_max = 10});
  CHECK(ids(result.messages) == Ids{1});
  CHECK(result.more);
}

TEST_CASE("a read gives only what matches, by topics and by patterns", "[log]") {
  MemoryLog log(1);
  for (const char* topic : {"a.x", "b.x", "a.y", "c", "a.x"}) append(log, topic);
  CHECK(ids(std::as_const(log).read({.after = 0, .patterns = {"a.x", "c"}}).messages) ==
        Ids{1, 4, 5});
  CHECK(ids(std::as_const(log).read({.after = 0, .patterns = {"a.x", "a.x"}}).messages) ==
        Ids{1, 5});
  CHECK(ids(std::as_const(log).read({.after = 1, .patterns = {"a.*"}}).messages) == Ids{3, 5});
  CHECK(ids(std::as_const(log).read({.after = 0, .patterns = {"a.y", ">"}}).messages) ==
        Ids{1, 2, 3, 4, 5});
  const auto none = std::as_const(log).read({.after = 0, .patterns = {"z"}});
  CHECK(none.messages.empty());
  CHECK(none.through == 5);
}

TEST_CASE("a chunk of topics merges them in id order", "[log]") {
  MemoryLog log(1);
  for (int i = 0; i < 6; ++i) append(log, i % 2 ? "b" : "a");
  const auto result =
      std::as_const(log).read({.after = 1, .patterns = {"a", "b"}, .messages_max = 3});
  CHECK(ids(result.messages) == Ids{2, 3, 4});
  CHECK(result.through == 4);
}

TEST_CASE("a read for a rare pattern gives up its turn and tells how far it came", "[log]") {
  MemoryLog log(1);
  for (int i = 0; i < 9000; ++i) append(log, "common");
  const std::uint64_t rare = append(log, "rare.x");
  auto result = std::as_const(log).read({.after = 0, .patterns = {"rare.*"}});
  CHECK(result.messages.empty());
  CHECK(result.through == 8192);
  CHECK(result.more);
  result = std::as_const(log).read({.after = result.through, .patterns = {"rare.*"}});
  CHECK(ids(result.messages) == Ids{rare});
}

TEST_CASE("the oldest goes first when there are too many messages", "[log][retention]") {
  MemoryLog log(1, {.messages_max = 3});
  for (int i = 0; i < 5; ++i) append(log, "a");
  CHECK(log.messages() == 3);
  CHECK(ids(std::as_const(log).read({.after = 0}).messages) == Ids{3, 4, 5});
}

TEST_CASE("the oldest goes first when there are too many bytes", "[log][retention]") {
  MemoryLog log(1, {.bytes_max = 10'000});
  for (int i = 0; i < 20; ++i) append(log, "a", '"' + std::string(1000, 'x') + '"');
  CHECK(log.bytes() <= 10'000);
  CHECK(log.messages() < 10);
  CHECK(log.messages() > 6);
}

TEST_CASE("what is past its age goes, also when nothing is appended", "[log][retention]") {
  MemoryLog log(1, {.age_max = Duration{1000}});
  append(log, "a", "1", at(0));
  append(log, "a", "2", at(500));
  log.trim(at(1000));
  CHECK(log.messages() == 2);
  log.trim(at(1001));
  CHECK(log.messages() == 1);
  log.trim(at(5000));
  CHECK(log.messages() == 0);
  CHECK(log.bytes() == 0);
  CHECK(append(log, "a") == 3);
}

TEST_CASE("a read tells what is gone of each pattern, exactly", "[log][retention]") {
  MemoryLog log(1, {.messages_max = 2});
  append(log, "a");  // 1, gone
  append(log, "b");  // 2, gone
  append(log, "b");  // 3
  append(log, "c");  // 4
  const auto trimmed = [&](std::uint64_t after, std::vector<std::string_view> patterns) {
    return std::as_const(log).read({.after = after, .patterns = std::move(patterns)}).trimmed;
  };
  CHECK(trimmed(0, {"a", "b", "c", "*", "d"}) == Ids{1, 2, 0, 2, 0});
  CHECK(trimmed(1, {"a", "b"}) == Ids{0, 2});
  CHECK(trimmed(2, {"a", "b", ">"}) == Ids{0, 0, 0});
  CHECK(trimmed(0, {}) == Ids{2});
}

TEST_CASE("a forgotten topic can cause a false gap but never silence", "[log][retention]") {
  MemoryLog log(1, {.messages_max = 1, .empty_topics_max = 2});
  for (const char* topic : {"a", "b", "c", "d", "e"}) append(log, topic);
  // d is the newest that is gone; a and b are forgotten.
  CHECK(log.topics() == 3);
  CHECK(log.topics_forgotten() == 2);
  const auto result = std::as_const(log).read({.after = 0, .patterns = {"a", "never", "d"}});
  CHECK(result.trimmed == Ids{2, 2, 4});
  CHECK(std::as_const(log).read({.after = 2, .patterns = {"a"}}).trimmed == Ids{0});
}

TEST_CASE("a topic that comes back keeps the mark of what it lost", "[log][retention]") {
  MemoryLog log(1, {.messages_max = 1, .empty_topics_max = 1});
  append(log, "a");
  append(log, "b");
  append(log, "a");
  append(log, "c");
  CHECK(std::as_const(log).read({.after = 0, .patterns = {"a"}}).trimmed == Ids{3});
}

TEST_CASE("latest starts at the head and earliest behind what is gone", "[log][cursor]") {
  MemoryLog log(1, {.messages_max = 2});
  for (int i = 0; i < 3; ++i) append(log, "a");
  CHECK(resolve(log, "a", wire::Latest{}).after == 3);
  const auto earliest = resolve(log, "a", wire::Earliest{});
  CHECK(earliest.after == 1);
  CHECK(earliest.recovered);
  CHECK(resolve(log, "b", wire::Earliest{}).after == 0);
}

TEST_CASE("a cursor that is held is served without a gap", "[log][cursor]") {
  MemoryLog log(1, {.messages_max = 2});
  for (int i = 0; i < 3; ++i) append(log, "a");
  const auto start = resolve(log, "a", wire::Cursor{log.epoch(), 1});
  CHECK(start.after == 1);
  CHECK(start.recovered);
  CHECK(start.gap_reason.empty());
}

TEST_CASE("a cursor behind what is gone of its own topic is a gap", "[log][cursor]") {
  MemoryLog log(1, {.messages_max = 1});
  append(log, "a");
  append(log, "b");
  append(log, "b");
  const auto start = resolve(log, "b", wire::Cursor{log.epoch(), 1});
  CHECK_FALSE(start.recovered);
  CHECK(start.after == 1);
  CHECK(start.gap_until == 2);
  CHECK(start.gap_reason == "retention");
  CHECK(resolve(log, "a", wire::Cursor{log.epoch(), 1}).recovered);
}

TEST_CASE("a cursor of another epoch gets all of this one behind a gap", "[log][cursor]") {
  MemoryLog log(1);
  append(log, "a");
  const auto start = resolve(log, "a", wire::Cursor{"other", 900});
  CHECK_FALSE(start.recovered);
  CHECK(start.after == 0);
  CHECK(start.gap_reason == "epoch");
  CHECK(start.asked == wire::Cursor{"other", 900});
}

TEST_CASE("a cursor ahead of the log is a gap and goes on from the head", "[log][cursor]") {
  MemoryLog log(1);
  append(log, "a");
  const auto start = resolve(log, "a", wire::Cursor{log.epoch(), 2});
  CHECK_FALSE(start.recovered);
  CHECK(start.after == 1);
  CHECK(start.gap_until == 1);
  CHECK(start.gap_reason == "epoch");
}

TEST_CASE("last:N finds the newest N of each matched topic", "[log][cursor]") {
  MemoryLog log(1);
  for (const char* topic : {"p.a", "p.b", "p.a", "p.a", "q", "p.b"}) append(log, topic);
  const auto start = resolve(log, "p.*", wire::LastOf{2});
  CHECK(start.after == 1);
  CHECK(start.first_of_topic.at("p.a") == 3);
  CHECK(start.first_of_topic.at("p.b") == 2);
  CHECK(start.first_of_topic.size() == 2);
  CHECK(resolve(log, "none", wire::LastOf{2}).after == 6);
}

TEST_CASE("history gives the newest before an id, oldest first", "[log][history]") {
  MemoryLog log(1);
  for (int i = 0; i < 6; ++i) append(log, i % 2 ? "b" : "a");  // a: 1 3 5
  CHECK(ids(std::as_const(log).history("a", 0, 2)) == Ids{3, 5});
  CHECK(ids(std::as_const(log).history("a", 5, 10)) == Ids{1, 3});
  CHECK(ids(std::as_const(log).history("a", 1, 10)).empty());
  CHECK(ids(std::as_const(log).history("none", 0, 10)).empty());
}

TEST_CASE("a repeated key answers with the first id", "[log][key]") {
  MemoryLog log(1);
  const AppendRequest request{.topic = "a", .data = "1", .key = "k", .principal = "ann"};
  CHECK(log.append(request, at(0))->id == 1);
  const auto repeated = log.append(request, at(15 * 60'000));
  CHECK(repeated->id == 1);
  CHECK(repeated->repeated);
  CHECK(log.head() == 1);
  CHECK(log.append(request, at(15 * 60'000 + 1))->id == 2);
}

TEST_CASE("keys of different topics and principals never meet", "[log][key]") {
  MemoryLog log(1);
  CHECK(log.append({.topic = "a", .data = "1", .key = "k", .principal = "ann"}, {})->id == 1);
  CHECK(log.append({.topic = "b", .data = "1", .key = "k", .principal = "ann"}, {})->id == 2);
  CHECK(log.append({.topic = "a", .data = "1", .key = "k", .principal = "bob"}, {})->id == 3);
  CHECK(log.append({.topic = "a", .data = "1", .key = "nk", .principal = "an"}, {})->id == 4);
}

TEST_CASE("a key that is too long is refused", "[log][key]") {
  MemoryLog log(1);
  const std::string key(idempotency_key_bytes_max + 1, 'k');
  const auto appended = log.append({.topic = "a", .data = "1", .key = key}, {});
  REQUIRE_FALSE(appended);
  CHECK(appended.error().code == ErrorCode::invalid_argument);
  CHECK(log.head() == 0);
}

TEST_CASE("the oldest keys are forgotten when there are too many", "[log][key]") {
  MemoryLog log(1, {.keys_max = 2});
  for (const char* key : {"1", "2", "3"}) {
    REQUIRE(log.append({.topic = "a", .data = "1", .key = key}, {}));
  }
  CHECK(log.keys_forgotten() == 1);
  CHECK(log.append({.topic = "a", .data = "1", .key = "3"}, {})->id == 3);
  CHECK(log.append({.topic = "a", .data = "1", .key = "1"}, {})->id == 4);
  CHECK(log.keys_forgotten() == 2);
}

TEST_CASE("a follower is told of every append until it leaves", "[log]") {
  struct Follower final : LogFollower {
    void head_moved() noexcept override { ++count; }
    int count = 0;
  } follower;
  MemoryLog log(1);
  log.follow(follower);
  append(log, "a");
  append(log, "b");
  CHECK(follower.count == 2);
  log.unfollow(follower);
  append(log, "a");
  CHECK(follower.count == 2);
}

TEST_CASE("a topic with many messages is cut without losing any that is kept", "[log][retention]") {
  MemoryLog log(1, {.messages_max = 100});
  for (int i = 0; i < 5000; ++i) append(log, "a");
  const auto result = std::as_const(log).read({.after = 0, .patterns = {"a"}});
  CHECK(result.messages.size() == 100);
  CHECK(result.messages.front()->id == 4901);
  CHECK(result.trimmed == Ids{4900});
}

TopicRules rules_of(std::initializer_list<const char*> texts) {
  TopicRules rules;
  for (const char* text : texts) REQUIRE(rules.add(text));
  return rules;
}

TEST_CASE("who is behind on a latest topic is given its newest message alone", "[log][rules]") {
  const TopicRules rules = rules_of({"p.*:latest"});
  MemoryLog log(1);
  for (const char* topic : {"p.a", "c", "p.b", "p.a", "c", "p.a"}) append(log, topic);
  const auto read = [&](std::vector<std::string_view> patterns, Leave leave) {
    const auto result =
        std::as_const(log).read({.after = 0, .patterns = std::move(patterns), .leave = leave});
    CHECK(result.through == 6);
    return ids(result.messages);
  };
  CHECK(read({">"}, {.rules = &rules}) == Ids{2, 3, 5, 6});
  CHECK(read({"p.a", "c"}, {.rules = &rules}) == Ids{2, 5, 6});
  CHECK(read({">"}, {}) == Ids{1, 2, 3, 4, 5, 6});
  // What was asked for as history is given whole.
  CHECK(read({">"}, {.rules = &rules, .keep_until = 1}) == Ids{1, 2, 3, 5, 6});
  CHECK(read({"p.a"}, {.rules = &rules, .keep_until = 1}) == Ids{1, 6});
}

TEST_CASE("what is gone of a latest topic is no gap while the topic has a newer message",
          "[log][rules][retention]") {
  const TopicRules rules = rules_of({"p.*:latest"});
  MemoryLog log(1, {.messages_max = 2});
  for (const char* topic : {"p.a", "p.b", "p.a", "c"}) append(log, topic);
  const auto trimmed = [&](std::string_view pattern, Leave leave) {
    return std::as_const(log).read({.after = 0, .patterns = {pattern}, .leave = leave}).trimmed[0];
  };
  CHECK(trimmed("p.a", {.rules = &rules}) == 0);
  CHECK(trimmed("p.b", {.rules = &rules}) == 2);
  CHECK(trimmed("p.*", {.rules = &rules}) == 2);
  CHECK(trimmed("p.a", {}) == 1);
  CHECK(trimmed("p.a", {.rules = &rules, .keep_until = 1}) == 1);
}

TEST_CASE("a backlog within its bytes drops nothing, a larger one its oldest", "[log][rules]") {
  const TopicRules rules = rules_of({"d.*:drop-oldest"});
  MemoryLog log(1);
  for (const char* topic : {"d.a", "c", "d.b", "d.a", "c", "d.a"}) append(log, topic);
  const std::size_t bytes =
      std::as_const(log).history("d.a", 0, 1).front()->frame.size();  // Of each.
  const auto backlog = [&](std::vector<std::string_view> patterns, std::size_t messages,
                           Leave leave) {
    return std::as_const(log).backlog({.after = 0,
                                       .patterns = std::move(patterns),
                                       .bytes_max = messages * bytes,
                                       .leave = leave});
  };
  const auto fits = backlog({">"}, 4, {.rules = &rules});
  CHECK(fits.drop_until == 0);
  CHECK(fits.dropped == Ids{0});
  const auto drops = backlog({"d.a", "c", "d.b", "d.*"}, 1, {.rules = &rules});
  CHECK(drops.drop_until == 4);
  CHECK(drops.dropped == Ids{4, 0, 3, 4});
  CHECK(backlog({"d.b"}, 1, {.rules = &rules}).drop_until == 0);
  CHECK(backlog({"d.a"}, 1, {.rules = &rules, .keep_until = 4}).drop_until == 0);
  CHECK(backlog({"d.a"}, 1, {.rules = &rules, .drop_until = 4}).dropped == Ids{0});
  CHECK(backlog({"d.a"}, 0, {}).drop_until == 0);
  CHECK(backlog({"c"}, 0, {.rules = &rules}).drop_until == 0);

  const auto read = std::as_const(log).read(
      {.after = 0, .patterns = {">"}, .leave = {.rules = &rules, .drop_until = 4}});
  CHECK(ids(read.messages) == Ids{2, 5, 6});
}

TEST_CASE("only words for history keep it whole", "[log][rules]") {
  MemoryLog log(1);
  for (int i = 0; i < 3; ++i) append(log, "a");
  CHECK(resolve(log, "a", wire::Earliest{}).history_until == 3);
  CHECK(resolve(log, "a", wire::LastOf{2}).history_until == 3);
  CHECK(resolve(log, "a", wire::Latest{}).history_until == 0);
  CHECK(resolve(log, "a", wire::Cursor{log.epoch(), 1}).history_until == 0);
}

}  // namespace
}  // namespace freshet::server
