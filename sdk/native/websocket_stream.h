// One WebSocket of the native platform: connects, shakes hands, frames, answers pings, closes.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "freshet/platform.h"
#include "native/entropy.h"
#include "native/event_loop.h"
#include "native/line.h"
#include "wire/websocket_frame.h"

namespace freshet::native {

class WebSocketStream;

// What all WebSockets of one loop share.
struct WebSocketShared {
  EventLoop& loop;
  CurlMulti& multi;
  Entropy entropy = {};
  std::vector<char> buffer = std::vector<char>(64 * 1024);  // What one read takes.
  // Streams given up that finish their closing handshake.
  std::map<WebSocketStream*, std::unique_ptr<WebSocketStream>> lingering = {};
};

// Owned by the platform's handle; after linger() by what all share, until the peer has closed too
// or the time for that is over.
class WebSocketStream final : public Retirable, private Watcher {
 public:
  WebSocketStream(WebSocketShared& shared, HttpRequest request, std::string_view subprotocol,
                  WebSocketHandler& handler);
  ~WebSocketStream() override;

  void send(std::string_view text);
  // Tells the handler nothing more.
  void close(std::uint16_t code);
  // The handle is gone: a closing handshake is finished, else the connection is dropped.
  static void linger(std::unique_ptr<WebSocketStream> self);

 private:
  enum class Phase {
    connecting,
    shaking,  // Hands: our request is out, the answer is not whole.
    open,
    closing,  // Our close frame is out, the peer's is not in.
    over,
  };

  void on_connected(std::optional<ConnectionEnd> failed);
  void on_ready(int descriptor, std::uint32_t events) override;
  void read();
  void take(std::string_view bytes);
  void take_handshake(std::string_view bytes);
  void take_frames(std::string_view bytes);
  void take_event(const wire::WebSocketEvent& event);

  void on_timer();

  void enqueue(wire::Opcode opcode, std::string_view payload);
  void enqueue_close(std::uint16_t code, std::string_view reason);
  void flush_later();
  void flush();
  void watch();
  void end(ConnectionEnd end);

  WebSocketShared& shared_;
  WebSocketHandler* handler_;
  std::unique_ptr<Line> line_;
  wire::WebSocketParser parser_;
  Phase phase_ = Phase::connecting;
  bool flush_queued_ = false;
  bool wants_out_ = false;
  // Of the handshake: what is to be said, then its answer so far, and the key it must fit.
  struct Handshake;
  std::unique_ptr<Handshake> handshake_;
  std::string out_;  // Not yet taken by the line.
  std::size_t out_at_ = 0;
  LoopTimer timer_;         // To read on in the next turn, or to stop lingering.
  bool lingering_ = false;  // shared_ owns this.
};

}  // namespace freshet::native
