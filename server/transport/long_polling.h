// Long polling: a poll with wait > 0 that is parked until a message comes or its wait is over.
#pragma once

#include "transport/polling.h"

namespace freshet::server {

class LongPoll final : public Poll {
 public:
  LongPoll(LiveLoop& live, SubscribeRequest request, LateAnswer late);
  ~LongPoll() override;

 private:
  void caught_up(bool has_news) override;

  park::TimerId timer_ = 0;
};

}  // namespace freshet::server
