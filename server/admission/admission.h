// Admission: who is let in, who is told to come back when, and what window all are told. Start
// here. Pure: time and key are arguments; the server shares one among its loops
// (transport/shared_admission.h), the simulators run it as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "admission/key_bag.h"
#include "admission/limiter.h"
#include "admission/recent_clients.h"
#include "admission/siphash.h"
#include "admission/window.h"

namespace freshet::server {

struct AdmissionOptions {
  WindowOptions window;    // Its admission_rate is the limiter's rate too.
  LimiterOptions limiter;  // Its rate is not looked at.
};

// Counts since the start, for metrics.
struct AdmissionCounts {
  std::uint64_t admitted = 0;  // Newcomers let in, with a ticket or without.
  std::uint64_t passed = 0;    // Clients that are in: hedges, hand-overs, and every further poll.
  std::uint64_t refused = 0;
  std::uint64_t tickets_issued = 0;
  std::uint64_t tickets_honoured = 0;
  std::uint64_t tickets_early = 0;    // Shown before the slot: told the same again.
  std::uint64_t tickets_late = 0;     // Shown after the slot, or a second time: a newcomer again.
  std::uint64_t tickets_crowded = 0;  // Shown in the slot while the burst was used up.
  std::uint64_t tickets_invalid = 0;  // Of another server or another client, or forged.
};

// A client at the door.
struct Arrival {
  std::string_view client;  // The id that it gave; empty if it has none.
  std::string_view ticket;  // That it showed; empty without one.
  bool poll = false;
  // Whether it can show a ticket when it returns. An EventSource cannot: it comes back to the
  // address it was given.
  bool keeps_ticket = true;
};

// What it is told.
struct Verdict {
  bool admitted = false;
  // Of a refusal: come back in `delay`, with the ticket. Without a ticket the delay is the least,
  // and the same may be told to others: there was no slot to give (LimiterOptions::slot_ahead_max),
  // or the client could not show one.
  Duration delay{0};
  std::string ticket;
};

// Admission is per client: one that polls is asked for nothing again while it goes on polling; one
// that has a stream, or was let in a moment ago, opens another without a slot, so that hedges and
// hand-overs share its admission (at most as many a second as newcomers, so that one who holds an
// id cannot hide a herd behind it). Whoever comes back after a loss is a newcomer.
//
// A refusal costs a fixed amount of memory once for all (the slots given last, so that one who asks
// again is told the same slot again); nothing is kept for each client that was refused.
// Threads: one at a time.
class Admission {
 public:
  explicit Admission(AdmissionOptions options = {}, HashKey key = {});

  // REQUIRES: whoever is admitted is then told of by stream_opened() or poll_seen().
  Verdict ask(const Arrival& arrival, Instant now);

  // A stream of this client has begun. Its end is to be told with what this returns.
  std::uint32_t stream_opened(std::string_view client, Instant now);
  void stream_closed(std::uint32_t stream);
  // This client has polled. Without an id its address stands for it, as in ask().
  void poll_seen(std::string_view client, Instant now);

  // Clients that are here: streams and recent pollers.
  std::size_t clients(Instant now);
  // What all are told. Whoever was told to come back counts too.
  Duration window(Instant now);

  Duration backlog(Instant now) const { return limiter_.backlog(now); }
  const LimiterOptions& limits() const { return limiter_.options(); }
  const AdmissionCounts& counts() const { return counts_; }

 private:
  // A slot given to a client with an id.
  struct Given {
    std::uint64_t client = 0;
    std::uint64_t slot = 0;
  };
  static constexpr std::size_t given_size = 16 * 1024;

  std::uint64_t hash_of(std::string_view client) const { return siphash(key_, client); }
  bool is_in(const Arrival& arrival, std::uint64_t client, Instant now);
  Verdict admit();
  Verdict refuse(const Arrival& arrival, std::uint64_t client, Instant now, bool late);
  Verdict refuse_in_line(Instant now);
  Verdict refuse_until(std::uint64_t slot, std::string_view client, Instant now) const;

  HashKey key_;
  Limiter limiter_;
  Limiter passes_;  // Of clients that are in.
  Limiter line_;    // Times for those who cannot show a ticket; it lets nobody in.
  Window window_;
  KeyBag streams_;
  RecentClients pollers_;
  RecentClients admitted_;    // A moment ago.
  std::vector<Given> given_;  // By hash, a later one in the place of an earlier; empty before need.
  AdmissionCounts counts_;
};

}  // namespace freshet::server
