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
  // `client`: its id, for admission.
  Stream(LiveLoop& live, Transport transport, std::string_view client);
  ~Stream() override;

  // Begins: from handle_parked.
  void open(park::Connection& connection, OpenRequest request);

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
  park::Connection* connection() { return connection_; }

 private:
  // The small ones first: they fit behind the base's last member.
  Transport transport_ : 8;
  std::uint32_t admission_;  // What admission knows it by.
  LiveLoop& live_;
  park::Connection* connection_ = nullptr;
};

}  // namespace freshet::server
