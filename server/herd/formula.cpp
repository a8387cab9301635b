// The formulas by name. Everything random is drawn in whole milliseconds; where a client's source
// draws a fraction, the difference is below what a network adds.
#include "herd/formula.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>

namespace freshet::server {
namespace {

using core::Random;
using Memory = std::uint32_t;  // What a formula may keep of one client; 0 at the loss.
using Wait = std::optional<Duration>;

constexpr Wait gives_up = std::nullopt;

Duration ms(double value) { return Duration{std::llround(value)}; }

Duration even(double low, double high, Random& random) { return random.between(ms(low), ms(high)); }

double power(double base, unsigned exponent) {
  // Past every cap below, and far from overflow.
  return std::pow(base, std::min(exponent, 64u));
}

// Ours ----------------------------------------------------------------------------------------

class OursFormula final : public Formula {
 public:
  OursFormula(Reconnect kind, const FormulaOptions& options) {
    core::ReconnectPolicy policy{kind};
    if (options.window) policy.set_window(*options.window);
    policies_.assign(options.clients, policy);
  }

  Wait delay(std::uint32_t client, const Failure& failure, Random& random) override {
    core::ReconnectPolicy& policy = policies_[client];
    if (failure.tries > 0) policy.handle_attempt();
    const Duration drawn = policy.delay(failure.now, failure.cause, random);
    if (!failure.floor) return drawn;
    return failure.has_ticket ? policy.slot_delay(*failure.floor) : *failure.floor + drawn;
  }

  bool knows_tickets() const override { return true; }

 private:
  std::vector<core::ReconnectPolicy> policies_;
};

// Textbooks -----------------------------------------------------------------------------------

// "Exponential Backoff and Jitter", AWS Architecture Blog, 2015: the three jittered forms, here
// with base 1 s and cap 30 s. The first return is drawn as every other.
constexpr double base = 1'000;
constexpr double cap = 30'000;

double grown(unsigned n) { return std::min(cap, base * power(2, n)); }

Wait full(const Failure& failure, Memory&, Random& random) {
  return even(0, grown(failure.tries), random);
}

Wait equal(const Failure& failure, Memory&, Random& random) {
  const double half = grown(failure.tries) / 2;
  return ms(half) + even(0, half, random);
}

Wait decorrelated(const Failure&, Memory& last, Random& random) {
  const double before = last == 0 ? base : last;
  const Duration drawn = even(base, std::min(cap, before * 3), random);
  last = static_cast<Memory>(drawn.count());
  return drawn;
}

// RFC 6455 §7.2.3: "abnormal closures … a random amount of time … 0 - 5 seconds", then "truncated
// binary exponential backoff"; its cap is left open, here 60 s.
Wait rfc6455(const Failure& failure, Memory&, Random& random) {
  return even(0, std::min(60'000.0, 5'000 * power(2, failure.tries)), random);
}

// Other clients -------------------------------------------------------------------------------
// Their defaults, as their sources of July and August 2026 have them; each is named with the file
// that decides.

// centrifuge-js 5.8, src/utils.ts, backoff(): min 500 ms, max 20 s.
Wait centrifuge(const Failure& failure, Memory&, Random& random) {
  constexpr double min = 500, max = 20'000;
  const double spread = std::min(max, min * power(2, failure.tries));
  return std::min(ms(max), ms(min) + even(0, spread, random));
}

// socket.io-client 4.8, lib/contrib/backo2.ts, duration(): 1 s doubled, one random number for both
// size and sign of the jitter of 50 %, and the cap of 5 s behind it.
Wait socket_io(const Failure& failure, Memory&, Random& random) {
  const double wait = 1'000 * power(2, failure.tries);
  const double chance =
      static_cast<double>(random.between(Duration{0}, Duration{9'999}).count()) / 10'000;
  const double deviation = std::floor(chance * 0.5 * wait);
  const bool shorter = (static_cast<int>(chance * 10) & 1) == 0;
  return ms(std::min(5'000.0, shorter ? wait - deviation : wait + deviation));
}

// @microsoft/signalr 8, DefaultReconnectPolicy.ts (withAutomaticReconnect(), which is opt-in).
Wait signalr(const Failure& failure, Memory&, Random&) {
  constexpr std::array<int, 4> waits{0, 2'000, 10'000, 30'000};
  if (failure.tries >= waits.size()) return gives_up;
  return Duration{waits[failure.tries]};
}

// pusher-js 8.4: connection_manager.ts returns 1 s after a close; a strategy that does not get
// through is given up after 15, 30, then 60 s (sequential_strategy.ts) and begun anew.
Wait pusher(const Failure& failure, Memory&, Random&) {
  if (failure.tries == 0) return Duration{1'000};
  return ms(std::min(60'000.0, 15'000 * power(2, failure.tries - 1)));
}

// ably-js 2, src/common/lib/util/utils.ts, getRetryTime(); the first at once; after two minutes it
// is suspended and tries every 30 s (transport/connectionmanager.ts).
Wait ably(const Failure& failure, Memory&, Random& random) {
  if (failure.tries == 0) return Duration{0};
  if (failure.since_loss >= Duration{120'000}) return Duration{30'000};
  const double backoff = std::min((failure.tries + 2) / 3.0, 2.0);
  return even(15'000 * backoff * 0.8, 15'000 * backoff, random);
}

// phoenix.js 1.7, assets/js/phoenix/socket.js, reconnectAfterMs.
Wait phoenix(const Failure& failure, Memory&, Random&) {
  constexpr std::array<int, 9> waits{10, 50, 100, 150, 200, 250, 500, 1'000, 2'000};
  return Duration{failure.tries < waits.size() ? waits[failure.tries] : 5'000};
}

// reconnecting-websocket 4.4, reconnecting-websocket.ts: the minimum of 1 to 5 s is drawn once per
// page, then grows by 1.3 up to 10 s.
Wait reconnecting_websocket(const Failure& failure, Memory& minimum, Random& random) {
  if (minimum == 0) minimum = static_cast<Memory>(even(1'000, 5'000, random).count());
  return ms(std::min(10'000.0, minimum * power(1.3, failure.tries)));
}

// Native EventSource: Chromium waits 3 s (blink, event_source.cc, kDefaultReconnectDelay), Firefox
// 5 s (EventSource.cpp, DEFAULT_RECONNECTION_TIME_VALUE), always, unless the stream said `retry:`.
// Here a refusal is a lost connection; a status other than 200 would end it for good.
Wait eventsource_chromium(const Failure&, Memory&, Random&) { return Duration{3'000}; }
Wait eventsource_firefox(const Failure&, Memory&, Random&) { return Duration{5'000}; }

// nats.js 2 (core/src/servers.ts and protocol.ts, dialLoop): at once when the last connect is more
// than 2 s ago, then 2 s and a jitter of 100 ms (1 s with TLS); ten tries for each server.
Wait nats(const Failure& failure, double jitter, unsigned tries_max, Random& random) {
  if (failure.tries >= tries_max) return gives_up;
  if (failure.tries == 0) return Duration{0};
  return ms(2'000) + even(0, jitter, random);
}
Wait nats_js(const Failure& failure, Memory&, Random& random) {
  return nats(failure, 100, 10, random);
}
Wait nats_js_tls(const Failure& failure, Memory&, Random& random) {
  return nats(failure, 1'000, 10, random);
}
// nats.c 3 (src/opts.h): the same with sixty tries.
Wait nats_c(const Failure& failure, Memory&, Random& random) {
  return nats(failure, 100, 60, random);
}

// Lightstreamer (lightstreamer-client 9, ConnectionOptions retryDelay and firstRetryMaxDelay): even
// in 100 ms, then 4 s about ten times, then doubled up to a minute.
Wait lightstreamer(const Failure& failure, Memory&, Random& random) {
  if (failure.tries == 0) return even(0, 100, random);
  const unsigned doublings = failure.tries > 10 ? failure.tries - 10 : 0;
  return ms(std::min(60'000.0, 4'000 * power(2, doublings)));
}

// @electric-sql/client 1, src/fetch.ts, BackoffDefaults: full jitter, 1 s doubled up to 32 s;
// Retry-After is a floor.
Wait electric(const Failure& failure, Memory&, Random& random) {
  const Duration drawn = even(0, std::min(32'000.0, 1'000 * power(2, failure.tries)), random);
  return failure.floor ? std::max(*failure.floor, drawn) : drawn;
}

// IXWebSocket 11 (C++), IXExponentialBackoff.cpp: at once, then 100 ms doubled up to 10 s.
Wait ixwebsocket(const Failure& failure, Memory&, Random&) {
  if (failure.tries == 0) return Duration{0};
  return ms(std::min(10'000.0, 100 * power(2, failure.tries)));
}

// socket.io-client-cpp 3.1, sio_client_impl.cpp, next_delay(): "no jitter, fixed power root".
Wait socket_io_cpp(const Failure& failure, Memory&, Random&) {
  return ms(std::min(25'000.0, 5'000 * power(1.5, failure.tries)));
}

// MQTT.js 5 (reconnectPeriod), @microsoft/fetch-event-source 2 (DefaultRetryInterval) and
// NchanSubscriber.js (reconnectTimeout): a second, always.
Wait fixed_1s(const Failure&, Memory&, Random&) { return Duration{1'000}; }

// Faye 1.4, src/protocol/dispatcher.js, retry: five seconds, always.
Wait faye(const Failure&, Memory&, Random&) { return Duration{5'000}; }

// @rails/actioncable 7.1, connection_monitor.js, getPollInterval(): a connection is missed after
// 6 s without ping, at the next poll; then 6 s grown by 1.15, with 15 % of jitter.
Wait action_cable(const Failure& failure, Memory&, Random& random) {
  if (failure.tries == 0) return even(6'000, 18'000, random);
  const double backoff = 6'000 * power(1.15, std::min(failure.tries, 10u));
  return even(backoff, backoff * 1.15, random);
}

using Draw = Wait (*)(const Failure&, Memory&, Random&);

class DrawnFormula final : public Formula {
 public:
  DrawnFormula(Draw draw, std::uint32_t clients) : draw_(draw), memories_(clients) {}

  Wait delay(std::uint32_t client, const Failure& failure, Random& random) override {
    return draw_(failure, memories_[client], random);
  }

 private:
  Draw draw_;
  std::vector<Memory> memories_;
};

struct Entry {
  FormulaInfo info;
  Draw draw = nullptr;  // Of all but ours.
  Reconnect reconnect = Reconnect::windowed;
};

using enum FormulaInfo::Kind;

constexpr std::array entries{
    Entry{{"windowed", "evenly over the window the server told, then over its doubles", ours}},
    Entry{{"none", "at once, then every 100 ms", ours}, nullptr, Reconnect::none},
    Entry{{"full", "full jitter, 1 s to 30 s", reference}, full},
    Entry{{"equal", "equal jitter, 1 s to 30 s", reference}, equal},
    Entry{{"decorrelated", "decorrelated jitter, 1 s to 30 s", reference}, decorrelated},
    Entry{{"rfc6455", "evenly in 5 s, then full jitter to 60 s", reference}, rfc6455},
    Entry{{"centrifuge", "0.5 s + full jitter to 20 s", peer}, centrifuge},
    Entry{{"socket.io", "1 s doubled ± 50 %, then cut at 5 s", peer}, socket_io},
    Entry{{"signalr", "0, 2, 10, 30 s, then never", peer}, signalr},
    Entry{{"pusher", "1 s, then 15, 30, 60 s", peer}, pusher},
    Entry{{"ably", "at once, then 15 to 30 s less 20 %", peer}, ably},
    Entry{{"phoenix", "10 ms to 2 s by a table, then 5 s", peer}, phoenix},
    Entry{{"reconnecting-websocket", "1 to 5 s per page, grown by 1.3 to 10 s", peer},
          reconnecting_websocket},
    Entry{{"eventsource", "3 s, always (Chromium)", peer}, eventsource_chromium},
    Entry{{"eventsource-firefox", "5 s, always (Firefox)", peer}, eventsource_firefox},
    Entry{{"nats.js", "at once, then 2 s + 100 ms of jitter, ten times", peer}, nats_js},
    Entry{{"nats.js-tls", "at once, then 2 s + 1 s of jitter, ten times", peer}, nats_js_tls},
    Entry{{"nats.c", "at once, then 2 s + 100 ms of jitter, sixty times", peer}, nats_c},
    Entry{{"lightstreamer", "evenly in 100 ms, then 4 s, later doubled", peer}, lightstreamer},
    Entry{{"electric", "full jitter, 1 s to 32 s", peer}, electric},
    Entry{{"ixwebsocket", "at once, then 0.2 s doubled to 10 s", peer}, ixwebsocket},
    Entry{{"socket.io-cpp", "5 s grown by 1.5 to 25 s", peer}, socket_io_cpp},
    Entry{{"fixed-1s", "1 s, always (MQTT.js, fetch-event-source, Nchan)", peer}, fixed_1s},
    Entry{{"faye", "5 s, always", peer}, faye},
    Entry{{"actioncable", "6 to 18 s, then 6 s grown by 1.15 + 15 %", peer}, action_cable},
};

std::string names() {
  std::string text;
  for (const Entry& entry : entries)
    text += (text.empty() ? "" : ", ") + std::string(entry.info.name);
  return text;
}

}  // namespace

const std::vector<FormulaInfo>& formulas() {
  static const std::vector<FormulaInfo> all = [] {
    std::vector<FormulaInfo> infos;
    for (const Entry& entry : entries) infos.push_back(entry.info);
    return infos;
  }();
  return all;
}

Result<std::unique_ptr<Formula>> make_formula(std::string_view name,
                                              const FormulaOptions& options) {
  const auto* const found = std::find_if(
      entries.begin(), entries.end(), [&](const Entry& entry) { return entry.info.name == name; });
  if (found == entries.end()) {
    return Error{ErrorCode::invalid_argument,
                 "there is no policy '" + std::string(name) + "'; there are " + names()};
  }
  if (found->draw != nullptr) {
    return std::unique_ptr<Formula>{std::make_unique<DrawnFormula>(found->draw, options.clients)};
  }
  return std::unique_ptr<Formula>{std::make_unique<OursFormula>(found->reconnect, options)};
}

}  // namespace freshet::server
