#include "hub/hub.h"

#include <catch2/catch_test_macros.hpp>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "log/memory_log.h"
#include "unit/hub/recording_subscriber.h"
#include "wire/endpoints.h"

namespace freshet::server {
namespace {

using Ids = std::vector<std::uint64_t>;

Instant at(long long milliseconds) { return Instant{Duration{milliseconds}}; }

// A hub on a memory log, driven by hand.
struct Rig {
  explicit Rig(HubOptions options = {}, Retention retention = {})
      : log(1, retention), hub(log, options) {}

  std::uint64_t publish(std::string_view topic, std::string_view data = "1") {
    return log.append({.topic = topic, .data = data}, {})->id;
  }
  void pump() {
    for (int turns = 0; hub.pump(); ++turns) REQUIRE(turns < 1000);
  }
  void open(RecordingSubscriber& subscriber, std::vector<StartRequest> starts = {},
            Instant now = {}) {
    hub.open(subscriber, {.client = "c1", .starts = std::move(starts)}, now);
  }
  void subscribe(RecordingSubscriber& subscriber, std::uint64_t ref, std::string pattern,
                 wire::Start start = wire::Latest{}) {
    hub.subscribe(subscriber, {.ref = ref, .patterns = {std::move(pattern)}, .start = start});
  }
  wire::Cursor cursor(std::uint64_t id) const { return {log.epoch(), id}; }

  MemoryLog log;
  Hub hub;
};

TEST_CASE("hello comes first and tells where the stream begins", "[hub]") {
  Rig rig({.ping = Duration{5000}});
  rig.publish("a");
  rig.hub.set_window(Duration{800});
  RecordingSubscriber subscriber;
  rig.open(subscriber);
  REQUIRE(subscriber.frames.size() == 1);
  const auto hello = subscriber.all<wire::Hello>().at(0);
  CHECK(hello.version == wire::protocol_version);
  CHECK(hello.epoch == rig.log.epoch());
  CHECK(hello.cursor == rig.cursor(1));
  CHECK(hello.recovered);
  CHECK(hello.ping == Duration{5000});
  CHECK(hello.window == Duration{800});
  CHECK(hello.client == "c1");
  CHECK(hello.cursors.empty());
}

TEST_CASE("a live message reaches every matching subscriber once", "[hub]") {
  Rig rig;
  RecordingSubscriber one, two, other;
  rig.open(one, {{"a.*"}, {"a.b"}, {">"}});
  rig.open(two, {{"a.b"}});
  rig.open(other, {{"c"}});
  rig.pump();
  rig.publish("a.b");
  rig.pump();
  CHECK(one.ids == Ids{1});
  CHECK(two.ids == Ids{1});
  CHECK(other.ids.empty());
  CHECK(rig.hub.counts().deliveries == 2);
}

TEST_CASE("one encoding serves all subscribers of a loop", "[hub]") {
  Rig rig;
  std::vector<RecordingSubscriber> subscribers(3);
  for (auto& subscriber : subscribers) rig.open(subscriber, {{"a"}});
  rig.publish("a");
  rig.pump();
  CHECK(subscribers[0].blobs.at(0).get() == subscribers[1].blobs.at(0).get());
  CHECK(subscribers[0].blobs.at(0).get() == subscribers[2].blobs.at(0).get());
}

TEST_CASE("a stream by URL is told live once and without a ref", "[hub]") {
  Rig rig;
  rig.publish("a");
  RecordingSubscriber subscriber;
  rig.open(subscriber, {{"a", wire::Earliest{}}, {"b", wire::Earliest{}}});
  rig.pump();
  const auto lives = subscriber.all<wire::LiveMark>();
  REQUIRE(lives.size() == 1);
  CHECK_FALSE(lives[0].ref);
  CHECK(lives[0].cursor == rig.cursor(1));
  CHECK(subscriber.ids == Ids{1});
}

TEST_CASE("several starts are told each and the hello's cursor is the lowest", "[hub]") {
  Rig rig;
  for (int i = 0; i < 5; ++i) rig.publish("a");
  RecordingSubscriber subscriber;
  rig.open(subscriber, {{"a", rig.cursor(4)}, {"b", rig.cursor(2)}, {"c"}});
  const auto hello = subscriber.all<wire::Hello>().at(0);
  CHECK(hello.cursor == rig.cursor(2));
  CHECK(hello.cursors == std::vector{rig.cursor(4), rig.cursor(2), rig.cursor(5)});
  rig.pump();
  CHECK(subscriber.ids == Ids{5});
}

TEST_CASE("subscribed comes before the replay and live behind it", "[hub]") {
  Rig rig;
  for (int i = 0; i < 3; ++i) rig.publish("a");
  RecordingSubscriber subscriber;
  rig.open(subscriber);
  subscriber.forget();
  rig.subscribe(subscriber, 3, "a", rig.cursor(1));
  rig.pump();
  const std::string epoch = rig.log.epoch();
  CHECK(subscriber.log ==
        std::vector<std::string>{
            R"({"op":"subscribed","ref":3,"cursor":")" + epoch + R"(:1","recovered":true})", "2",
            "3", R"({"op":"live","ref":3,"cursor":")" + epoch + R"(:3"})"});
}

TEST_CASE("latest joins at once and only what comes later is sent", "[hub]") {
  Rig rig;
  RecordingSubscriber subscriber;
  rig.open(subscriber);
  rig.publish("a");
  // The loop has not pumped yet, and still this message is older than the subscription.
  rig.subscribe(subscriber, 1, "a");
  rig.publish("a");
  rig.pump();
  CHECK(subscriber.ids == Ids{2});
  CHECK(subscriber.all<wire::LiveMark>().size() == 1);
}

TEST_CASE("replay and live meet without loss and without a message twice", "[hub]") {
  Rig rig({.replay_messages_max = 2});
  for (int i = 0; i < 7; ++i) rig.publish("a");
  RecordingSubscriber subscriber;
  rig.open(subscriber, {{"a", wire::Earliest{}}});
  for (int i = 0; i < 5; ++i) {
    rig.publish("a");
    rig.hub.pump();
  }
  rig.pump();
  rig.publish("a");
  rig.pump();
  Ids expected;
  for (std::uint64_t id = 1; id <= 13; ++id) expected.push_back(id);
  CHECK(subscriber.ids == expected);
}

TEST_CASE("an older cursor moves the connection back for that subscription only", "[hub]") {
  Rig rig;
  RecordingSubscriber subscriber;
  rig.open(subscriber);
  rig.subscribe(subscriber, 1, "a");
  for (const char* topic : {"a", "b", "a", "b"}) rig.publish(topic);
  rig.pump();
  CHECK(subscriber.ids == Ids{1, 3});
  subscriber.forget();
  rig.subscribe(subscriber, 2, "b", rig.cursor(0));
  rig.publish("a");  // Live meanwhile: waits in the log.
  rig.pump();
  CHECK(subscriber.ids == Ids{2, 4, 5});
  rig.publish("b");
  rig.pump();
  CHECK(subscriber.ids == Ids{2, 4, 5, 6});
}

TEST_CASE("a message that two subscriptions are behind is sent once", "[hub]") {
  Rig rig;
  for (int i = 0; i < 3; ++i) rig.publish("a");
  RecordingSubscriber subscriber;
  rig.open(subscriber);
  rig.subscribe(subscriber, 1, "a", rig.cursor(0));
  rig.subscribe(subscriber, 2, "*", rig.cursor(1));
  rig.pump();
  CHECK(subscriber.ids == Ids{1, 2, 3});
  CHECK(subscriber.all<wire::LiveMark>().size() == 2);
}

TEST_CASE("last:N sends exactly the newest N of each topic, in id order, then live", "[hub]") {
  Rig rig;
  for (const char* topic : {"p.a", "p.b", "p.a", "p.a", "p.b", "p.b", "q"}) rig.publish(topic);
  RecordingSubscriber subscriber;
  rig.open(subscriber, {{"p.*", wire::LastOf{2}}});
  rig.publish("p.a");  // Newer than the subscribe: one more, not instead of another.
  rig.pump();
  rig.publish("p.c");
  rig.pump();
  CHECK(subscriber.ids == Ids{3, 4, 5, 6, 8, 9});
  CHECK(subscriber.all<wire::Gap>().empty());
}

TEST_CASE("last:N tells no gap for what was trimmed before", "[hub]") {
  Rig rig({}, {.messages_max = 3});
  for (int i = 0; i < 10; ++i) rig.publish("p.a");
  rig.publish("p.b");
  RecordingSubscriber subscriber;
  rig.open(subscriber, {{"p.*", wire::LastOf{5}}});
  rig.pump();
  CHECK(subscriber.ids == Ids{9, 10, 11});
  CHECK(subscriber.all<wire::Gap>().empty());
}

TEST_CASE("a cursor behind the retention is told a gap, then the survivors", "[hub][gap]") {
  Rig rig({}, {.messages_max = 2});
  for (int i = 0; i < 5; ++i) rig.publish("a");
  RecordingSubscriber subscriber;
  rig.open(subscriber, {{"a", rig.cursor(1)}});
  rig.pump();
  CHECK_FALSE(subscriber.all<wire::Hello>().at(0).recovered);
  const auto gaps = subscriber.all<wire::Gap>();
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].pattern == "a");
  CHECK(gaps[0].after == rig.cursor(1));
  CHECK(gaps[0].until == rig.cursor(3));
  CHECK(gaps[0].reason == "retention");
  CHECK(subscriber.ids == Ids{4, 5});
}

TEST_CASE("an unknown epoch is a gap and begins with all of this one", "[hub][gap]") {
  Rig rig;
  rig.publish("a");
  RecordingSubscriber subscriber;
  rig.open(subscriber);
  rig.subscribe(subscriber, 1, "a", wire::Cursor{"other", 9});
  rig.pump();
  const auto subscribed = subscriber.all<wire::Subscribed>().at(0);
  CHECK_FALSE(subscribed.recovered);
  CHECK(subscribed.cursor == rig.cursor(0));
  const auto gap = subscriber.all<wire::Gap>().at(0);
  CHECK(gap.reason == "epoch");
  CHECK(gap.after == wire::Cursor{"other", 9});
  CHECK(subscriber.ids == Ids{1});
}

TEST_CASE("a cursor ahead of the log is a gap of the epoch", "[hub][gap]") {
  Rig rig;
  rig.publish("a");
  RecordingSubscriber subscriber;
  rig.open(subscriber, {{"a", rig.cursor(900)}});
  rig.pump();
  CHECK(subscriber.all<wire::Gap>().at(0).reason == "epoch");
  CHECK(subscriber.all<wire::Hello>().at(0).cursor == rig.cursor(1));
  rig.publish("a");
  rig.pump();
  CHECK(subscriber.ids == Ids{2});
}

TEST_CASE("trimming in the middle of a replay is a gap there", "[hub][gap]") {
  Rig rig({.replay_messages_max = 2}, {.messages_max = 6});
  for (int i = 0; i < 6; ++i) rig.publish("a");
  RecordingSubscriber subscriber;
  rig.open(subscriber, {{"a", wire::Earliest{}}});
  rig.hub.pump();
  CHECK(subscriber.ids == Ids{1, 2});
  for (int i = 0; i < 4; ++i) rig.publish("a");  // 1 to 4 are gone.
  rig.pump();
  const auto gaps = subscriber.all<wire::Gap>();
  REQUIRE(gaps.size() == 1);
  CHECK(gaps[0].after == rig.cursor(2));
  CHECK(gaps[0].until == rig.cursor(4));
  CHECK(subscriber.ids == Ids{1, 2, 5, 6, 7, 8, 9, 10});
}

TEST_CASE("a loop that the log has left behind tells each subscriber its own gap", "[hub][gap]") {
  Rig rig({}, {.messages_max = 2});
  RecordingSubscriber a, b;
  rig.open(a, {{"a"}});
  rig.open(b, {{"b"}});
  rig.pump();
  for (const char* topic : {"a", "a", "a", "b", "a"}) rig.publish(topic);  // 1 to 3 are gone.
  rig.pump();
  CHECK(a.ids == Ids{5});
  REQUIRE(a.all<wire::Gap>().size() == 1);
  CHECK(a.all<wire::Gap>()[0].until == rig.cursor(3));
  CHECK(b.ids == Ids{4});
  CHECK(b.all<wire::Gap>().empty());
}

TEST_CASE("a replay pauses when the subscriber says so and goes on by resume", "[hub]") {
  Rig rig;
  for (int i = 0; i < 4; ++i) rig.publish("a");
  RecordingSubscriber subscriber;
  subscriber.answer = Sent::pause;
  rig.open(subscriber, {{"a", wire::Earliest{}}});
  rig.pump();
  CHECK(subscriber.ids == Ids{1});
  CHECK(rig.hub.position(subscriber) == 1);
  CHECK(subscriber.is_replaying());
  subscriber.answer = Sent::more;
  rig.hub.resume(subscriber);
  rig.pump();
  CHECK(subscriber.ids == Ids{1, 2, 3, 4});
  CHECK_FALSE(subscriber.is_replaying());
}

TEST_CASE("a pause in the live flow leaves the rest in the log", "[hub]") {
  Rig rig;
  RecordingSubscriber subscriber;
  rig.open(subscriber, {{"a"}});
  rig.pump();
  subscriber.answer = Sent::pause;
  for (int i = 0; i < 3; ++i) rig.publish("a");
  rig.pump();
  CHECK(subscriber.ids == Ids{1});
  CHECK(rig.hub.cursor(subscriber) == rig.cursor(1));
  subscriber.answer = Sent::more;
  rig.hub.resume(subscriber);
  rig.pump();
  CHECK(subscriber.ids == Ids{1, 2, 3});
}

TEST_CASE("a slow consumer is closed with 4100 and the others go on", "[hub]") {
  Rig rig;
  RecordingSubscriber slow, good;
  rig.open(slow, {{"a"}, {"*"}});
  rig.open(good, {{"a"}});
  rig.pump();
  slow.answer = Sent::overflow;
  rig.publish("a");
  rig.publish("a");
  rig.pump();
  CHECK(slow.close_code == wire::close_code::slow_consumer);
  CHECK(slow.ids == Ids{1});
  CHECK(good.ids == Ids{1, 2});
  CHECK(rig.hub.subscribers() == 1);
  CHECK(rig.hub.counts().slow_consumers == 1);
}

TEST_CASE("unsubscribe ends all patterns of its ref and no others", "[hub]") {
  Rig rig;
  RecordingSubscriber subscriber;
  rig.open(subscriber);
  rig.hub.subscribe(subscriber, {.ref = 1, .patterns = {"a", "b"}});
  rig.subscribe(subscriber, 2, "c");
  rig.hub.unsubscribe(subscriber, 1);
  rig.hub.unsubscribe(subscriber, 99);
  for (const char* topic : {"a", "b", "c"}) rig.publish(topic);
  rig.pump();
  CHECK(subscriber.ids == Ids{3});
  CHECK(rig.hub.index().patterns() == 1);
}

TEST_CASE("a subscription that ends in its replay is sent nothing more and no live", "[hub]") {
  Rig rig({.replay_messages_max = 1});
  for (const char* topic : {"a", "b", "a", "b"}) rig.publish(topic);
  RecordingSubscriber subscriber;
  rig.open(subscriber);
  rig.subscribe(subscriber, 1, "a", wire::Earliest{});
  rig.subscribe(subscriber, 2, "b", wire::Earliest{});
  rig.hub.pump();
  CHECK(subscriber.ids == Ids{1});
  rig.hub.unsubscribe(subscriber, 1);
  rig.pump();
  CHECK(subscriber.ids == Ids{1, 2, 4});
  REQUIRE(subscriber.all<wire::LiveMark>().size() == 1);
  CHECK(subscriber.all<wire::LiveMark>()[0].ref == 2);
  rig.hub.unsubscribe(subscriber, 2);
  rig.publish("b");
  rig.pump();
  CHECK(rig.hub.cursor(subscriber) == rig.cursor(5));
}

TEST_CASE("of several patterns each is answered for itself", "[hub]") {
  Rig rig({.subscriptions_max = 2});
  RecordingSubscriber subscriber;
  rig.open(subscriber);
  rig.hub.subscribe(subscriber, {.ref = 1, .patterns = {"a", "b*", "c", "d"}});
  const auto errors = subscriber.all<wire::ErrorFrame>();
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].pattern == "b*");
  CHECK(errors[0].code == "invalid_pattern");
  CHECK(errors[1].pattern == "d");
  CHECK(errors[1].code == "too_many");
  rig.publish("c");
  rig.pump();
  CHECK(subscriber.ids == Ids{1});
}

TEST_CASE("a ref in use and a subscribe without patterns are refused", "[hub]") {
  Rig rig;
  RecordingSubscriber subscriber;
  rig.open(subscriber);
  rig.subscribe(subscriber, 1, "a");
  rig.subscribe(subscriber, 1, "b");
  rig.hub.subscribe(subscriber, {.ref = 2, .patterns = {}});
  const auto errors = subscriber.all<wire::ErrorFrame>();
  REQUIRE(errors.size() == 2);
  CHECK(errors[0].code == "invalid_argument");
  CHECK(errors[0].ref == 1);
  CHECK(errors[1].code == "invalid_pattern");
}

TEST_CASE("a detached subscriber hears nothing more", "[hub]") {
  Rig rig;
  RecordingSubscriber subscriber;
  rig.open(subscriber, {{"a", wire::Earliest{}}});
  rig.hub.detach(subscriber);
  rig.hub.detach(subscriber);
  rig.publish("a");
  rig.pump();
  CHECK(subscriber.ids.empty());
  CHECK(rig.hub.subscribers() == 0);
}

TEST_CASE("a subscriber that is destroyed leaves its hub, whatever it was doing", "[hub]") {
  Rig rig({.replay_messages_max = 1});
  for (int i = 0; i < 3; ++i) rig.publish("a");
  RecordingSubscriber stays;
  rig.open(stays, {{"a", wire::Earliest{}}});
  {
    RecordingSubscriber leaves;
    rig.open(leaves, {{"a", wire::Earliest{}}});
    rig.hub.at_batch_end(leaves);
    CHECK(rig.hub.subscribers() == 2);
  }
  CHECK(rig.hub.subscribers() == 1);
  rig.pump();
  CHECK(stays.ids == Ids{1, 2, 3});
}

TEST_CASE("every stream hears a ping at least once per interval", "[hub][ping]") {
  Rig rig({.ping = Duration{1000}});
  std::vector<std::unique_ptr<RecordingSubscriber>> subscribers;
  for (int i = 0; i < 10; ++i) {
    subscribers.push_back(std::make_unique<RecordingSubscriber>());
    rig.open(*subscribers.back(), {}, at(i * 97));
    rig.hub.tick(at(i * 97));
  }
  std::vector<long long> last(10);
  for (int i = 0; i < 10; ++i) last[static_cast<std::size_t>(i)] = i * 97;
  for (long long now = 970; now < 8000; now += 5) {
    rig.hub.tick(at(now));
    for (std::size_t i = 0; i < 10; ++i) {
      if (!subscribers[i]->all<wire::Ping>().empty()) {
        subscribers[i]->forget();
        last[i] = now;
      }
      REQUIRE(now - last[i] <= 1005);
    }
  }
}

TEST_CASE("polls hear no pings, and without streams there is nothing to wait for", "[hub][ping]") {
  Rig rig({.ping = Duration{1000}});
  CHECK_FALSE(rig.hub.next_tick());
  RecordingSubscriber poll;
  rig.hub.open(poll, {.client = "c", .starts = {{"a"}}, .pings = false}, at(0));
  CHECK_FALSE(rig.hub.next_tick());
  RecordingSubscriber stream;
  rig.open(stream, {}, at(0));
  REQUIRE(rig.hub.next_tick());
  CHECK(*rig.hub.next_tick() <= at(1000));
  rig.hub.tick(at(1000));
  rig.hub.tick(at(2000));
  CHECK(poll.all<wire::Ping>().empty());
  CHECK(stream.all<wire::Ping>().size() == 2);
}

TEST_CASE("a ping tells what this connection has, not the head of the log", "[hub][ping]") {
  Rig rig({.ping = Duration{1000}});
  for (int i = 0; i < 3; ++i) rig.publish("a");
  RecordingSubscriber behind, level;
  behind.answer = Sent::pause;
  rig.open(behind, {{"a", wire::Earliest{}}}, at(0));
  rig.open(level, {{"b"}}, at(0));
  rig.pump();
  rig.publish("b");  // Not pumped: nobody has it yet.
  rig.hub.tick(at(1000));
  CHECK(behind.all<wire::Ping>().at(0).cursor == rig.cursor(1));
  CHECK(level.all<wire::Ping>().at(0).cursor == rig.cursor(3));
}

TEST_CASE("a ping out of turn tells the same as one in turn", "[hub][ping]") {
  Rig rig;
  rig.publish("a");
  RecordingSubscriber subscriber;
  rig.open(subscriber, {{"a"}});
  rig.hub.ping(subscriber);
  CHECK(subscriber.all<wire::Ping>().at(0).cursor == rig.cursor(1));
}

TEST_CASE("batch_end comes once, behind the whole batch", "[hub]") {
  struct Poll final : Subscriber {
    explicit Poll(Hub& owner) : hub(owner) {}
    Sent send(EncodedMessage& message) override {
      ids.push_back(message.id());
      hub.at_batch_end(*this);
      return Sent::more;
    }
    void send_control(EncodedMessage&, const wire::ServerFrame&) override {}
    void close(std::uint16_t, std::string_view) override {}
    void batch_end() override {
      answered.push_back(ids.size());
      hub.detach(*this);
    }
    Hub& hub;
    Ids ids;
    std::vector<std::size_t> answered;
  };
  Rig rig;
  Poll poll(rig.hub);
  rig.hub.open(poll, {.client = "c", .starts = {{"a"}}, .pings = false}, {});
  rig.pump();
  for (int i = 0; i < 3; ++i) rig.publish("a");
  rig.pump();
  rig.publish("a");
  rig.pump();
  CHECK(poll.answered == std::vector<std::size_t>{3});
  CHECK(poll.ids == Ids{1, 2, 3});
}

TEST_CASE("a large burst is handed out in batches, and pump says when more is left", "[hub]") {
  Rig rig({.batch_messages_max = 4});
  RecordingSubscriber subscriber;
  rig.open(subscriber, {{"a"}});
  rig.pump();
  for (int i = 0; i < 10; ++i) rig.publish("a");
  CHECK(rig.hub.pump());
  CHECK(subscriber.ids.size() == 4);
  CHECK(rig.hub.pump());
  CHECK_FALSE(rig.hub.pump());
  CHECK(subscriber.ids.size() == 10);
}

TEST_CASE("many replays take turns and all come to the end", "[hub]") {
  Rig rig({.replay_messages_max = 3, .replays_max = 2, .cache_bytes_max = 200});
  for (int i = 0; i < 10; ++i) rig.publish("a");
  std::vector<RecordingSubscriber> subscribers(9);
  for (auto& subscriber : subscribers) rig.open(subscriber, {{"a", wire::Earliest{}}});
  rig.pump();
  for (auto& subscriber : subscribers) {
    CHECK(subscriber.ids.size() == 10);
    CHECK(subscriber.all<wire::LiveMark>().size() == 1);
  }
}

// A log that answers when the test says so, and can begin a new epoch.
class LateLog final : public Log {
 public:
  void append(const AppendRequest& request, Instant now,
              std::function<void(Result<Appended>)> done) override {
    log.append(request, now, std::move(done));
  }
  void read(const ReadRequest& request, std::function<void(ReadResult)> done) override {
    late.push_back(
        [result = std::as_const(log).read(request), done = std::move(done)] { done(result); });
  }
  void backlog(const BacklogRequest& request, std::function<void(Backlog)> done) override {
    late.push_back(
        [result = std::as_const(log).backlog(request), done = std::move(done)] { done(result); });
  }
  void resolve(std::vector<StartRequest> requests, std::function<void(Resolved)> done) override {
    late.push_back([result = std::as_const(log).resolve(std::move(requests)),
                    done = std::move(done)] { done(result); });
  }
  void history(std::string_view topic, std::uint64_t before, std::size_t limit,
               std::function<void(std::vector<MessageRef>)> done) override {
    log.history(topic, before, limit, std::move(done));
  }
  void follow(LogFollower&) override {}
  void unfollow(LogFollower&) override {}
  std::string epoch() const override { return epoch_name_.empty() ? log.epoch() : epoch_name_; }
  std::uint64_t head() const override { return log.head(); }
  void trim(Instant now) override { log.trim(now); }

  void answer_one() {
    auto answer = std::move(late.front());
    late.erase(late.begin());
    answer();
  }
  void answer_all() {
    while (!late.empty()) answer_one();
  }

  MemoryLog log{1};
  std::string epoch_name_;
  std::vector<std::function<void()>> late;
};

TEST_CASE("replays of the same range in one pump read the log once", "[hub][late]") {
  LateLog log;
  Hub hub(log);
  for (int n = 0; n < 5; ++n) REQUIRE(log.log.append({.topic = "a", .data = "1"}, {}));
  std::vector<std::unique_ptr<RecordingSubscriber>> same(10);
  RecordingSubscriber other;
  for (auto& subscriber : same) {
    subscriber = std::make_unique<RecordingSubscriber>();
    hub.open(*subscriber, {.client = "c", .starts = {{"a", wire::Earliest{}}}}, {});
  }
  hub.open(other, {.client = "d", .starts = {{">", wire::Earliest{}}}}, {});
  log.answer_all();
  hub.pump();
  CHECK(log.late.size() == 2);
  CHECK(hub.counts().shared_reads == 9);
  same.front().reset();
  log.answer_all();
  for (std::size_t i = 1; i < same.size(); ++i) CHECK(same[i]->ids == Ids{1, 2, 3, 4, 5});
  CHECK(other.ids == Ids{1, 2, 3, 4, 5});
}

TEST_CASE("a replay that begins behind a newer head reads for itself", "[hub][late]") {
  LateLog log;
  Hub hub(log);
  REQUIRE(log.log.append({.topic = "a", .data = "1"}, {}));
  RecordingSubscriber early, late;
  hub.open(early, {.client = "c", .starts = {{"a", wire::Earliest{}}}}, {});
  log.answer_all();
  hub.pump();
  REQUIRE(log.log.append({.topic = "a", .data = "2"}, {}));
  hub.open(late, {.client = "d", .starts = {{"a", wire::Earliest{}}}}, {});
  for (int turn = 0; turn < 10; ++turn) {
    log.answer_all();
    hub.pump();
  }
  CHECK(hub.counts().shared_reads == 0);
  CHECK(early.ids == Ids{1, 2});
  CHECK(late.ids == Ids{1, 2});
}

TEST_CASE("a drain tells one subscriber after the other when to return", "[hub]") {
  Rig rig;
  RecordingSubscriber one, two;
  rig.open(one, {{"a"}});
  rig.hub.open(two, {.client = "c2", .starts = {{"a"}}, .pings = false}, {});
  rig.pump();
  Duration delay{0};
  while (rig.hub.subscribers() > 0) {
    delay += Duration{100};
    rig.hub.close_next(1001, "stopping", {.delay = delay, .ticket = {}, .reason = "drain"});
  }
  for (const RecordingSubscriber* subscriber : {&one, &two}) {
    CHECK(subscriber->close_code == 1001);
    CHECK(subscriber->all<wire::Retry>().size() == 1);
  }
  CHECK(one.all<wire::Retry>().at(0).delay != two.all<wire::Retry>().at(0).delay);
}

TEST_CASE("answers that come late are the same as answers that come at once", "[hub][late]") {
  LateLog log;
  Hub hub(log, {.replay_messages_max = 1});
  const auto publish = [&](std::string_view topic) {
    REQUIRE(log.log.append({.topic = topic, .data = "1"}, {}));
  };
  for (const char* topic : {"a", "b", "a"}) publish(topic);
  RecordingSubscriber subscriber;
  hub.open(subscriber, {.client = "c", .starts = {{"a", wire::Earliest{}}}}, {});
  CHECK(subscriber.frames.empty());
  log.answer_all();
  CHECK(subscriber.all<wire::Hello>().size() == 1);
  for (int turn = 0; turn < 20; ++turn) {
    if (turn == 3) publish("a");
    hub.pump();
    log.answer_all();
  }
  CHECK(subscriber.ids == Ids{1, 3, 4});
  CHECK(subscriber.all<wire::LiveMark>().size() == 1);
}

TEST_CASE("an answer for a subscriber that left is dropped", "[hub][late]") {
  LateLog log;
  Hub hub(log);
  {
    RecordingSubscriber subscriber;
    hub.open(subscriber, {.client = "c", .starts = {{"a", wire::Earliest{}}}}, {});
  }
  log.answer_all();
  CHECK(hub.subscribers() == 0);
}

TEST_CASE("an answer that a newer subscribe overtook is read again from the new position",
          "[hub][late]") {
  LateLog log;
  Hub hub(log);
  for (const char* topic : {"b", "a", "a"}) {
    REQUIRE(log.log.append({.topic = topic, .data = "1"}, {}));
  }
  RecordingSubscriber subscriber;
  hub.open(subscriber, {.client = "c", .starts = {{"a", wire::Cursor{log.epoch(), 1}}}}, {});
  log.answer_all();
  hub.pump();  // A read behind id 1 is under way.
  hub.subscribe(subscriber, {.ref = 1, .patterns = {"b"}, .start = wire::Cursor{log.epoch(), 0}});
  REQUIRE(log.late.size() == 2);
  std::swap(log.late[0], log.late[1]);  // The subscribe is answered first.
  for (int turn = 0; turn < 10; ++turn) {
    log.answer_all();
    hub.pump();
  }
  CHECK(subscriber.ids == Ids{1, 2, 3});
}

TEST_CASE("a new epoch closes every stream with 1012", "[hub][late]") {
  LateLog log;
  Hub hub(log);
  RecordingSubscriber subscriber;
  hub.open(subscriber, {.client = "c", .starts = {}}, {});
  log.answer_all();
  log.epoch_name_ = "next";
  hub.pump();
  CHECK(subscriber.close_code == wire::close_code::epoch_changed);
  CHECK(hub.subscribers() == 0);
  CHECK(hub.epoch() == "next");
}

}  // namespace
}  // namespace freshet::server
