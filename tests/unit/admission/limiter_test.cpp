#include "admission/limiter.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <cmath>
#include <deque>
#include <map>
#include <random>
#include <set>
#include <vector>

namespace freshet::server {
namespace {

using Outcome = Limiter::Outcome;

Instant at(long long milliseconds) { return Instant{Duration{milliseconds}}; }

Limiter small() { return Limiter({.rate = 100, .burst = 10}); }

// Uses up the burst.
std::size_t let_in_all(Limiter& limiter, Instant now) {
  std::size_t count = 0;
  while (limiter.admit(now)) ++count;
  return count;
}

TEST_CASE("a quiet limiter lets a burst in and then one for each interval",
          "[admission][limiter]") {
  Limiter limiter = small();
  CHECK(let_in_all(limiter, at(0)) == 10);
  CHECK(let_in_all(limiter, at(9)) == 0);
  CHECK(let_in_all(limiter, at(10)) == 1);
  CHECK(let_in_all(limiter, at(45)) == 3);
  CHECK(let_in_all(limiter, at(10'000)) == 10);
}

TEST_CASE("the burst is a tenth of a second's admissions but at least fifty",
          "[admission][limiter]") {
  CHECK(Limiter({.rate = 1}).options().burst == 50);
  CHECK(Limiter({.rate = 100}).options().burst == 50);
  CHECK(Limiter({.rate = 10'000}).options().burst == 1'000);
}

TEST_CASE("slots are given in order, one for each interval, one of sixteen kept back",
          "[admission][limiter]") {
  Limiter limiter = small();
  let_in_all(limiter, at(0));
  std::uint64_t last = 0;
  for (int i = 0; i < 150; ++i) {
    const auto slot = limiter.reserve(at(0));
    REQUIRE(slot);
    CHECK(*slot > last);
    CHECK(*slot % 16 != 15);
    CHECK(limiter.time_of(*slot) == at(static_cast<long long>(*slot) * 10));
    last = *slot;
  }
  CHECK(last == 25 + 150 - 1 + 10);  // From 250 ms on; ten were kept back.
  CHECK(limiter.backlog(at(0)) == Duration{1'840});
}

TEST_CASE("a slot is honoured within its tolerance and once", "[admission][limiter]") {
  for (const long long off : {-2'000LL, -1LL, 0LL, 1LL, 2'000LL}) {
    Limiter limiter = small();
    // Far enough away for it to be early.
    for (int i = 0; i < 400; ++i) limiter.reserve(at(0));
    const std::uint64_t slot = *limiter.reserve(at(0));
    const long long due = limiter.time_of(slot).time_since_epoch().count();
    CHECK(limiter.use(slot, at(due - 2'001)) == Outcome::early);
    CHECK(limiter.use(slot, at(due + off)) == Outcome::honoured);
    CHECK(limiter.use(slot, at(due + off)) == Outcome::over);
    CHECK(limiter.use(slot, at(due + 2'000)) == Outcome::over);
    CHECK(limiter.use(slot, at(due + 2'001)) == Outcome::over);
  }
  Limiter limiter = small();
  const std::uint64_t slot = *limiter.reserve(at(0));
  CHECK(limiter.use(slot, at(5'000)) == Outcome::over);
}

TEST_CASE("a slot that was never given is nobody's", "[admission][limiter]") {
  Limiter limiter = small();
  CHECK(limiter.use(0, at(0)) == Outcome::over);
  const std::uint64_t slot = *limiter.reserve(at(0));
  CHECK(limiter.use(slot + 1, limiter.time_of(slot + 1)) == Outcome::over);
  CHECK(limiter.use(~0ULL, at(1'000)) == Outcome::over);
}

TEST_CASE("while slots are given a newcomer gets only what nobody came for, beyond half a burst",
          "[admission][limiter]") {
  Limiter limiter = small();
  let_in_all(limiter, at(0));
  for (int i = 0; i < 100; ++i) limiter.reserve(at(0));
  CHECK(let_in_all(limiter, at(40)) == 0);
  // Nobody comes: the burst has filled, and all but half of it goes to newcomers.
  CHECK(let_in_all(limiter, at(100)) == 6);
  CHECK(let_in_all(limiter, at(104)) == 0);
  CHECK(let_in_all(limiter, at(110)) == 1);
  // The last slot has passed: the whole burst is for all again.
  CHECK(let_in_all(limiter, at(2'000)) == 10);
}

TEST_CASE("who comes in its slot when the burst is used up is given a near one",
          "[admission][limiter]") {
  Limiter limiter = small();
  std::vector<std::uint64_t> slots;
  for (int i = 0; i < 500; ++i) slots.push_back(*limiter.reserve(at(0)));
  let_in_all(limiter, at(0));
  // The server stood still: a second's worth of slots comes at once.
  for (int i = 0; i < 10; ++i)
    CHECK(limiter.use(slots[static_cast<std::size_t>(i)], at(1'000)) == Outcome::honoured);
  CHECK(limiter.use(slots[10], at(1'000)) == Outcome::crowded);
  const auto late = limiter.reserve_late(at(1'000));
  REQUIRE(late);
  CHECK(*late % 16 == 15);
  CHECK(limiter.time_of(*late) - at(1'000) < Duration{500});
  CHECK(limiter.time_of(*late) < limiter.time_of(slots.back()));
  CHECK(limiter.use(slots[10], at(1'100)) == Outcome::over);  // It was exchanged.
  CHECK(limiter.use(*late, limiter.time_of(*late)) == Outcome::honoured);
}

TEST_CASE("where the kept slots are far away a late one comes behind the others",
          "[admission][limiter]") {
  Limiter limiter({.rate = 1, .burst = 1});
  for (int i = 0; i < 8; ++i) limiter.reserve(at(0));
  const auto late = limiter.reserve_late(at(0));
  REQUIRE(late);
  CHECK(limiter.time_of(*late) <= at(10'000));
}

TEST_CASE("slots end at the farthest and free themselves with time", "[admission][limiter]") {
  Limiter limiter({.rate = 1'000, .burst = 50});
  std::size_t given = 0;
  while (limiter.reserve(at(0))) ++given;
  CHECK(given > 300'000 * 15 / 16 - 300);
  CHECK(given <= 300'000 * 15 / 16 + 1);
  CHECK(limiter.backlog(at(0)) <= Duration{300'000});
  CHECK_FALSE(limiter.reserve(at(0)));
  // Nobody came for any of them; they are over all the same.
  CHECK(limiter.reserve(at(1'000)));
  CHECK(limiter.backlog(at(400'000)) == Duration{0});
  CHECK(limiter.time_of(*limiter.reserve(at(400'000))) == at(400'250));
}

TEST_CASE("waiting counts who was told to come back and is still to come", "[admission][limiter]") {
  Limiter limiter({.rate = 1'000, .burst = 50});
  CHECK(limiter.waiting(at(0)) == 0);
  limiter.reserve(at(0));
  CHECK(limiter.waiting(at(0)) == 1);
  for (int i = 0; i < 999; ++i) limiter.reserve(at(0));
  CHECK(limiter.waiting(at(0)) >= 1'000);
  CHECK(limiter.waiting(at(0)) <= 1'000 * 16 / 15 + 1);
  CHECK(limiter.waiting(at(2'000)) == 0);
}

TEST_CASE("a rate that is no rate is clamped", "[admission][limiter]") {
  for (const double rate : {-1.0, 0.0, 1e-300, 1e300}) {
    Limiter limiter({.rate = rate});
    CHECK(let_in_all(limiter, at(0)) > 0);
    limiter.reserve(at(0));
    CHECK(limiter.time_of(0) == at(0));
  }
}

// The property that everything rests on: whoever comes, whenever, with or without slots.
class Herd {
 public:
  Herd(double rate, double burst, std::uint64_t seed)
      : limiter_({.rate = rate, .burst = burst}), rate_(rate), random_(seed) {}

  void run(Duration length) {
    const auto steps = static_cast<int>(length.count());
    for (now_ = 0; now_ < steps; now_ += 1 + static_cast<long long>(random_() % 40)) {
      newcomers();
      holders();
    }
  }

  // The most admissions of any second, with both ends in it.
  std::size_t fullest_second() const {
    std::size_t most = 0;
    std::deque<std::pair<long long, std::size_t>> within;
    std::size_t sum = 0;
    for (const auto& [when, count] : admissions_) {
      within.emplace_back(when, count);
      sum += count;
      while (when - within.front().first > 1'000) {
        sum -= within.front().second;
        within.pop_front();
      }
      most = std::max(most, sum);
    }
    return most;
  }

  std::size_t honoured = 0;
  std::size_t repeated = 0;   // Slots that were honoured twice: none.
  std::size_t misplaced = 0;  // Slots that were honoured outside of their tolerance: none.

 private:
  void admitted() { ++admissions_[now_]; }

  void newcomers() {
    // Mostly a trickle, now and then a herd.
    const auto most = random_() % 10 == 0 ? std::min(4 * rate_, 10'000.0) : rate_ / 20;
    const auto count = random_() % (static_cast<std::uint64_t>(most) + 2);
    for (std::uint64_t i = 0; i < count; ++i) {
      if (limiter_.admit(at(now_))) {
        admitted();
      } else if (const auto slot = limiter_.reserve(at(now_))) {
        hold(*slot);
      }
    }
  }

  // Comes at its slot, or up to five seconds off.
  void hold(std::uint64_t slot) {
    const long long due = limiter_.time_of(slot).time_since_epoch().count();
    const long long off =
        random_() % 4 == 0 ? static_cast<long long>(random_() % 10'000) - 5'000 : 0;
    if (random_() % 8 != 0) coming_.emplace(std::max(due + off, now_ + 1), slot);
  }

  void holders() {
    while (!coming_.empty() && coming_.begin()->first <= now_) {
      const std::uint64_t slot = coming_.begin()->second;
      coming_.erase(coming_.begin());
      use(slot);
      if (random_() % 4 == 0) use(slot);
    }
  }

  void use(std::uint64_t slot) {
    switch (limiter_.use(slot, at(now_))) {
      case Outcome::honoured: {
        ++honoured;
        admitted();
        if (!seen_.insert(slot).second) ++repeated;
        const Duration off = limiter_.time_of(slot) - at(now_);
        if (off > Duration{2'000} || off < Duration{-2'000}) ++misplaced;
        break;
      }
      case Outcome::early:
        coming_.emplace(limiter_.time_of(slot).time_since_epoch().count(), slot);
        break;
      case Outcome::crowded:
        if (const auto late = limiter_.reserve_late(at(now_))) hold(*late);
        break;
      case Outcome::over:
        break;
    }
  }

  Limiter limiter_;
  double rate_;
  std::mt19937_64 random_;
  long long now_ = 0;
  std::multimap<long long, std::uint64_t> coming_;
  std::set<std::uint64_t> seen_;
  std::map<long long, std::size_t> admissions_;
};

TEST_CASE("in no second are there more admissions than the rate and the burst",
          "[admission][limiter]") {
  struct Case {
    double rate;
    double burst;
    int seconds;
  };
  for (const Case& one : {Case{1, 1, 300}, Case{1, 50, 300}, Case{3.5, 7.5, 200}, Case{50, 1, 60},
                          Case{1'000, 50, 20}, Case{2'000, 200, 10}, Case{100'000, 10'000, 2}}) {
    for (std::uint64_t seed = 1; seed <= 3; ++seed) {
      INFO("rate " << one.rate << ", burst " << one.burst << ", seed " << seed);
      Herd herd(one.rate, one.burst, seed);
      herd.run(Duration{one.seconds * 1'000});
      CHECK(static_cast<double>(herd.fullest_second()) <= one.rate + one.burst);
      CHECK(herd.honoured > 0);
      CHECK(herd.repeated == 0);
      CHECK(herd.misplaced == 0);
    }
  }
}

TEST_CASE("holders who come somewhat late or early are nearly all let in", "[admission][limiter]") {
  Limiter limiter({.rate = 2'000, .burst = 200});
  std::mt19937_64 random(5);
  let_in_all(limiter, at(0));
  std::multimap<long long, std::uint64_t> coming;
  for (int i = 0; i < 40'000; ++i) {
    const std::uint64_t slot = *limiter.reserve(at(0));
    const long long due = limiter.time_of(slot).time_since_epoch().count();
    coming.emplace(due + static_cast<long long>(random() % 200), slot);
  }
  std::size_t crowded = 0;
  for (const auto& [when, slot] : coming) {
    if (limiter.use(slot, at(when)) != Outcome::honoured) ++crowded;
  }
  CHECK(crowded < 40);
}

// Owners who come on time, `lost` of each five of them never; beside them, if `flood`, as many
// without a slot as the limiter takes, also in the moment before each.
std::size_t honoured(double rate, double burst, unsigned lost, bool flood) {
  Limiter limiter({.rate = rate, .burst = burst});
  let_in_all(limiter, at(0));
  std::vector<std::uint64_t> slots;
  for (int i = 0; i < 2'000; ++i) {
    if (const auto slot = limiter.reserve(at(0))) slots.push_back(*slot);
  }
  slots.pop_back();  // While it is to come, newcomers get leftovers alone.
  std::size_t count = 0;
  for (std::size_t i = 0; i < slots.size(); ++i) {
    const Instant due = limiter.time_of(slots[i]);
    if (flood) {
      let_in_all(limiter, due - Duration{1});
      let_in_all(limiter, due);
    }
    if (i % 5 >= lost && limiter.use(slots[i], due) == Outcome::honoured) ++count;
  }
  return count;
}

TEST_CASE("a flood of newcomers takes no place from who comes at its slot",
          "[admission][limiter]") {
  for (const double rate : {1.0, 3.5, 20.0, 100.0, 1'000.0, 10'000.0, 100'000.0}) {
    for (const double burst : {1.0, 1.25, 1.5, 2.0, 3.0, 10.0}) {
      for (const unsigned lost : {0u, 1u, 2u, 3u, 4u}) {
        // Where a millisecond has more slots than the burst holds, its last owners meet the limit
        // anyway, and which of them comes first is chance.
        if (rate > 1'000 && burst < 2 && lost > 1) continue;
        INFO("rate " << rate << ", burst " << burst << ", lost " << lost);
        const std::size_t alone = honoured(rate, burst, lost, false);
        // The first slot has a quiet time before it.
        const std::size_t spare = 1 + (rate > 1'000 ? alone / 8 : 0);
        CHECK(alone > 0);
        CHECK(honoured(rate, burst, lost, true) + spare >= alone);
      }
    }
  }
}

// A random number of [0, 1).
double draw(std::mt19937_64& random) { return static_cast<double>(random() >> 11) / 0x1p53; }

TEST_CASE("newcomers a little slower than the rate are soon let in again without slots",
          "[admission][limiter]") {
  for (const double burst : {50.0, 200.0}) {
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      INFO("burst " << burst << ", seed " << seed);
      Limiter limiter({.rate = 2'000, .burst = burst});
      std::mt19937_64 random(seed);
      std::multimap<Instant, std::uint64_t> coming;
      std::size_t refused = 0;
      const auto come = [&](Instant now) {
        if (limiter.admit(now)) return;
        ++refused;
        const auto slot = *limiter.reserve(now);
        coming.emplace(limiter.time_of(slot) + Duration{random() % 50}, slot);
      };
      // Once so many come together that hundreds get a slot.
      for (int i = 0; i < 500; ++i) come(at(0));
      for (long long now = 0; now < 60'000; ++now) {
        if (now == 10'000) refused = 0;
        for (; !coming.empty() && coming.begin()->first == at(now); coming.erase(coming.begin())) {
          limiter.use(coming.begin()->second, at(now));
        }
        // Ten draws a millisecond, each a newcomer by chance: 0.91 of the rate.
        for (int i = 0; i < 10; ++i) {
          if (draw(random) < 0.182) come(at(now));
        }
      }
      // Of 90,000.
      CHECK(refused < 900);
    }
  }
}

TEST_CASE("owners who come in clumps find their places beside a flood of newcomers",
          "[admission][limiter]") {
  for (const double burst : {50.0, 200.0}) {
    for (std::uint64_t seed = 1; seed <= 5; ++seed) {
      INFO("burst " << burst << ", seed " << seed);
      Limiter limiter({.rate = 2'000, .burst = burst});
      std::mt19937_64 random(seed);
      let_in_all(limiter, at(0));
      std::multimap<Instant, std::uint64_t> coming;
      for (int i = 0; i < 20'000; ++i) {
        const auto slot = *limiter.reserve(at(0));
        coming.emplace(limiter.time_of(slot) + Duration{random() % 50}, slot);
      }
      std::size_t crowded = 0;
      for (Instant now = at(0); !coming.empty(); now += Duration{1}) {
        for (int i = 0; i < 10; ++i) limiter.admit(now);
        for (; !coming.empty() && coming.begin()->first == now; coming.erase(coming.begin())) {
          if (limiter.use(coming.begin()->second, now) == Outcome::crowded) ++crowded;
        }
      }
      CHECK(crowded < 100);  // Of 20,000.
    }
  }
}

// Owners of whom most stay away, at random and in rows, the others to the millisecond, some of them
// with a late slot; newcomers in every millisecond, before each owner. How many owners found their
// place taken.
std::size_t pushed_out(double rate, double burst, std::uint64_t seed) {
  Limiter limiter({.rate = rate, .burst = burst});
  std::mt19937_64 random(seed);
  let_in_all(limiter, at(0));
  std::multimap<Instant, std::uint64_t> coming;
  const auto slots = static_cast<int>(std::min(2'000.0, rate * 250));
  bool stays_away = false;
  for (int i = 0; i < slots; ++i) {
    const auto slot = limiter.reserve(at(0));
    if (random() % 4 == 0) stays_away = random() % 4 != 0;
    if (slot && !stays_away) coming.emplace(limiter.time_of(*slot), *slot);
  }
  if (const auto late = limiter.reserve_late(at(0))) {
    coming.emplace(limiter.time_of(*late), *late);
  }
  const Instant end = at(0) + limiter.backlog(at(0));
  std::size_t taken = 0;
  // Until somebody has a slot no more, so that the burst is for all again.
  for (Instant now = at(1); now < end; now += Duration{1}) {
    let_in_all(limiter, now);
    for (; !coming.empty() && coming.begin()->first == now; coming.erase(coming.begin())) {
      if (limiter.use(coming.begin()->second, now) == Outcome::crowded) ++taken;
      let_in_all(limiter, now);
    }
  }
  return taken;
}

TEST_CASE("an owner behind slots that nobody came for finds its place, down to a burst of one",
          "[admission][limiter]") {
  for (const double rate : {1.0, 2.0, 3.5, 7.0, 20.0, 100.0, 333.0, 1'000.0}) {
    for (const double burst : {1.0, 1.1, 1.5, 1.9, 2.0, 3.0, 10.0}) {
      for (std::uint64_t seed = 1; seed <= 5; ++seed) {
        INFO("rate " << rate << ", burst " << burst << ", seed " << seed);
        // Slots are told to a millisecond: where it does not divide them two of them come closer
        // together than admissions may, if the burst does not allow for it.
        const bool divides = std::fmod(1'000, rate) == 0;
        CHECK(pushed_out(rate, divides ? burst : burst + rate / 1'000, seed) == 0);
      }
    }
  }
}

TEST_CASE("slots that nobody comes for go to newcomers, whatever the burst",
          "[admission][limiter]") {
  for (const double rate : {1.0, 20.0, 1'000.0, 100'000.0}) {
    for (const double burst : {1.0, 2.0, 3.0, 10.0}) {
      INFO("rate " << rate << ", burst " << burst);
      Limiter limiter({.rate = rate, .burst = burst});
      let_in_all(limiter, at(0));
      while (limiter.reserve(at(0))) {
      }
      std::size_t newcomers = 0;
      for (long long now = 0; now < 60'000; ++now) newcomers += let_in_all(limiter, at(now));
      // By the millisecond there is no more than a burst in each. With a burst of one a newcomer's
      // place and an owner's are the same, but for one slot of sixteen, which has no owner.
      const double share = burst < 2 && rate <= 1'000 ? 20 : 5;
      CHECK(static_cast<double>(newcomers) >= 60 * std::min(rate, 1'000.0) / share);
    }
  }
}

}  // namespace
}  // namespace freshet::server
