#include "admission/admission.h"

#include <algorithm>

#include "admission/ticket.h"

namespace freshet::server {
namespace {

// Longer than the longest wait of a long poll.
constexpr Duration poller_age_min{90'000};
// Longer than a client goes on opening hedges.
constexpr Duration admitted_age_min{10'000};

LimiterOptions limiter_options(const AdmissionOptions& options) {
  LimiterOptions limiter = options.limiter;
  limiter.rate = options.window.admission_rate;
  return limiter;
}

}  // namespace

Admission::Admission(AdmissionOptions options, HashKey key)
    : key_(key),
      limiter_(limiter_options(options)),
      passes_(limiter_options(options)),
      line_(limiter_options(options)),
      window_(options.window),
      pollers_(poller_age_min),
      admitted_(admitted_age_min) {}

Verdict Admission::ask(const Arrival& arrival, Instant now) {
  const std::uint64_t client = hash_of(arrival.client);
  if (!arrival.client.empty() && is_in(arrival, client, now)) {
    ++counts_.passed;
    return {.admitted = true, .ticket = {}};
  }
  if (!arrival.ticket.empty()) {
    const auto slot = ticket_slot(key_, arrival.ticket, arrival.client);
    if (!slot) {
      ++counts_.tickets_invalid;
    } else {
      switch (limiter_.use(*slot, now)) {
        case Limiter::Outcome::honoured:
          ++counts_.tickets_honoured;
          return admit();
        case Limiter::Outcome::early:
          ++counts_.tickets_early;
          ++counts_.refused;
          return refuse_until(*slot, arrival.client, now);
        case Limiter::Outcome::crowded:
          ++counts_.tickets_crowded;
          return refuse(arrival, client, now, true);
        case Limiter::Outcome::over:
          ++counts_.tickets_late;
          break;
      }
    }
  }
  return limiter_.admit(now) ? admit() : refuse(arrival, client, now, false);
}

bool Admission::is_in(const Arrival& arrival, std::uint64_t client, Instant now) {
  if (arrival.poll && pollers_.knows(client, now)) return true;
  const bool in = streams_.contains(key_of(client)) || admitted_.knows(client, now) ||
                  pollers_.knows(client, now);
  return in && passes_.admit(now);
}

Verdict Admission::admit() {
  ++counts_.admitted;
  return {.admitted = true, .ticket = {}};
}

Verdict Admission::refuse(const Arrival& arrival, std::uint64_t client, Instant now, bool late) {
  ++counts_.refused;
  if (!arrival.keeps_ticket) return refuse_in_line(now);
  if (given_.empty()) given_.resize(given_size);
  Given& given = given_[client % given_size];
  const bool has_id = !arrival.client.empty();
  if (!late && has_id && given.client == client && limiter_.time_of(given.slot) > now) {
    return refuse_until(given.slot, arrival.client, now);
  }
  const auto slot = late ? limiter_.reserve_late(now) : limiter_.reserve(now);
  if (!slot) return {.delay = limiter_.options().slot_ahead_max, .ticket = {}};
  ++counts_.tickets_issued;
  if (has_id) given = {client, *slot};
  return refuse_until(*slot, arrival.client, now);
}

// Apart from the slots, which are lost when their clients come without a ticket.
Verdict Admission::refuse_in_line(Instant now) {
  const auto turn = line_.reserve(now);
  return {.delay = turn ? line_.time_of(*turn) - now : limiter_.options().slot_ahead_max,
          .ticket = {}};
}

Verdict Admission::refuse_until(std::uint64_t slot, std::string_view client, Instant now) const {
  return {.delay = std::max(limiter_.time_of(slot) - now, Duration{0}),
          .ticket = make_ticket(key_, slot, client)};
}

std::uint32_t Admission::stream_opened(std::string_view client, Instant now) {
  const std::uint64_t hash = hash_of(client);
  admitted_.see(hash, now);
  streams_.add(key_of(hash));
  return key_of(hash);
}

void Admission::stream_closed(std::uint32_t stream) { streams_.remove(stream); }

void Admission::poll_seen(std::string_view client, Instant now) {
  pollers_.see(hash_of(client), now);
}

std::size_t Admission::clients(Instant now) { return streams_.size() + pollers_.count(now); }

Duration Admission::window(Instant now) {
  admitted_.count(now);  // Forgets.
  window_.observe(clients(now) + limiter_.waiting(now) + line_.waiting(now), now);
  return window_.value(now);
}

}  // namespace freshet::server
