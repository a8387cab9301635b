#include "admission/limiter.h"

#include <algorithm>
#include <cmath>

namespace freshet::server {
namespace {

constexpr std::uint64_t late_every = 16;
constexpr Duration late_ahead_max{10'000};
constexpr double rate_min = 0.001;
constexpr double rate_max = 1'000'000;

constexpr bool is_late(std::uint64_t slot) { return slot % late_every == late_every - 1; }

}  // namespace

Limiter::Limiter(LimiterOptions options) : options_(options) {
  options_.rate = std::clamp(options_.rate, rate_min, rate_max);
  if (options_.burst <= 0) options_.burst = std::max(50.0, options_.rate / 10);
  options_.burst = std::max(options_.burst, 1.0);
  spent_ = -options_.burst;
}

double Limiter::position(Instant now) const {
  return static_cast<double>(now.time_since_epoch().count()) * options_.rate / 1000;
}

// What was left unused beyond the burst is lost.
void Limiter::spend(double here) { spent_ = std::max(spent_, here - options_.burst) + 1; }

bool Limiter::admit(Instant now) {
  const double here = position(now);
  if (backlog(now) == Duration{0}) {
    if (here - spent_ < 1) return false;
  } else if (here - spent_ < leftover() || !leaves_next_owners(now)) {
    return false;
  }
  spend(here);
  return true;
}

// How much must lie unused before some of it goes to those without a slot: half of the burst; the
// other half is for owners who come in clumps. Not all of it: newcomers who come a little slower
// than the rate would each find a place missing that an owner has just taken, be given a slot, and
// take a place from the next in it; a short queue would never end. A small burst is full again
// when the next slot's owner is due, and would be gone a moment before: so at least as much as
// three slots whose owners did not come (one of them may be one kept for the late), each told to a
// millisecond.
double Limiter::leftover() const { return std::max(options_.burst / 2, 3 + options_.rate / 1000); }

// Whether the next owners find their places though somebody is let in now: always with a burst of
// two (and what the clock's milliseconds take from it). With one, a place is whole again a slot
// later, so newcomers have the slots without an owner.
bool Limiter::leaves_next_owners(Instant now) const {
  // Where several slots share a millisecond its first owner takes the place from the others anyway.
  if (options_.burst >= 2 + options_.rate / 1000 || options_.rate > 1000) return true;
  const double whole_again = position(now) + 2 - options_.burst;
  // Whoever's slot is in this millisecond may still come in it.
  const double before = position(now - Duration{1});
  auto slot = static_cast<std::uint64_t>(std::max(std::floor(before) + 1, 0.0));
  for (; static_cast<double>(slot) < whole_again; ++slot) {
    const bool given = slot < (is_late(slot) ? next_late_ : next_);
    if (given && !is_used(slot)) return false;
  }
  return true;
}

// The nearest slot that may be given. At a low rate the place of somebody who was let in a moment
// ago may not be whole again by the time before which no slot is given.
std::uint64_t Limiter::nearest(Instant now) const {
  const double place = std::max(position(now + options_.slot_ahead_min), spent_ + 1);
  return static_cast<std::uint64_t>(std::ceil(place));
}

std::optional<std::uint64_t> Limiter::reserve(Instant now) {
  const std::uint64_t earliest = nearest(now);
  std::uint64_t slot = std::max(next_, earliest);
  if (is_late(slot)) ++slot;
  if (time_of(slot) - now > options_.slot_ahead_max) return std::nullopt;
  if (earliest > next_) first_ = slot;
  next_ = slot + 1;
  return slot;
}

std::optional<std::uint64_t> Limiter::reserve_late(Instant now) {
  std::uint64_t slot = std::max(next_late_, nearest(now));
  slot += late_every - 1 - slot % late_every;
  // Behind the end of the line every slot is free, not only one of sixteen.
  const bool beyond_line = slot > std::max(next_, nearest(now));
  if (beyond_line || time_of(slot) - now > late_ahead_max) return reserve(now);
  next_late_ = slot + 1;
  return slot;
}

Limiter::Outcome Limiter::use(std::uint64_t slot, Instant now) {
  // What was never given is past every slot that was, so no time needs to be worked out for it.
  if (slot >= std::max(next_, next_late_)) return Outcome::over;
  const Instant at = time_of(slot);
  if (at - now > options_.slot_tolerance) return Outcome::early;
  if (now - at > options_.slot_tolerance || !mark_used(slot, now)) return Outcome::over;
  const double here = position(now);
  if (here - spent_ < 1) return Outcome::crowded;
  spend(here);
  return Outcome::honoured;
}

// REQUIRES: the slot is within the tolerance of now.
bool Limiter::mark_used(std::uint64_t slot, Instant now) {
  if (used_.empty()) {
    // Two tolerances of slots, and what rounding to whole milliseconds and numbers adds.
    const double span = 2 * static_cast<double>(options_.slot_tolerance.count()) + 1;
    used_.resize(static_cast<std::size_t>(span * options_.rate / 1000) + 4);
  }
  const double end = std::floor(position(now + options_.slot_tolerance)) + 1;
  const auto until = static_cast<std::uint64_t>(std::max(end, 1.0));
  const std::uint64_t first = until > used_.size() ? until - used_.size() : 0;
  for (std::uint64_t n = std::max(used_until_, first); n < until; ++n) {
    used_[n % used_.size()] = false;
  }
  used_until_ = std::max(used_until_, until);
  if (used_[slot % used_.size()]) return false;
  used_[slot % used_.size()] = true;
  return true;
}

// Of slots within the tolerance of the last use; of others it does not tell.
bool Limiter::is_used(std::uint64_t slot) const {
  return slot < used_until_ && slot + used_.size() >= used_until_ && used_[slot % used_.size()];
}

Instant Limiter::time_of(std::uint64_t slot) const {
  const double milliseconds = std::ceil(static_cast<double>(slot) * 1000 / options_.rate);
  return Instant{Duration{static_cast<Duration::rep>(milliseconds)}};
}

Duration Limiter::backlog(Instant now) const {
  const std::uint64_t end = std::max(next_, next_late_);
  return end == 0 ? Duration{0} : std::max(time_of(end - 1) - now, Duration{0});
}

std::size_t Limiter::waiting(Instant now) const {
  const auto here = static_cast<std::uint64_t>(std::max(std::ceil(position(now)), 0.0));
  const std::uint64_t from = std::max(first_, here);
  return next_ > from ? static_cast<std::size_t>(next_ - from) : 0;
}

}  // namespace freshet::server
