// Limiter: lets newcomers in no faster than the server can take them, and gives the others a slot
// each. Numbers only: who has which slot is a ticket's business (admission/ticket.h). Pure: time is
// an argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "log/instant.h"

namespace freshet::server {

struct LimiterOptions {
  double rate = 1000;  // Admissions a second; 0.001 to 1,000,000.
  // Admissions that may come at once after a quiet time; 0 = a tenth of a second's, at least 50.
  // More forgives clients that come in clumps, and lets more in at once.
  double burst = 0;
  // How far from its slot a client may come. Longer forgives slow lines.
  Duration slot_tolerance{2'000};
  // The nearest slot given. Time for the burst to be there again for those who are late.
  Duration slot_ahead_min{250};
  // The farthest. Beyond it there is no slot, so that whoever takes slots and never comes cannot
  // push the others out of sight.
  Duration slot_ahead_max{5 * 60'000};
};

// Slot n is at n ÷ rate, as far from the next as admissions may be; each is given once, in order.
// One of sixteen is kept for those who came in their slot when the burst was used up; behind the
// last slot given they have any. What nobody comes for is lost, but for the burst: newcomers have
// what lies beyond half of it, and of a small one what lies beyond three such slots in a row, where
// the owner of the next one finds its place all the same (with a burst of one that is one slot of
// sixteen).
//
// In any span of time there are at most rate × span + burst admissions.
// Threads: one at a time.
class Limiter {
 public:
  explicit Limiter(LimiterOptions options = {});

  // Whether somebody without a slot is let in now: while nobody has a slot to come, the burst;
  // else what lies unused beyond half of the burst.
  bool admit(Instant now);

  // The next free slot; nullopt when it would be too far away.
  std::optional<std::uint64_t> reserve(Instant now);
  // A near one for a client that came in its slot and could not be let in.
  std::optional<std::uint64_t> reserve_late(Instant now);

  enum class Outcome : std::uint8_t {
    honoured,  // An admission: let it in.
    early,     // Not yet: the slot stays the client's.
    crowded,   // In its slot, but the burst is used up: the slot is spent, give a late one.
    over,      // Too late, or the slot was used before.
  };
  // Somebody comes with this slot.
  Outcome use(std::uint64_t slot, Instant now);

  Instant time_of(std::uint64_t slot) const;
  // How long from now the slots are given away.
  Duration backlog(Instant now) const;
  // How many of those slots are given: clients that were told to come back and are still to come.
  std::size_t waiting(Instant now) const;

  const LimiterOptions& options() const { return options_; }

 private:
  double position(Instant now) const;
  void spend(double here);
  double leftover() const;
  bool leaves_next_owners(Instant now) const;
  std::uint64_t nearest(Instant now) const;
  bool is_used(std::uint64_t slot) const;
  bool mark_used(std::uint64_t slot, Instant now);

  LimiterOptions options_;
  // Positions on the line of slots: everything up to spent_ is used up; the burst is what lies
  // between it and the present.
  double spent_ = 0;
  std::uint64_t first_ = 0;  // From here to next_ all slots are given, but for the late ones.
  std::uint64_t next_ = 0;
  std::uint64_t next_late_ = 0;
  std::vector<bool> used_;        // By number, round; only those within the tolerance matter.
  std::uint64_t used_until_ = 0;  // used_ is clean from here on.
};

}  // namespace freshet::server
