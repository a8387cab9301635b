// Stream: what the two transports that stay open share: one parked connection as a subscriber.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "hub/subscriber.h"
#include "park/connection.h"
#include "park/request_handler.h"
#include "transport/live_loop.h"

namespace freshet::server {

// Threads: its loop's. Lifetime: its connection's.
class Stream : public park::Parked, public Subscriber {
 public:
  void handle_low_mark() override;
  void handle_peer_half_closed() override;
  void handle_closed(park::CloseReason reason) override;
  void close(std::uint16_t code, std::string_view reason) final;

 protected:
  // `request`: what open() will ask the hub for.
  Stream(LiveLoop& live, Transport transport, OpenRequest request);
  ~Stream() override;

  // Begins: from handle_parked.
  void open(park::Connection& connection);

  // Queues a message's bytes; the answer is the hub's.
  Sent queue_message(const Blob& bytes);
  // Queues bytes that must not be lost: when there is no room for them the stream ends as slow.
  void queue_control(const Blob& bytes);

  // Ends the connection behind what is queued and these last bytes.
  void end(Blob last);

  // The last bytes of a stream that ends with this code.
  virtual Blob farewell(std::uint16_t code, std::string_view reason) = 0;

  LiveLoop& live() { return live_; }
  // Null before handle_parked and behind the end.
  park::Connection* connection() { return opened_ ? connection_ : nullptr; }

 private:
  // In this order the small ones fit behind the base's last member, and those of a derived class
  // behind the last one here: an idle stream is little more than this object.
  Transport transport_ : 8;
  bool opened_ = false;
  LiveLoop& live_;
  union {
    OpenRequest* opening_;          // Owned; until it is opened.
    park::Connection* connection_;  // From then on.
  };
  std::uint32_t admission_;  // What admission knows it by.
};

}  // namespace freshet::server
