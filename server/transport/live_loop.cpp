#include "transport/live_loop.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "wire/endpoints.h"

namespace freshet::server {
namespace {

constexpr Duration housekeeping_interval{1'000};
// How often it is looked whether replays may go on again.
constexpr Duration held_interval{50};

std::mt19937_64 seeded() {
  std::random_device device;
  std::seed_seq seed{device(), device(), device(), device()};
  return std::mt19937_64(seed);
}

}  // namespace

LiveLoop::LiveLoop(park::Loop& loop, ServerContext& context)
    : loop_(loop),
      context_(context),
      hub_(context.log, context.hub),
      deflate_(context.compression),
      random_(seeded()),
      report_(context) {
  hub_.on_slow([this](std::string_view topic) { context_.overload.note_slow(topic); });
  context_.log.follow(*this);
  housekeep();
}

LiveLoop::~LiveLoop() {
  context_.log.unfollow(*this);
  loop_.cancel(tick_timer_);
  loop_.cancel(held_timer_);
  loop_.cancel(housekeeping_timer_);
  if (leaving_) loop_.cancel(leaving_->timer);
}

Instant LiveLoop::now() const { return std::chrono::floor<Duration>(loop_.now()); }

void LiveLoop::open(Subscriber& subscriber, OpenRequest request) {
  hub_.set_window(context_.admission.window());
  hub_.open(subscriber, std::move(request), now());
  arm_tick();
  pump_soon();
}

void LiveLoop::subscribe(Subscriber& subscriber, const wire::Subscribe& request) {
  hub_.subscribe(subscriber, request);
  pump_soon();
}

void LiveLoop::unsubscribe(Subscriber& subscriber, std::uint64_t ref) {
  hub_.unsubscribe(subscriber, ref);
  pump_soon();
}

void LiveLoop::resume(Subscriber& subscriber) {
  hub_.resume(subscriber);
  pump_soon();
}

void LiveLoop::head_moved() noexcept {
  if (loop_.in_loop_thread()) {
    pump_soon();
  } else if (!noted_.exchange(true, std::memory_order_acq_rel)) {
    loop_.post([this] {
      noted_.store(false, std::memory_order_release);
      pump_soon();
    });
  }
}

void LiveLoop::pump_soon() {
  if (pump_set_) return;
  pump_set_ = true;
  loop_.at_turn_end([this] { pump(); });
}

void LiveLoop::pump() {
  pump_set_ = false;
  report_.report_outboxes(loop_.counters());
  // What is read from the log would wait in outboxes that are full already.
  const bool hold = context_.overload.is_exhausted();
  hub_.hold_replays(hold);
  if (hub_.pump()) pump_soon();
  if (hold && held_timer_ == 0) {
    held_timer_ = loop_.after(held_interval, [this] {
      held_timer_ = 0;
      pump_soon();
    });
  }
}

void LiveLoop::arm_tick() {
  if (tick_timer_ != 0) return;
  const std::optional<Instant> due = hub_.next_tick();
  if (!due) return;
  tick_timer_ = loop_.after(std::max(*due - now(), Duration{0}), [this] {
    tick_timer_ = 0;
    hub_.tick(now());
    arm_tick();
  });
}

// Once a second: this loop's part of the server's counts, and the window it tells.
void LiveLoop::housekeep() {
  housekeeping_timer_ = loop_.after(housekeeping_interval, [this] { housekeep(); });
  hub_.set_window(context_.admission.window());
  report_.report(hub_.counts(), loop_.counters());
  report_.report(deflate_.counts());
}

std::string LiveLoop::client_id(std::string given) {
  if (!given.empty()) return given;
  std::string id;
  for (int half = 0; half < 2; ++half) {
    std::uint64_t bits = random_();
    for (int digit = 0; digit < 8; ++digit, bits >>= 8) {
      id += "0123456789abcdefghijklmnopqrstuv"[bits & 31];
    }
  }
  return id;
}

std::optional<ComeBack> LiveLoop::refusal_of(const Arrival& arrival, bool stays) {
  if (draining()) {
    context_.counts.refused_draining.add();
    return ComeBack{.delay = spread_in_window(), .ticket = {}};
  }
  if (stays && !has_room()) {
    context_.counts.refused_full.add();
    return ComeBack{.delay = spread_in_window(), .ticket = {}};
  }
  Verdict verdict = context_.admission.ask(arrival, now());
  if (verdict.admitted) return std::nullopt;
  context_.counts.refused_rate.add();
  // Without a ticket others may have been told the same time.
  if (verdict.ticket.empty()) verdict.delay += spread_in_window();
  return ComeBack{.delay = verdict.delay, .ticket = std::move(verdict.ticket)};
}

Duration LiveLoop::spread_in_window() {
  const Duration window = context_.admission.window();
  return Duration{std::uniform_int_distribution<Duration::rep>(0, window.count())(random_)};
}

bool LiveLoop::has_room() const {
  if (context_.counts.open() < static_cast<std::int64_t>(context_.limits.streams_max)) return true;
  context_.counts.limits.of(LimitName::streams).add();
  return false;
}

void LiveLoop::drain(Duration spread) {
  leaving_ = std::make_unique<Leaving>();
  leaving_->options = {.spread = spread, .window = context_.admission.window()};
  leaving_->count = hub_.subscribers();
  leaving_->began = now();
  leaving_->next = draw_slot();
  pump_soon();
  // Not in this turn, whose end pumps.
  leaving_->timer =
      loop_.after(std::max(leaving_->next.leave, Duration{1}), [this] { drain_on(); });
}

// Those whose time it is. Whoever leaves by itself meanwhile brings the others' turn forward.
void LiveLoop::drain_on() {
  const Duration passed = now() - leaving_->began;
  while (hub_.subscribers() > 0) {
    const DrainSlot slot = leaving_->next;
    if (slot.leave > passed) {
      leaving_->timer = loop_.after(slot.leave - passed, [this] { drain_on(); });
      return;
    }
    hub_.close_next(wire::close_code::going_away, "the server is stopping",
                    {.delay = slot.delay, .ticket = {}, .reason = "drain"});
    ++leaving_->gone;
    leaving_->next = draw_slot();
  }
}

DrainSlot LiveLoop::draw_slot() {
  const std::size_t count = std::max<std::size_t>(leaving_->count, 1);
  return drain_slot(leaving_->options, std::min(leaving_->gone, count - 1), count,
                    std::uniform_real_distribution<double>(0, 1)(random_));
}

Duration LiveLoop::long_poll_hold() {
  const Duration longest = long_poll_hold_max(
      context_.counts.of(Transport::long_polling).open.value(), context_.limits.long_poll_spread);
  const Duration drawn{std::uniform_int_distribution<Duration::rep>(0, longest.count())(random_)};
  return long_poll_hold_on_step(now(), drawn);
}

}  // namespace freshet::server
