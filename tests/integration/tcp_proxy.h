// A TCP proxy on a port of its own between clients and a server, with the faults of real paths.
// They befall the connections there are, new ones, or both, as each says.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <list>
#include <mutex>
#include <string>
#include <thread>

#include "native/descriptor.h"

namespace freshet::tests {

class TcpProxy {
 public:
  enum class Side { client, server };

  explicit TcpProxy(std::uint16_t target);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  std::uint16_t port() const { return port_; }
  std::string url() const { return "http://127.0.0.1:" + std::to_string(port_); }

  // Where new connections go.
  void set_target(std::uint16_t target);
  // New connections whose first request asks for a path with this beginning are closed; empty:
  // none.
  void block(std::string path);
  // Ends every connection there is.
  void cut();
  // Of every connection there is, nothing reaches `side` any more, and nothing ends.
  void stall(Side side);
  // The same in both directions.
  void stall();
  // Every connection there is ends in one direction: `side` reads to its end, and may go on
  // sending.
  void half_close(Side side);
  // While frozen nothing passes on any connection, old or new, and nothing ends.
  void freeze(bool frozen);
  // While on, answers pass only when they are whole, on any connection, as through a proxy that
  // buffers. A WebSocket's bytes pass.
  void hold_answers(bool held);
  // From now on every byte passes so much later.
  void delay(std::chrono::milliseconds delay);

 private:
  using Instant = std::chrono::steady_clock::time_point;

  struct Piece {
    Instant due;
    std::string bytes;
  };
  // What goes to one side.
  struct Way {
    std::deque<Piece> waiting;
    bool stalled = false;
    bool ended = false;  // That side was told of an end; nothing may follow.
  };
  struct Pair {
    native::Descriptor client;
    native::Descriptor server;  // None before the first bytes of the client were looked at.
    Way to_client;
    Way to_server;
    std::string answer;      // Held until it is whole.
    bool upgraded = false;   // No answers any more.
    bool finishing = false;  // One side has ended: over once all is passed.
    bool over = false;
  };
  // What the thread obeys, and what it has to do once.
  struct Orders {
    std::uint16_t target = 0;
    std::string blocked;
    std::chrono::milliseconds delay{0};
    bool frozen = false;
    bool held = false;
    bool ended = false;
    bool cut = false;
    bool stall_client = false;
    bool stall_server = false;
    bool close_client = false;
    bool close_server = false;
  };

  template <typename Change>
  void order(Change change);
  Orders take_orders();
  void run();
  void obey(const Orders& orders);
  void accept();
  void open(Pair& pair, const Orders& orders);
  void read(Pair& pair, Side from, const Orders& orders);
  static void release(Pair& pair, const Orders& orders);
  static void pass_due(Pair& pair, Instant now);
  int timeout_ms() const;

  native::Descriptor listener_;
  native::Descriptor wake_;
  std::uint16_t port_ = 0;
  std::list<Pair> pairs_;  // By the thread only.

  std::mutex mutex_;
  Orders orders_;  // Guarded.

  std::thread thread_;
};

}  // namespace freshet::tests
