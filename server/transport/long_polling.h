// Long polling: a poll with wait > 0 that is parked until a message comes or its wait is over.
#pragma once

#include <cstdint>

#include "transport/polling.h"

namespace freshet::server {

class LongPoll final : public Poll {
 public:
  LongPoll(LiveLoop& live, SubscribeRequest request, LateAnswer late);
  ~LongPoll() override;

 private:
  enum class Phase : std::uint8_t {
    reading,  // What the log holds: answered at once if there is any.
    waiting,  // For a first message.
    holding,  // One has come: others may join it, see LiveLoop::long_poll_hold().
    due,
  };

  void caught_up(bool has_news) override;
  bool may_answer() override;
  void answer_after(Duration delay);

  Phase phase_ = Phase::reading;
  park::TimerId timer_ = 0;
};

}  // namespace freshet::server
