// One accepted socket, owned by its Loop from accept to close. Applications hold a reference only
// while they are its Parked, and only on the loop's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

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
  refused,  // The outbox would pass outbox_bytes_max; nothing was queued. A slow consumer.
  closed,   // Not parked any more; nothing was queued.
};

// Thread rule: the loop's thread only. Lifetime: see Parked. Between its requests a connection
// holds no buffer; an idle one is this object and its Parked, so what can be derived is not kept.
// Always in one of the loop's lists until it is closed: that of what it waits for, or `resting_`.
class Connection : private DeadlineNode {
 public:
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Queues the blob, without copying it. One system call per connection and turn sends all.
  // An empty outbox takes one blob of any size. REQUIRES: parked, else returns `closed`.
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

  // What is queued was the last: the peer is to end the connection. It gets linger_max for that;
  // abort() may end it sooner. Spares the shutdown that close_after_flush() makes first.
  // REQUIRES: parked, ParkMode::upgraded.
  void await_close();

  // Closes at once and drops what is queued. handle_closed(local) follows later in this turn.
  void abort();

  // Ends parking: sends what is queued, then `last` whatever the outbox limit says. The Parked
  // object is destroyed at the end of this turn, without handle_closed(). With keep_alive the
  // connection goes on with the next request, beginning with pipelined bytes already here; else it
  // closes after the flush. REQUIRES: parked, ParkMode::http.
  void finish_parked(bool keep_alive, Blob last = {});

  bool is_parked() const { return parked_ != nullptr; }

  // The peer has sent its last byte.
  bool peer_half_closed() const { return peer_half_closed_; }

  // Asked of the kernel at each call; empty when the peer has reset the connection.
  Peer peer() const;
  Loop& loop() const { return *loop_; }

 private:
  friend class Loop;

  enum class Phase : std::uint8_t {
    reading,    // Between requests, or in the middle of one.
    parked,     // parked_ owns the behaviour; input waits.
    upgraded,   // parked_ owns the behaviour; input goes to it.
    flushing,   // The last bytes are queued; input is left alone.
    lingering,  // All is sent and shut down; input is dropped until the peer closes too.
    closed,     // The socket is closed; this object is freed at the end of the turn.
  };

  // An unfinished request, or requests that wait behind a parked one; exists only while there are.
  struct Unread {
    Unread(std::string first_bytes, const Framer& state, bool sent)
        : bytes(std::move(first_bytes)), framer(state), continue_sent(sent) {}
    std::string bytes;
    Framer framer;
    bool continue_sent;
  };

  Connection(Loop& loop, int fd);
  ~Connection() = default;

  // What the loop tells.
  void handle_events(std::uint32_t events);
  void handle_ready() { continue_input(); }
  void join_waiting();
  void handle_flushed(std::size_t sent_bytes, bool failed);
  void handle_deadline(const DeadlineList& list);
  void close_socket(CloseReason reason);

  void continue_input();
  void read_input();
  std::size_t readable_bytes_max() const;
  void feed(std::span<char> input);
  void parse(std::span<char> input);
  void keep_unread(std::unique_ptr<Unread> held, std::span<const char> rest, const Framer& framer,
                   bool continue_sent);
  void answer(const RequestBytes& request);
  void refuse(const Refusal& refusal);
  void queue(Blob blob);
  void shut_down();
  void retire_parked(std::optional<CloseReason> reason);
  void tell_half_close();
  void update_deadline();

  // The small ones first: they fit behind the base's last member, and every connection has them.
  Phase phase_ = Phase::reading;
  bool readable_ : 1 = false;  // The kernel may have more input for us.
  bool writable_ : 1 = true;   // The last send was not cut short.
  bool at_end_ : 1 = false;    // All of the peer's input is read.
  bool peer_half_closed_ : 1 = false;
  bool half_close_told_ : 1 = false;
  bool above_low_mark_ : 1 = false;  // The outbox was, and has not fallen to it since.
  bool request_seen_ : 1 = false;
  bool awaits_close_ : 1 = false;  // await_close() was called.
  bool hangs_up_ : 1 = false;      // Of the last answer: Reply::hang_up.
  bool in_flush_list_ : 1 = false;
  bool in_ready_list_ : 1 = false;
  int fd_;
  Loop* loop_;
  std::unique_ptr<Parked> parked_;
  std::unique_ptr<Unread> unread_;
  Outbox outbox_;
};

}  // namespace freshet::park
