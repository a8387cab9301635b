// Polling: GET or POST /v1/poll with wait=0, answered at once from the log. Its poll object is also
// the first half of a long poll (long_polling.h).
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "http/request.h"
#include "http/response.h"
#include "http/subscribe_request.h"
#include "hub/subscriber.h"
#include "park/connection.h"
#include "park/request_handler.h"
#include "transport/live_loop.h"

namespace freshet::server {

// Serves both kinds of poll: `wait` tells which.
void handle_poll(LiveLoop& live, const Request& request, Response& response);

// One request: collects what the log holds behind its cursors, then answers with one line for each
// frame. Threads: its loop's. Lifetime: its connection's parking.
class Poll : public park::Parked, public Subscriber {
 public:
  Poll(LiveLoop& live, SubscribeRequest request, LateAnswer late);

  void handle_parked(park::Connection& connection) final;
  void handle_peer_half_closed() final;
  void handle_closed(park::CloseReason reason) override;

  Sent send(EncodedMessage& message) final;
  void send_control(EncodedMessage& frame, const wire::ServerFrame& what) final;
  void close(std::uint16_t code, std::string_view reason) final;
  void batch_end() final;

 protected:
  // All that the log holds has been collected. `has_news`: at least a message or a gap.
  virtual void caught_up(bool has_news);
  // Whether what was collected by the end of a batch is to be answered now. If not, answer_soon()
  // has to be called later.
  virtual bool may_answer() { return true; }

  // Answers in this turn, behind the batch in which it is asked for.
  void answer_soon() { live_.hub().at_batch_end(*this); }
  LiveLoop& live() { return live_; }
  Duration wait() const { return wait_; }

 private:
  void answer();

  LiveLoop& live_;
  park::Connection* connection_ = nullptr;
  OpenRequest opening_;  // Empty from handle_parked on.
  std::size_t limit_;
  Duration wait_;
  LateAnswer late_;
  std::string lines_;
  wire::Cursor cursor_;  // Of hello, then of the last message collected.
  std::size_t messages_ = 0;
  bool gap_ = false;
  bool more_ = false;  // Cut by limit or bytes.
  bool caught_up_ = false;
  bool leaving_ = false;  // The peer sends no more: it gets what there is and waits no longer.
};

}  // namespace freshet::server
