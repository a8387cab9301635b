#include "admission/admission.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <map>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "admission/ticket.h"

namespace freshet::server {
namespace {

constexpr HashKey key{.low = 1, .high = 2};

Instant at(long long milliseconds) { return Instant{Duration{milliseconds}}; }

Admission small() {
  return Admission({.window = {.admission_rate = 100}, .limiter = {.burst = 10}}, key);
}

// Uses up what may come without a slot.
void crowd(Admission& admission, Instant now) {
  while (admission.ask({}, now).admitted) {
  }
}

TEST_CASE("within the burst newcomers are let in and nothing is asked of them", "[admission]") {
  Admission admission = small();
  for (int i = 0; i < 10; ++i) CHECK(admission.ask({}, at(0)).admitted);
  CHECK_FALSE(admission.ask({}, at(0)).admitted);
  CHECK(admission.counts().admitted == 10);
  CHECK(admission.counts().refused == 1);
}

TEST_CASE("a newcomer above the rate is told a slot of its own", "[admission]") {
  Admission admission = small();
  crowd(admission, at(0));
  Duration last{0};
  for (const char* client : {"ann", "bob", "cid", ""}) {
    const Verdict verdict = admission.ask({.client = client}, at(0));
    CHECK_FALSE(verdict.admitted);
    CHECK(verdict.delay > last);
    CHECK_FALSE(verdict.ticket.empty());
    last = verdict.delay;
  }
}

TEST_CASE("who cannot show a ticket is told a time of its own and takes nobody's slot",
          "[admission]") {
  Admission admission = small();
  crowd(admission, at(0));
  const Duration nearest = admission.ask({.client = "ann"}, at(0)).delay;
  Duration last{0};
  for (int i = 0; i < 100; ++i) {
    const Verdict verdict = admission.ask({.keeps_ticket = false}, at(0));
    CHECK_FALSE(verdict.admitted);
    CHECK(verdict.ticket.empty());
    CHECK(verdict.delay > last);
    last = verdict.delay;
  }
  CHECK(last >= Duration{1'000});
  CHECK(admission.ask({.client = "bob"}, at(0)).delay <= nearest + Duration{20});
}

TEST_CASE("clients without tickets are let in as fast as the rate once nobody else waits",
          "[admission]") {
  Admission admission = small();
  // Each as a bare EventSource: comes when it was told to, and knows nothing more.
  std::vector<Instant> due(500, at(0));
  std::size_t admitted = 0;
  for (int now = 0; now < 7'000; ++now) {
    std::erase_if(due, [&](Instant& when) {
      if (when > at(now)) return false;
      const Verdict verdict = admission.ask({.keeps_ticket = false}, at(now));
      when = at(now) + verdict.delay;
      admitted += verdict.admitted;
      return verdict.admitted;
    });
  }
  CHECK(admitted == 500);
}

TEST_CASE("with its ticket a client is let in at its slot, once", "[admission]") {
  Admission admission = small();
  crowd(admission, at(0));
  const Verdict told = admission.ask({.client = "ann"}, at(0));
  const Instant slot = at(0) + told.delay;
  crowd(admission, slot - Duration{50});
  CHECK(admission.ask({.client = "ann", .ticket = told.ticket}, slot).admitted);
  crowd(admission, slot);
  CHECK_FALSE(admission.ask({.client = "ann", .ticket = told.ticket}, slot).admitted);
  CHECK(admission.counts().tickets_honoured == 1);
  CHECK(admission.counts().tickets_late == 1);
}

TEST_CASE("a ticket shown too early is told again, and the slot stays", "[admission]") {
  Admission admission = small();
  crowd(admission, at(0));
  for (int i = 0; i < 500; ++i) admission.ask({}, at(0));
  const Verdict told = admission.ask({.client = "ann"}, at(0));
  REQUIRE(told.delay > Duration{4'000});
  for (int i = 0; i < 3; ++i) {
    const Verdict again = admission.ask({.client = "ann", .ticket = told.ticket}, at(1'000));
    CHECK_FALSE(again.admitted);
    CHECK(again.delay == told.delay - Duration{1'000});
    CHECK(again.ticket == told.ticket);
  }
  CHECK(admission.counts().tickets_early == 3);
  CHECK(admission.ask({.client = "ann", .ticket = told.ticket}, at(0) + told.delay).admitted);
}

TEST_CASE("forged, foreign and expired tickets make a plain newcomer", "[admission]") {
  Admission admission = small();
  crowd(admission, at(0));
  const Verdict told = admission.ask({.client = "ann"}, at(0));
  const Instant slot = at(0) + told.delay;
  const auto try_in = [&](std::string_view client, std::string_view ticket, Instant now) {
    crowd(admission, now);
    return admission.ask({.client = client, .ticket = ticket}, now);
  };
  const Verdict foreign = try_in("bob", told.ticket, slot);
  CHECK_FALSE(foreign.admitted);
  CHECK(foreign.ticket != told.ticket);
  CHECK_FALSE(try_in("ann", "30.0123456789abcdef", slot).admitted);
  CHECK_FALSE(try_in("ann", "nonsense", slot).admitted);
  CHECK_FALSE(try_in("ann", make_ticket({.low = 9}, 30, "ann"), slot).admitted);
  CHECK(admission.counts().tickets_invalid == 4);
  const Verdict expired = try_in("ann", told.ticket, slot + Duration{2'001});
  CHECK_FALSE(expired.admitted);
  CHECK(expired.ticket != told.ticket);
  CHECK(admission.counts().tickets_late == 1);
  CHECK(admission.counts().tickets_honoured == 0);
}

TEST_CASE("a client that asks again and again has one slot all the same", "[admission]") {
  Admission admission = small();
  crowd(admission, at(0));
  const Verdict first = admission.ask({.client = "ann"}, at(0));
  for (int i = 0; i < 1'000; ++i) {
    CHECK(admission.ask({.client = "ann"}, at(0)).ticket == first.ticket);
  }
  const Verdict other = admission.ask({.client = "bob"}, at(0));
  CHECK(other.delay <= first.delay + Duration{20});
}

TEST_CASE("a hostile client cannot push others out of their slots", "[admission]") {
  Admission admission = small();
  crowd(admission, at(0));
  std::vector<Verdict> good;
  std::size_t refused_early = 0;
  for (int i = 0; i < 100; ++i) {
    good.push_back(admission.ask({.client = "good" + std::to_string(i)}, at(0)));
  }
  std::mt19937 random(1);
  std::size_t let_in = 0;
  for (int now = 0; now < 5'000; ++now) {
    // Ten times the rate, with a new name each time, no tickets, forged ones and ones of others.
    const std::string name = "bad" + std::to_string(random());
    admission.ask({.client = name}, at(now));
    admission.ask({.client = name, .ticket = good[random() % 100].ticket}, at(now));
    for (std::size_t i = 0; i < good.size(); ++i) {
      if (good[i].delay != Duration{now}) continue;
      const bool in =
          admission.ask({.client = "good" + std::to_string(i), .ticket = good[i].ticket}, at(now))
              .admitted;
      ++(in ? let_in : refused_early);
    }
  }
  CHECK(let_in == 100);
  CHECK(refused_early == 0);
}

TEST_CASE("slots that nobody comes for keep no newcomer out for long", "[admission]") {
  Admission admission = small();
  // Somebody takes every slot there is and shows none of them.
  for (int i = 0; i < 40'000; ++i) admission.ask({.client = std::to_string(i)}, at(0));
  const Verdict told = admission.ask({.client = "ann"}, at(0));
  CHECK(told.ticket.empty());
  CHECK(told.delay == Duration{300'000});
  std::size_t admitted = 0;
  for (int now = 1'000; now < 2'000; ++now) {
    if (admission.ask({.client = "ann" + std::to_string(now)}, at(now)).admitted) ++admitted;
  }
  CHECK(admitted >= 90);  // The rate is 100 a second.
}

TEST_CASE("who polls is asked for nothing as long as it goes on", "[admission]") {
  Admission admission = small();
  REQUIRE(admission.ask({.client = "ann", .poll = true}, at(0)).admitted);
  admission.poll_seen("ann", at(0));
  for (int second = 1; second < 600; second += 60) {
    crowd(admission, at(second * 1'000));
    CHECK(admission.ask({.client = "ann", .poll = true}, at(second * 1'000)).admitted);
    CHECK_FALSE(admission.ask({.client = "bob", .poll = true}, at(second * 1'000)).admitted);
    admission.poll_seen("ann", at(second * 1'000));
  }
  crowd(admission, at(900'000));
  CHECK_FALSE(admission.ask({.client = "ann", .poll = true}, at(900'000)).admitted);
}

TEST_CASE("hedges and hand-overs share the admission of their client", "[admission]") {
  Admission admission = small();
  REQUIRE(admission.ask({.client = "ann"}, at(0)).admitted);
  const std::uint32_t first = admission.stream_opened("ann", at(0));
  crowd(admission, at(0));
  CHECK(admission.ask({.client = "ann"}, at(0)).admitted);
  crowd(admission, at(600'000));
  CHECK(admission.ask({.client = "ann"}, at(600'000)).admitted);
  CHECK(admission.counts().passed == 2);
  admission.stream_closed(first);
  crowd(admission, at(600'000));
  CHECK_FALSE(admission.ask({.client = "ann"}, at(600'000)).admitted);
}

TEST_CASE("whoever comes back after a loss is a newcomer", "[admission]") {
  Admission admission = small();
  std::vector<std::uint32_t> streams;
  for (int i = 0; i < 10; ++i) {
    REQUIRE(admission.ask({.client = std::to_string(i)}, at(0)).admitted);
    streams.push_back(admission.stream_opened(std::to_string(i), at(0)));
  }
  for (const std::uint32_t stream : streams) admission.stream_closed(stream);
  crowd(admission, at(60'000));
  for (int i = 0; i < 10; ++i) {
    CHECK_FALSE(admission.ask({.client = std::to_string(i)}, at(60'000)).admitted);
  }
}

TEST_CASE("no herd hides behind the id of one client that is in", "[admission]") {
  Admission admission = small();
  REQUIRE(admission.ask({.client = "ann"}, at(0)).admitted);
  admission.stream_opened("ann", at(0));
  std::size_t in = 0;
  for (int i = 0; i < 1'000; ++i) in += admission.ask({.client = "ann"}, at(500)).admitted;
  CHECK(in <= 2 * 10);  // Its passes, and what a newcomer may have.
}

TEST_CASE("clients are streams and recent pollers, and the window follows them", "[admission]") {
  Admission admission({.window = {.admission_rate = 10}, .limiter = {}}, key);
  std::vector<std::uint32_t> streams;
  for (int i = 0; i < 90; ++i) streams.push_back(admission.stream_opened(std::to_string(i), at(0)));
  for (int i = 0; i < 10; ++i) admission.poll_seen("poller" + std::to_string(i), at(0));
  CHECK(admission.clients(at(0)) == 100);
  CHECK(admission.window(at(0)) == Duration{11'000});
  for (const std::uint32_t stream : streams) admission.stream_closed(stream);
  CHECK(admission.clients(at(1'000)) == 10);
  CHECK(admission.window(at(600'000)) == Duration{5'500});
}

TEST_CASE("the window counts those who were told to come back", "[admission]") {
  Admission admission({.window = {.admission_rate = 100}, .limiter = {.burst = 10}}, key);
  CHECK(admission.window(at(0)) == Duration{100});
  crowd(admission, at(0));
  for (int i = 0; i < 1'000; ++i) admission.ask({.client = std::to_string(i)}, at(0));
  CHECK(admission.window(at(0)) >= Duration{11'000});
  CHECK(admission.window(at(0)) <= Duration{12'000});
}

TEST_CASE("a server that stood still gives a near slot to those whose slot has passed",
          "[admission]") {
  Admission admission = small();
  crowd(admission, at(0));
  std::vector<Verdict> told;
  for (int i = 0; i < 100; ++i) {
    told.push_back(admission.ask({.client = std::to_string(i)}, at(0)));
  }
  for (int i = 100; i < 1'000; ++i) admission.ask({.client = std::to_string(i)}, at(0));
  std::size_t honoured = 0;
  std::vector<Verdict> late;
  for (std::size_t i = 0; i < told.size(); ++i) {
    const Verdict verdict =
        admission.ask({.client = std::to_string(i), .ticket = told[i].ticket}, at(1'400));
    if (verdict.admitted) {
      ++honoured;
    } else {
      late.push_back(verdict);
    }
  }
  CHECK(honoured == 10);
  CHECK(admission.counts().tickets_crowded == 90);
  CHECK(late.front().delay < Duration{500});
  CHECK(late[30].delay < Duration{6'000});
}

// Clients that all know the window and come back to a server that admits 1,000 a second, 100 at
// once, and stands still for `stall` in every three seconds: what comes meanwhile is read when it
// goes on. When the last of them is in.
Duration all_back_in(int clients, Duration stall) {
  Admission admission({.window = {.admission_rate = 1'000}, .limiter = {.burst = 100}}, key);
  std::mt19937 random(4);
  struct Coming {
    std::string name;
    std::string ticket;
  };
  std::multimap<Duration, Coming> coming;
  for (int i = 0; i < clients; ++i) {
    coming.emplace(Duration{static_cast<Duration::rep>(random() % (clients * 11 / 10))},
                   Coming{std::to_string(i), {}});
  }
  Duration now{0};
  while (!coming.empty()) {
    now = std::max(now, coming.begin()->first);
    if (now % Duration{3'000} < stall) now += stall - now % Duration{3'000};
    Coming one = std::move(coming.extract(coming.begin()).mapped());
    const Verdict verdict = admission.ask({.client = one.name, .ticket = one.ticket}, Instant{now});
    if (verdict.admitted) continue;
    one.ticket = verdict.ticket;
    coming.emplace(now + verdict.delay, std::move(one));
  }
  return now;
}

TEST_CASE("a server that stands still again and again has all back when its rate allows",
          "[admission]") {
  CHECK(all_back_in(10'000, Duration{0}) <= Duration{11'000});
  // Of each stall longer than the burst the rest is lost: a tenth and a third of the time.
  CHECK(all_back_in(10'000, Duration{400}) <= Duration{12'500});
  CHECK(all_back_in(10'000, Duration{1'100}) <= Duration{17'500});
}

}  // namespace
}  // namespace freshet::server
