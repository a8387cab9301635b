// The two interfaces through which an application uses the loops: RequestHandler answers or parks,
// Parked owns a parked connection's behaviour. Start here, then connection.h and loop.h.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "park/blob.h"
#include "park/framer.h"

namespace freshet::park {

class Connection;
class JoinForm;

// Why a parked connection is over.
enum class CloseReason : std::uint8_t {
  local,  // close_after_flush() has flushed, or abort().
  peer,   // The peer closed or reset it.
  stop,   // The loop is stopping.
};

// What a parked connection does. The connection owns it from Reply on and destroys it after
// handle_closed(), or after finish_parked() returned. All calls come on the loop's thread, never
// from inside a call that this object makes on its Connection (abort() is told later in the turn).
class Parked {
 public:
  virtual ~Parked() = default;

  // Called once, right after the reply's bytes are queued; `connection` stays valid until
  // handle_closed() or finish_parked(). A long poll compares its cursor here: no publish can slip
  // in between, since this is the loop's thread. May send, finish or close.
  virtual void handle_parked(Connection& connection) = 0;

  // Input of an upgraded connection, those bytes included that came in one packet with the
  // request. All of it is consumed. Never called for ParkMode::http.
  virtual void handle_bytes(std::span<const char> bytes) { (void)bytes; }

  // How blobs that wait for the connection may be made one before they are sent (joiner.h), or
  // nullptr: they leave as they are. Asked at the end of a turn, when several wait.
  virtual const JoinForm* join_form() const { return nullptr; }

  // The outbox was above the low mark and has fallen to it: room for more of a replay. What is
  // sent from here leaves in the next turn.
  virtual void handle_low_mark() {}

  // The peer has sent its last byte. It may still read (RFC 9112 §9.6), so nothing is closed by
  // itself; but a client that went away looks the same until something is sent to it.
  virtual void handle_peer_half_closed() {}

  // The last call. The connection can no longer send.
  virtual void handle_closed(CloseReason reason) { (void)reason; }
};

enum class ParkMode : std::uint8_t {
  // An HTTP answer that is late or never ends. Input is a next request: it waits, unread beyond
  // LoopOptions::pipelined_bytes_max, until finish_parked().
  http,
  // The protocol has changed; input goes to Parked::handle_bytes().
  upgraded,
};

// What a handler wants done with its request.
struct Reply {
  std::string bytes;               // Sent at once; may be empty when parked.
  std::unique_ptr<Parked> parked;  // Null: `bytes` are the whole answer.
  ParkMode mode = ParkMode::http;
  bool keep_alive = true;  // False: close after `bytes`. Ignored when parked.
  // With keep_alive false: close at once behind `bytes`, as far as all that came is read, instead
  // of waiting for the peer to close too. A client that still sends may lose the answer.
  bool hang_up = false;
};

// Answers whole requests. Each loop has its own, made and destroyed on its thread.
class RequestHandler {
 public:
  virtual ~RequestHandler() = default;

  // Called once per request, in the order they came; the next one of a connection comes only when
  // this one is answered. `request` is valid during the call only. Must not throw; must not block.
  virtual Reply handle_request(Connection& connection, const RequestBytes& request) = 0;

  // The bytes of the answer to a request that the framer refused; the connection is closed after
  // it. Default: a short text/plain answer.
  virtual std::string handle_refusal(Connection& connection, const Refusal& refusal);
};

}  // namespace freshet::park
