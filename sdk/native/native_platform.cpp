// The native platform (freshet/native.h): event loop, libcurl and WebSockets on one thread.
#include <pthread.h>

#include <csignal>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "freshet/native.h"
#include "native/curl_multi.h"
#include "native/event_loop.h"
#include "native/http_stream.h"
#include "native/websocket_stream.h"

namespace freshet::native {

namespace {

// How long the end of a platform waits for peers to answer close frames.
constexpr Duration grace{250};

// What the thread works on; it outlives the platform where that is destroyed by the thread itself.
struct Engine {
  EventLoop loop;
  CurlMulti multi{loop};
  WebSocketShared websockets{loop, multi};
};

class PlatformRequest final : public Platform::Request {
 public:
  PlatformRequest(Engine& engine, HttpRequest request, HttpHandler& handler)
      : engine_(engine),
        stream_(std::make_unique<HttpStream>(engine.multi, std::move(request), handler)) {}
  ~PlatformRequest() override {
    stream_->give_up();
    engine_.loop.retire(std::move(stream_));
  }

 private:
  Engine& engine_;
  std::unique_ptr<HttpStream> stream_;
};

class PlatformWebSocket final : public Platform::WebSocket {
 public:
  PlatformWebSocket(Engine& engine, HttpRequest request, std::string_view subprotocol,
                    WebSocketHandler& handler)
      : stream_(std::make_unique<WebSocketStream>(engine.websockets, std::move(request),
                                                  subprotocol, handler)) {}
  ~PlatformWebSocket() override { WebSocketStream::linger(std::move(stream_)); }

  void send(std::string text) override { stream_->send(text); }
  void close(std::uint16_t code) override { stream_->close(code); }

 private:
  std::unique_ptr<WebSocketStream> stream_;
};

class PlatformTimer final : public Platform::Timer {
 public:
  PlatformTimer(EventLoop& loop, std::function<void()> task) : timer_(loop, std::move(task)) {}
  void set(std::optional<Duration> at) override { timer_.set(at); }

 private:
  LoopTimer timer_;
};

// Threads that could not be joined because they destroyed their platform themselves: joined when
// the process ends, so that none runs into the destruction of what it uses.
class LeftThreads {
 public:
  ~LeftThreads() {
    for (std::thread& thread : threads_) thread.join();
  }
  void add(std::thread thread) {
    const std::lock_guard lock(mutex_);
    threads_.push_back(std::move(thread));
  }

 private:
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

LeftThreads& left_threads() {
  static LeftThreads threads;
  return threads;
}

void run(Engine& engine) {
  engine.loop.run([&engine] { return engine.websockets.lingering.empty(); }, grace);
  engine.websockets.lingering.clear();
}

// A new thread takes no signals: they are for the application's own threads.
std::thread start_thread(std::function<void()> body) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(body));
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

class NativePlatform final : public Platform {
 public:
  NativePlatform() : engine_(std::make_shared<Engine>()) {
    // Made before the first thread, so that it is destroyed after main() but before libcurl's own.
    left_threads();
    thread_ = start_thread([engine = engine_] { run(*engine); });
    pthread_setname_np(thread_.native_handle(), "freshet");
  }

  ~NativePlatform() override {
    engine_->loop.stop();
    if (thread_.joinable()) thread_.join();
  }

  // For the last who holds it. On the platform's own thread that is a callback: the client returns
  // into a turn that still asks for the time, so the platform goes behind the client's last task.
  static void let_go(NativePlatform* platform) {
    std::shared_ptr<NativePlatform> kept(platform);
    if (!platform->on_thread()) return;
    left_threads().add(std::move(platform->thread_));
    platform->engine_->loop.post([kept = std::move(kept)] {});
  }

  Duration now() override { return EventLoop::now(); }
  void post(std::function<void()> task) override { engine_->loop.post(std::move(task)); }
  bool on_thread() override { return engine_->loop.on_thread(); }

  std::unique_ptr<Timer> make_timer(std::function<void()> task) override {
    return std::make_unique<PlatformTimer>(engine_->loop, std::move(task));
  }

  std::unique_ptr<Request> request(HttpRequest request, HttpHandler& handler) override {
    return std::make_unique<PlatformRequest>(*engine_, std::move(request), handler);
  }

  std::unique_ptr<WebSocket> open_websocket(HttpRequest request, std::string_view subprotocol,
                                            WebSocketHandler& handler) override {
    return std::make_unique<PlatformWebSocket>(*engine_, std::move(request), subprotocol, handler);
  }

 private:
  std::shared_ptr<Engine> engine_;
  std::thread thread_;
};

}  // namespace

}  // namespace freshet::native

namespace freshet {

std::shared_ptr<Platform> make_native_platform() {
  return {new native::NativePlatform, native::NativePlatform::let_go};
}

std::shared_ptr<Platform> native_platform() {
  static std::mutex mutex;
  static std::weak_ptr<Platform> shared;
  const std::lock_guard lock(mutex);
  auto platform = shared.lock();
  if (!platform) shared = platform = make_native_platform();
  return platform;
}

}  // namespace freshet
