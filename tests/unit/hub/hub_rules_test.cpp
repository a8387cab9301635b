// What slow subscribers lose by the rules of their topics, and what they are told.
#include <catch2/catch_test_macros.hpp>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hub/hub.h"
#include "log/memory_log.h"
#include "unit/hub/recording_subscriber.h"
#include "wire/endpoints.h"

namespace freshet::server {
namespace {

using Ids = std::vector<std::uint64_t>;

// A hub whose topics p.* are latest and d.* drop-oldest; a backlog holds two messages.
struct Rig {
  explicit Rig(Retention retention = {}) : log(1, retention), hub(log, options()) {}

  static HubOptions options() {
    HubOptions options;
    for (const char* rule : {"p.*:latest", "d.*:drop-oldest"}) REQUIRE(options.rules.add(rule));
    options.backlog_bytes_max = 2 * message_bytes();
    return options;
  }
  static std::size_t message_bytes() {
    MemoryLog log(1);
    REQUIRE(log.append({.topic = "d.a", .data = "1"}, {}));
    return std::as_const(log).history("d.a", 0, 1).front()->frame.size();
  }

  void publish(std::initializer_list<const char*> topics) {
    for (const char* topic : topics) REQUIRE(log.append({.topic = topic, .data = "1"}, {}));
  }
  void pump() {
    for (int turns = 0; hub.pump(); ++turns) REQUIRE(turns < 1000);
  }
  void open(RecordingSubscriber& subscriber, std::vector<StartRequest> starts) {
    hub.open(subscriber, {.client = "c1", .starts = std::move(starts)}, {});
    pump();
    subscriber.forget();
  }
  // The subscriber's outbox is over its mark from now on.
  static void fill(RecordingSubscriber& subscriber) { subscriber.answer = Sent::full; }
  // It has room again.
  void drain(RecordingSubscriber& subscriber) {
    subscriber.answer = Sent::more;
    hub.resume(subscriber);
    pump();
  }
  wire::Cursor cursor(std::uint64_t id) const { return {log.epoch(), id}; }

  MemoryLog log;
  Hub hub;
};

TEST_CASE("a slow reader of latest topics goes on with the newest of each", "[hub][rules]") {
  Rig rig;
  RecordingSubscriber slow, quick;
  rig.open(slow, {{"p.*"}});
  rig.open(quick, {{"p.*"}});
  Rig::fill(slow);
  rig.publish({"p.a"});
  rig.pump();
  CHECK(slow.is_replaying());
  rig.publish({"p.a", "p.b", "p.a", "p.b", "p.a"});
  rig.pump();
  CHECK(slow.ids == Ids{1});
  CHECK(quick.ids == Ids{1, 2, 3, 4, 5, 6});

  rig.drain(slow);
  CHECK(slow.ids == Ids{1, 5, 6});
  CHECK_FALSE(slow.is_replaying());
  CHECK(slow.frames.empty());
  rig.publish({"p.c"});
  rig.pump();
  CHECK(slow.ids == Ids{1, 5, 6, 7});
  CHECK(rig.hub.counts().fell_behind == 1);
  CHECK(rig.hub.counts().slow_consumers == 0);
}

TEST_CASE("a slow reader of drop-oldest topics is told a gap and gets the newest", "[hub][rules]") {
  Rig rig;
  RecordingSubscriber slow;
  rig.open(slow, {{"d.a"}, {"d.*"}, {"c"}});
  Rig::fill(slow);
  rig.publish({"d.a"});
  rig.pump();
  rig.publish({"d.a", "c", "d.b", "d.a", "d.b"});
  rig.pump();
  rig.drain(slow);

  CHECK(slow.ids == Ids{1, 3, 5, 6});
  const auto gaps = slow.all<wire::Gap>();
  REQUIRE(gaps.size() == 2);
  CHECK(gaps[0].pattern == "d.a");
  CHECK(gaps[0].after == rig.cursor(1));
  CHECK(gaps[0].until == rig.cursor(2));
  CHECK(gaps[0].reason == "slow");
  CHECK(gaps[1].pattern == "d.*");
  CHECK(gaps[1].until == rig.cursor(4));
  CHECK(rig.hub.counts().drops == 1);
  CHECK(rig.hub.counts().gaps == 2);
  CHECK_FALSE(slow.is_replaying());
}

TEST_CASE("a backlog that fits is not dropped", "[hub][rules]") {
  Rig rig;
  RecordingSubscriber slow;
  rig.open(slow, {{"d.*"}});
  Rig::fill(slow);
  rig.publish({"d.a"});
  rig.pump();
  rig.publish({"d.a", "d.b"});
  rig.drain(slow);
  CHECK(slow.ids == Ids{1, 2, 3});
  CHECK(slow.frames.empty());
}

TEST_CASE("a reader that stays slow loses more, and is told of it", "[hub][rules]") {
  Rig rig;
  RecordingSubscriber slow;
  rig.open(slow, {{"d.*"}});
  Rig::fill(slow);
  std::uint64_t until = 0;
  for (int round = 0; round < 20; ++round) {
    rig.publish({"d.a", "d.b", "d.a", "d.b", "d.a"});
    rig.pump();
    rig.hub.resume(slow);  // Room for one.
    rig.pump();
  }
  rig.drain(slow);
  // Every message was sent or lies in a gap.
  std::vector<bool> accounted(101, false);
  for (const std::uint64_t id : slow.ids) accounted[id] = true;
  for (const wire::Gap& gap : slow.all<wire::Gap>()) {
    CHECK(gap.after.id >= until);
    until = gap.until.id;
    for (std::uint64_t id = gap.after.id + 1; id <= gap.until.id; ++id) accounted[id] = true;
  }
  accounted[0] = true;
  CHECK(accounted == std::vector<bool>(101, true));
  CHECK(slow.ids.size() < 40);
  CHECK(slow.ids.back() == 100);
}

TEST_CASE("a topic without a rule is sent whole, whatever else the reader loses", "[hub][rules]") {
  Rig rig;
  RecordingSubscriber plain, mixed;
  rig.open(plain, {{"c"}});
  rig.open(mixed, {{">"}});
  Rig::fill(plain);
  Rig::fill(mixed);
  rig.publish({"c", "p.a", "c"});
  rig.pump();
  CHECK_FALSE(plain.is_replaying());
  CHECK(plain.ids == Ids{1, 3});
  CHECK(mixed.ids == Ids{1, 2});
  rig.publish({"p.a", "c", "p.a", "c"});
  rig.pump();
  rig.drain(mixed);
  CHECK(mixed.ids == Ids{1, 2, 3, 5, 6, 7});
}

TEST_CASE("a cursor of a slow reader loses nothing that it would have got", "[hub][rules]") {
  Rig rig;
  RecordingSubscriber slow;
  rig.open(slow, {{"p.*"}});
  Rig::fill(slow);
  rig.publish({"p.a"});
  rig.pump();
  rig.publish({"p.a", "p.b", "p.a"});
  rig.pump();
  CHECK(rig.hub.cursor(slow) == rig.cursor(1));
  slow.answer = Sent::full;
  rig.hub.resume(slow);
  rig.pump();
  CHECK(slow.ids == Ids{1, 3});

  // It breaks behind its last message; what that one overtook is still to come.
  RecordingSubscriber again;
  rig.hub.open(again, {.client = "c1", .starts = {{"p.*", rig.cursor(3)}}}, {});
  rig.pump();
  CHECK(again.ids == Ids{4});
}

TEST_CASE("who resumes on a latest topic gets the newest; who asks for history gets it whole",
          "[hub][rules]") {
  Rig rig;
  rig.publish({"p.a", "p.a", "p.b", "p.a"});
  const auto ids_from = [&](wire::Start start) {
    RecordingSubscriber subscriber;
    rig.hub.open(subscriber, {.client = "c1", .starts = {{"p.*", std::move(start)}}}, {});
    rig.pump();
    return subscriber.ids;
  };
  CHECK(ids_from(rig.cursor(0)) == Ids{3, 4});
  CHECK(ids_from(wire::Earliest{}) == Ids{1, 2, 3, 4});
  CHECK(ids_from(wire::LastOf{2}) == Ids{2, 3, 4});
}

TEST_CASE("a resuming reader's backlog is never dropped by a rule", "[hub][rules]") {
  Rig rig;
  rig.publish({"d.a", "d.a", "d.a", "d.a"});
  RecordingSubscriber subscriber;
  subscriber.answer = Sent::full;
  rig.hub.open(subscriber, {.client = "c1", .starts = {{"d.a", rig.cursor(0)}}}, {});
  rig.pump();
  rig.drain(subscriber);
  CHECK(subscriber.ids == Ids{1, 2, 3, 4});
  CHECK(subscriber.all<wire::Gap>().empty());
}

TEST_CASE("a subscription that a slow reader adds gets what was dropped for others, or a gap",
          "[hub][rules]") {
  Rig rig;
  RecordingSubscriber slow;
  rig.open(slow, {{"d.a"}});
  Rig::fill(slow);
  rig.publish({"d.a"});
  rig.pump();
  rig.publish({"d.b", "d.a", "d.a", "d.a", "d.b"});
  rig.pump();
  rig.hub.resume(slow);  // Drops 3 and sends 4.
  rig.pump();
  rig.hub.subscribe(slow, {.ref = 7, .patterns = {"d.b"}, .start = rig.cursor(0)});
  rig.drain(slow);
  std::vector<bool> accounted(7, false);
  for (const std::uint64_t id : slow.ids) accounted[id] = true;
  for (const wire::Gap& gap : slow.all<wire::Gap>()) {
    if (gap.pattern != "d.b") continue;
    for (std::uint64_t id = gap.after.id + 1; id <= gap.until.id; ++id) accounted[id] = true;
  }
  CHECK(accounted[2]);
  CHECK(accounted[6]);
  CHECK(slow.ids.back() == 6);
}

TEST_CASE("a slow reader whose messages the log lets go of is told so", "[hub][rules]") {
  Rig rig({.messages_max = 3});
  RecordingSubscriber slow;
  rig.open(slow, {{"p.*"}, {"c"}});
  Rig::fill(slow);
  rig.publish({"p.a"});
  rig.pump();
  rig.publish({"c", "p.a", "p.a", "p.a", "p.a"});
  rig.pump();
  rig.drain(slow);
  CHECK(slow.ids == Ids{1, 6});
  const auto gaps = slow.all<wire::Gap>();
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].pattern == "c");
  CHECK(gaps[0].reason == "retention");
}

TEST_CASE("the topics that meet a full outbox are told, unless a rule lets their reader go",
          "[hub][rules]") {
  Rig rig;
  std::vector<std::string> told;
  rig.hub.on_slow([&](std::string_view topic) { told.emplace_back(topic); });
  RecordingSubscriber slow, also, quick;
  rig.open(slow, {{">"}});
  rig.open(also, {{"c"}});
  rig.open(quick, {{">"}});
  rig.publish({"c"});
  rig.pump();
  CHECK(told.empty());
  Rig::fill(slow);
  Rig::fill(also);
  rig.publish({"c", "e", "p.a", "e"});
  rig.pump();
  CHECK(told == std::vector<std::string>{"c", "e"});
}

TEST_CASE("while replays are held what is live goes on, and they go on afterwards",
          "[hub][rules]") {
  Rig rig;
  rig.publish({"c"});
  RecordingSubscriber live, resuming;
  rig.open(live, {{"c"}});
  rig.hub.hold_replays(true);
  rig.open(resuming, {{"c", rig.cursor(0)}});
  rig.publish({"c"});
  CHECK_FALSE(rig.hub.pump());
  CHECK_FALSE(rig.hub.has_work());
  CHECK(live.ids == Ids{2});
  CHECK(resuming.ids.empty());
  rig.hub.hold_replays(false);
  rig.pump();
  CHECK(resuming.ids == Ids{1, 2});
}

}  // namespace
}  // namespace freshet::server
