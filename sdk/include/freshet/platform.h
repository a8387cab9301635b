// What a client needs from the event loop under it: a clock, a queue of tasks, timers, HTTP
// requests and WebSockets. freshet/native.h is one; write another to run clients on a loop of your
// own (Asio, Qt, libuv, a simulator) and give it to the Client.
//
//   platform thread   exactly one; everything but now(), post() and on_thread() is called there,
//                     and every handler is called there, never inside a call into the platform
//   handles           what request(), open_websocket() and make_timer() return is destroyed by the
//                     client, also inside one of its own handler's calls; then nothing more is told
//                     of it, and the view a handler was given stays valid until that call returns
//   lifetime          the client holds the platform; every posted task is run, the last at the
//                     latest while the platform is being destroyed (one around another outlives
//                     the other). A client that is destroyed inside a callback lets go of it there,
//                     and still calls it until the task that it posted last has run
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "freshet/connection_end.h"
#include "freshet/time.h"

namespace freshet {

using HttpHeaders = std::vector<std::pair<std::string, std::string>>;

struct HttpRequest {
  std::string url;  // http:// or https://; the same for a WebSocket.
  HttpHeaders headers;
  std::optional<std::string> body;  // POST when there is one, else GET.
  // Do not send it on a connection that is kept from before: it may be dead without showing it.
  bool fresh_connection = false;
  // TLS certificates are checked against this PEM file, or the system's authorities when empty.
  std::string ca_file;
  bool insecure = false;  // They are not checked at all.
  // The address of this machine to connect from; empty: the system chooses. For a platform around
  // another one: the client never sets it.
  std::string source_address;
};

struct HttpHead {
  int status = 0;
  HttpHeaders headers;  // Names as they came; compare without regard to case.
};

// Told of one HTTP request: on_head once, on_body as bytes come in, on_end last.
class HttpHandler {
 public:
  virtual void on_head(const HttpHead& head) = 0;
  virtual void on_body(std::string_view bytes) = 0;
  // finished: the answer is complete, whatever its status. unreachable or lost: it is not.
  virtual void on_end(const ConnectionEnd& end) = 0;

 protected:
  ~HttpHandler() = default;
};

// Told of one WebSocket: either on_refused, or messages and at last on_end.
class WebSocketHandler {
 public:
  // The whole text message. Binary ones are not told.
  virtual void on_text(std::string_view text) = 0;
  // The handshake was answered with a status other than 101.
  virtual void on_refused(const HttpHead& head) = 0;
  // closed, unreachable, lost or malformed.
  virtual void on_end(const ConnectionEnd& end) = 0;

 protected:
  ~WebSocketHandler() = default;
};

class Platform {
 public:
  // One running request. Destroying it gives it up.
  class Request {
   public:
    virtual ~Request() = default;
  };

  // One WebSocket, from the first attempt to connect.
  class WebSocket {
   public:
    // Destroyed before it was closed, the connection is dropped without a closing handshake.
    virtual ~WebSocket() = default;
    // Sends one text message, or keeps it until the peer takes it. When too much is kept already
    // the connection ends as lost. REQUIRES: a message has come in, so that it is open.
    virtual void send(std::string text) = 0;
    // Begins the closing handshake; nothing more is told, and destroying this does not disturb it.
    virtual void close(std::uint16_t code) = 0;
  };

  class Timer {
   public:
    virtual ~Timer() = default;
    // The task given to make_timer runs once at `at` of now()'s clock, or soon when that has
    // passed; nullopt: not at all. Replaces what was set before.
    virtual void set(std::optional<Duration> at) = 0;
  };

  virtual ~Platform() = default;

  // Milliseconds on a clock that never steps, whatever its zero. From any thread.
  virtual Duration now() = 0;
  // Runs `task` on the platform thread, in order, never inside this call. From any thread.
  virtual void post(std::function<void()> task) = 0;
  // Whether the caller is the platform thread. From any thread.
  virtual bool on_thread() = 0;

  virtual std::unique_ptr<Timer> make_timer(std::function<void()> task) = 0;
  virtual std::unique_ptr<Request> request(HttpRequest request, HttpHandler& handler) = 0;
  // Opens a WebSocket with this subprotocol; nullptr when the platform has none: the client then
  // does without.
  virtual std::unique_ptr<WebSocket> open_websocket(HttpRequest request,
                                                    std::string_view subprotocol,
                                                    WebSocketHandler& handler) = 0;
};

}  // namespace freshet
