#include "herd/herd.h"

#include <algorithm>
#include <string>
#include <utility>

#include "admission/window.h"

namespace freshet::server {
namespace {

constexpr Duration longest{60 * 60'000};
constexpr std::uint32_t clients_max = 10'000'000;

std::string check(const HerdOptions& options) {
  if (options.clients < 1 || options.clients > clients_max) {
    return "a herd has from 1 to 10,000,000 clients";
  }
  if (options.site != 0 && options.site < options.clients) {
    return "the site cannot have fewer clients than are lost";
  }
  if (!(options.rate >= 1 && options.rate <= 1e6))
    return "the rate is from 1 to 1,000,000 a second";
  if (!(options.burst >= 1 && options.burst <= 1e6)) return "the burst is from 1 to 1,000,000";
  if (!(options.away > 0 && options.away <= 1))
    return "the share that is away is above 0, at most 1";
  if (options.end < Duration{1} || options.end > longest) return "the end is from 1ms to 1h";
  const auto within = [&](Duration value) { return value >= Duration{0} && value < options.end; };
  if (!within(options.down) || !within(options.slow_start) || !within(options.network)) {
    return "the outage, the slow start and the network's time must be below the end of the model";
  }
  return {};
}

Duration window_of(const HerdOptions& options) {
  Window window({.admission_rate = options.rate});
  window.observe(std::max(options.site, options.clients), Instant{});
  return window.value(Instant{});
}

// The clients' clock has a zero of its own; that it is not ours must not matter.
core::Instant client_clock(Duration since_loss) {
  return core::Instant{Duration{86'400'000} + since_loss};
}

}  // namespace

Result<Herd> Herd::make(const HerdOptions& options, std::string_view formula) {
  if (std::string fault = check(options); !fault.empty()) {
    return Error{ErrorCode::invalid_argument, std::move(fault)};
  }
  const Duration window = window_of(options);
  auto made = make_formula(
      formula,
      {.clients = options.clients, .window = options.cold ? std::nullopt : std::optional{window}});
  if (!made) return made.error();
  return Herd(options, *std::move(made), window);
}

Herd::Herd(const HerdOptions& options, std::unique_ptr<Formula> formula, Duration window)
    : options_(options),
      formula_(std::move(formula)),
      window_(window),
      random_(options.seed),
      door_({.clients = options.clients,
             .rate = options.rate,
             .burst = options.burst,
             .tickets = options.tickets && formula_->knows_tickets()}),
      calendar_(options.clients, options.end),
      tally_(options.clients, options.down, options.rate) {
  for (std::uint32_t client = 0; client < options.clients; ++client) {
    send_away(client, std::nullopt);
  }
}

bool Herd::advance(Duration until) {
  for (; now_ < std::min(until, calendar_.end()) && away_ > 0; ++now_) {
    calendar_.take(now_, [this](std::uint32_t client) { arrive(client); });
  }
  return away_ == 0 || now_ >= calendar_.end();
}

void Herd::arrive(std::uint32_t client) {
  --away_;
  tally_.count_try(client, now_);
  if (!reaches_server()) return send_away(client, std::nullopt);
  const Door::Answer answer = door_.arrive(client, now_);
  if (answer.admitted) return tally_.count_recovery(now_);
  tally_.count_refusal(now_);
  send_away(client, answer.slot);
}

// Whether a try of this moment meets an instance that is there.
bool Herd::reaches_server() {
  constexpr Duration parts{1'000'000};
  const auto by_chance = [&](double share) {
    return random_.between(Duration{1}, parts).count() <=
           share * static_cast<double>(parts.count());
  };
  const double there = 1 - options_.away;
  if (now_ < options_.down) return there > 0 && by_chance(there);
  const Duration up = now_ - options_.down;
  if (up >= options_.slow_start) return true;
  return by_chance(there + options_.away * static_cast<double>(up.count()) /
                               static_cast<double>(options_.slow_start.count()));
}

void Herd::send_away(std::uint32_t client, std::optional<Duration> slot) {
  const Failure failure{.now = client_clock(now_),
                        .since_loss = now_,
                        .tries = tally_.tries(client),
                        .cause = options_.local ? core::Cause::local : core::Cause::remote,
                        .floor = slot,
                        .has_ticket = slot.has_value()};
  const std::optional<Duration> delay = formula_->delay(client, failure, random_);
  if (!delay) return tally_.count_give_up();
  const Duration travel = random_.between(Duration{0}, options_.network);
  // Who comes too late for the model stays away in it.
  if (calendar_.add(client, now_ + *delay + travel)) ++away_;
}

}  // namespace freshet::server
