// One connection of a client over a platform: bytes of any transport in, frames out. Used by
// client_driver, on the platform thread only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/action.h"
#include "core/event.h"
#include "freshet/platform.h"
#include "native/answer_reader.h"
#include "wire/sse.h"

namespace freshet::native {

// Where a connection's frames and its end go. Each may close the connection, and outside read_all()
// destroy it before it returns.
class FrameSink {
 public:
  // Runs `read`, which takes several frames out of one piece; what they close lives until its end.
  virtual void read_all(const std::function<void()>& read) = 0;
  virtual void take_frame(core::ConnectionId connection, std::string_view frame) = 0;
  virtual void take_end(core::ConnectionId connection, const ConnectionEnd& end) = 0;

 protected:
  ~FrameSink() = default;
};

// Closed, it tells nothing more.
class ClientConnection {
 public:
  virtual ~ClientConnection() = default;
  // One text message of a WebSocket.
  virtual void send(std::string) {}
  // One more request of a polling connection.
  virtual void poll(Platform&, HttpRequest) {}
  // Whether this end is one request's, and the connection goes on.
  virtual bool lives_on(const ConnectionEnd&) const { return false; }
  virtual void close(std::uint16_t code) = 0;
};

class WebSocketConnection final : public ClientConnection, private WebSocketHandler {
 public:
  // nullptr when the platform has no WebSocket.
  static std::unique_ptr<WebSocketConnection> open(Platform& platform, HttpRequest request,
                                                   core::ConnectionId id, FrameSink& sink);
  void send(std::string text) override { socket_->send(std::move(text)); }
  void close(std::uint16_t code) override;

 private:
  WebSocketConnection(core::ConnectionId id, FrameSink& sink) : id_(id), sink_(sink) {}
  void on_text(std::string_view text) override;
  void on_refused(const HttpHead& head) override { sink_.take_end(id_, refused_end(head, {})); }
  void on_end(const ConnectionEnd& end) override { sink_.take_end(id_, end); }

  core::ConnectionId id_;
  FrameSink& sink_;
  std::unique_ptr<Platform::WebSocket> socket_;
};

class SseConnection final : public ClientConnection, private AnswerReader {
 public:
  SseConnection(Platform& platform, HttpRequest request, core::ConnectionId id, FrameSink& sink);
  void close(std::uint16_t code) override;

 private:
  void on_accepted(const HttpHead& head) override;
  void on_bytes(std::string_view bytes) override;
  void on_answered(const ConnectionEnd& end) override;
  void read(std::string_view bytes);
  void fail(std::string reason);

  core::ConnectionId id_;
  FrameSink& sink_;
  wire::SseParser parser_;
  std::unique_ptr<Platform::Request> request_;
};

// Polling and long polling: one request after another.
class PollConnection final : public ClientConnection, private AnswerReader {
 public:
  PollConnection(core::ConnectionId id, FrameSink& sink) : id_(id), sink_(sink) {}
  void poll(Platform& platform, HttpRequest request) override;
  bool lives_on(const ConnectionEnd& end) const override { return end.kind == EndKind::finished; }
  void close(std::uint16_t code) override;

 private:
  void on_bytes(std::string_view bytes) override;
  void on_answered(const ConnectionEnd& end) override;
  void read(std::string_view bytes);

  core::ConnectionId id_;
  FrameSink& sink_;
  LineReader lines_;
  std::unique_ptr<Platform::Request> request_;
};

}  // namespace freshet::native
