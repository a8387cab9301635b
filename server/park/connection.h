// One accepted socket, owned by its Loop from accept to close. Applications hold a reference only
// while they are its Parked, and only on the loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "park/blob.h"
#include "park/deadlines.h"
#include "park/framer.h"
#include "park/outbox.h"
#include "park/peer.h"
#include "park/request_handler.h"

namespace freshet::park {

class Loop;

enum class SendResult : std::uint8_t {
  queued,   // Leaves at the end of this turn, with everything else queued in it.
  refused,  // The outbox would pass outbox_bytes_max. Nothing was queued: a slow consumer.
  closed,   // Closing or closed; nothing was queued.
};

// Thread rule: the loop's thread only. Lifetime: see Parked. Between its requests a connection
// holds no buffer.
class Connection : private DeadlineNode {
 public:
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Queues the blob, without copying it. One system call per connection and turn sends all.
  SendResult send(Blob blob);
  SendResult send(std::string bytes);

  // Bytes queued and not yet taken by the kernel.
  std::size_t outbox_bytes() const { return outbox_.bytes(); }

  // Takes back every blob of which no byte is sent; returns how many bytes that was. Lets a slow
  // consumer's close frame follow the message in progress instead of the whole queue.
  std::size_t drop_unsent();

  // Sends what is queued, then `last` whatever the outbox limit says, then closes in an orderly
  // way. Input is dropped from now on. The peer gets write_stall_max to take it.
  // handle_closed(local) follows.
  void close_after_flush(Blob last = {});

  // Closes at once and drops what is queued. handle_closed(local) follows later in this turn.
  void abort();

  // Ends parking: the answer is queued in full. The Parked object is destroyed at the end of this
  // turn, without handle_closed(). With keep_alive the connection goes on with the next request,
  // beginning with pipelined bytes already here; else it closes after the flush.
  // REQUIRES: parked, ParkMode::http.
  void finish_parked(bool keep_alive);

  bool is_parked() const { return parked_ != nullptr; }

  // The peer has sent its last byte.
  bool peer_half_closed() const { return peer_half_closed_; }

  const Peer& peer() const { return peer_; }
  Loop& loop() const { return *loop_; }

 private:
  friend class Loop;
  friend class FlushSend;

  enum class Phase : std::uint8_t {
    reading,    // Waiting for a request or in the middle of one.
    parked,     // parked_ owns the behaviour; input waits (http).
    upgraded,   // parked_ owns the behaviour; input goes to it.
    flushing,   // The last bytes are queued; closes when they are sent.
    lingering,  // All is sent and shut down; input is dropped until the peer closes too.
    closed,     // The socket is closed; freed at the end of the turn.
  };

  // What an unfinished request needs; exists only while there is one.
  struct Unread {
    explicit Unread(const FramerLimits& limits) : framer(limits) {}
    std::string bytes;
    Framer framer;
    bool continue_sent = false;
  };

  Connection(Loop& loop, int fd, const Peer& peer);
  ~Connection();

  Loop* loop_;
  std::unique_ptr<Parked> parked_;
  std::unique_ptr<Unread> unread_;
  Outbox outbox_;
  int fd_;
  Peer peer_;
  Phase phase_ = Phase::reading;
  bool peer_half_closed_ : 1 = false;
  bool half_close_told_ : 1 = false;
  bool readable_ : 1 = false;  // The kernel may have more input for us.
  bool writable_ : 1 = true;   // The last send was not cut short.
  bool above_low_mark_ : 1 = false;
  bool in_flush_list_ : 1 = false;
  bool in_ready_list_ : 1 = false;
  bool request_started_ : 1 = false;
  bool in_handler_ : 1 = false;
};

}  // namespace freshet::park
