#include "transport/long_polling.h"

#include <utility>

#include "park/loop.h"

namespace freshet::server {

LongPoll::LongPoll(LiveLoop& live, SubscribeRequest request, LateAnswer late)
    : Poll(live, std::move(request), std::move(late)) {
  TransportCounts& counts = live.context().counts.of(Transport::long_polling);
  counts.open.add();
  counts.opened.add();
}

LongPoll::~LongPoll() {
  live().loop().cancel(timer_);
  live().context().counts.of(Transport::long_polling).open.add(-1);
}

// The hub joins replay and live in one step, so nothing can come between the end of the log and the
// beginning of the wait.
void LongPoll::caught_up(bool has_news) {
  if (has_news) return answer_soon();
  phase_ = Phase::waiting;
  answer_after(wait());
}

bool LongPoll::may_answer() {
  if (phase_ != Phase::waiting) return phase_ != Phase::holding;
  const Duration hold = live().long_poll_hold();
  if (hold == Duration{0}) return true;
  phase_ = Phase::holding;
  live().loop().cancel(timer_);
  answer_after(hold);
  return false;
}

void LongPoll::answer_after(Duration delay) {
  timer_ = live().loop().after(delay, [this] {
    timer_ = 0;
    phase_ = Phase::due;
    answer_soon();
    live().pump_soon();
  });
}

}  // namespace freshet::server
