#include "core/subscription_table.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::core {
namespace {

struct Fixture {
  Context context;
  SubscriptionTable table{context};

  Entry& entry_of(SubscriptionId subscription) {
    return const_cast<Entry&>(*table.find(subscription));
  }
  std::size_t deliver(SubscriptionId subscription, std::uint64_t id,
                      std::string_view epoch = "e1") {
    table.begin_delivery();
    table.deliver(entry_of(subscription), epoch, id);
    return table.receivers().size();
  }
  std::vector<wire::Gap> gaps() {
    std::vector<wire::Gap> out;
    while (const auto action = context.actions.pop()) {
      if (action->kind != ActionKind::tell_gap) continue;
      out.push_back({{},
                     *wire::parse_cursor(action->after),
                     *wire::parse_cursor(action->until),
                     action->text});
    }
    return out;
  }
};

TEST_CASE("identical subscriptions share an entry until it is answered", "[core][table]") {
  Fixture f;
  const auto first = f.table.add("prices.*", wire::Latest{});
  const auto second = f.table.add("prices.*", wire::Latest{});
  const auto other_start = f.table.add("prices.*", wire::LastOf{1});
  const auto other_pattern = f.table.add("prices.>", wire::Latest{});
  CHECK(f.table.find(first) == f.table.find(second));
  CHECK(f.table.find(first) != f.table.find(other_start));
  CHECK(f.table.find(first) != f.table.find(other_pattern));
  CHECK(f.table.entries().size() == 3);
}

TEST_CASE("a newcomer joins an answered entry only where it stands", "[core][table]") {
  Fixture f;
  const auto first = f.table.add("prices.*", wire::Latest{});
  Entry& entry = f.entry_of(first);
  REQUIRE(f.table.accept(entry, wire::Latest{}, {"e1", 10}, true));

  // Replay is on its way: "latest" would be given messages from before it subscribed.
  CHECK(f.table.find(f.table.add("prices.*", wire::Latest{})) != &entry);
  f.table.handle_live(entry);
  CHECK(f.table.find(f.table.add("prices.*", wire::Latest{})) == &entry);
  CHECK(f.table.find(f.table.add("prices.*", wire::Cursor{"e1", 10})) == &entry);
  CHECK(f.table.find(f.table.add("prices.*", wire::Cursor{"e1", 9})) != &entry);
  CHECK(f.table.find(f.table.add("prices.*", wire::LastOf{1})) != &entry);
}

TEST_CASE("closing and subscribing again before the turn ends finds the entry", "[core][table]") {
  Fixture f;
  const auto first = f.table.add("prices.*", wire::Latest{});
  const Entry* const entry = f.table.find(first);
  f.table.remove(first);
  const auto second = f.table.add("prices.*", wire::Latest{});
  CHECK(f.table.find(second) == entry);
  const Entry* forgotten = nullptr;
  const auto forget = [&](const Entry& unused) { forgotten = &unused; };
  f.table.drop_unused(forget);
  CHECK(forgotten == nullptr);
  f.table.remove(second);
  f.table.drop_unused(forget);
  CHECK(forgotten == entry);
  CHECK(f.table.empty());
}

TEST_CASE("nothing is delivered before an entry has a position, and only what is newer after",
          "[core][table]") {
  Fixture f;
  const auto id = f.table.add("prices.*", wire::Latest{});
  CHECK(f.deliver(id, 50) == 0);
  REQUIRE(f.table.accept(f.entry_of(id), wire::Latest{}, {"e1", 10}, true));
  CHECK(f.deliver(id, 10) == 0);
  CHECK(f.deliver(id, 11) == 1);
  CHECK(f.deliver(id, 11) == 0);
  CHECK(f.deliver(id, 12, "e0") == 0);
  CHECK(*f.entry_of(id).position() == wire::Cursor{"e1", 11});
}

TEST_CASE("a cursor advances an entry but never moves it back or into another epoch",
          "[core][table]") {
  Fixture f;
  const auto id = f.table.add("prices.*", wire::Latest{});
  Entry& entry = f.entry_of(id);
  f.table.advance(entry, {"e1", 99});
  CHECK(entry.position() == nullptr);
  REQUIRE(f.table.accept(entry, wire::Latest{}, {"e1", 10}, true));
  f.table.advance(entry, {"e1", 20});
  CHECK(entry.position()->id == 20);
  f.table.advance(entry, {"e1", 15});
  f.table.advance(entry, {"e2", 40});
  CHECK(*entry.position() == wire::Cursor{"e1", 20});
}

TEST_CASE("a gap is told and moves no cursor", "[core][table]") {
  Fixture f;
  const auto id = f.table.add("prices.*", wire::Cursor{"e1", 10});
  f.table.handle_gap(f.entry_of(id), {"e1", 10}, {"e1", 30}, "retention");
  REQUIRE(f.gaps().size() == 1);
  CHECK(f.entry_of(id).position()->id == 10);
  CHECK(f.deliver(id, 12) == 1);
}

TEST_CASE("a gap over what was delivered already is not told", "[core][table]") {
  Fixture f;
  const auto id = f.table.add("prices.*", wire::Cursor{"e1", 40});
  f.table.handle_gap(f.entry_of(id), {"e1", 10}, {"e1", 30}, "retention");
  CHECK(f.gaps().empty());
}

TEST_CASE("another epoch resets the position and is a gap, whether the server tells it or not",
          "[core][table]") {
  const bool recovered = false;
  for (const bool told_by_server : {false, true}) {
    Fixture f;
    const auto id = f.table.add("prices.*", wire::Cursor{"e1", 40});
    REQUIRE(f.table.accept(f.entry_of(id), wire::Cursor{"e1", 40}, {"e2", 7}, recovered));
    const wire::Gap gap{"prices.*", {"e1", 40}, {"e2", 7}, "epoch"};
    if (told_by_server) f.table.handle_gap(f.entry_of(id), gap.after, gap.until, gap.reason);
    const auto gaps = f.gaps();
    REQUIRE(gaps.size() == 1);
    CHECK(gaps[0].after == gap.after);
    CHECK(gaps[0].until == gap.until);
    CHECK(gaps[0].reason == "epoch");
    CHECK(f.deliver(id, 8, "e2") == 1);
  }
}

TEST_CASE("a log that ends before the cursor within its epoch is a gap and a new position",
          "[core][table]") {
  Fixture f;
  const auto id = f.table.add("prices.*", wire::Cursor{"e1", 400});
  REQUIRE(f.table.accept(f.entry_of(id), wire::Cursor{"e1", 400}, {"e1", 90}, false));
  CHECK(f.gaps().size() == 1);
  CHECK(f.deliver(id, 91) == 1);
}

TEST_CASE("an answer to a word that would leave something out is not accepted", "[core][table]") {
  Fixture f;
  const auto id = f.table.add("prices.*", wire::Latest{});
  REQUIRE(f.table.accept(f.entry_of(id), wire::Latest{}, {"e1", 10}, true));
  CHECK_FALSE(f.table.accept(f.entry_of(id), wire::Latest{}, {"e1", 12}, true));
  CHECK_FALSE(f.table.accept(f.entry_of(id), wire::Latest{}, {"e2", 3}, true));
  CHECK(f.table.accept(f.entry_of(id), wire::Latest{}, {"e1", 9}, true));
  CHECK(f.entry_of(id).position()->id == 10);
}

TEST_CASE("what is unsubscribed while a frame is delivered becomes 0 among its receivers",
          "[core][table]") {
  Fixture f;
  const auto first = f.table.add("prices.*", wire::Latest{});
  const auto second = f.table.add("prices.*", wire::Latest{});
  REQUIRE(f.table.accept(f.entry_of(first), wire::Latest{}, {"e1", 10}, true));
  f.table.begin_delivery();
  f.table.deliver(f.entry_of(first), "e1", 11);
  REQUIRE(f.table.receivers().size() == 2);
  f.table.remove(second);
  CHECK(f.table.receivers()[0] == first);
  CHECK(f.table.receivers()[1] == 0);
}

TEST_CASE("live is told once to each subscription until the connection is lost", "[core][table]") {
  Fixture f;
  const auto id = f.table.add("prices.*", wire::Latest{});
  REQUIRE(f.table.accept(f.entry_of(id), wire::Latest{}, {"e1", 10}, true));
  f.table.handle_live(f.entry_of(id));
  f.table.handle_live(f.entry_of(id));
  int told = 0;
  while (const auto action = f.context.actions.pop()) told += action->kind == ActionKind::tell_live;
  CHECK(told == 1);
  f.table.handle_lost();
  f.table.handle_live(f.entry_of(id));
  CHECK(f.context.actions.pop());
}

}  // namespace
}  // namespace freshet::core
