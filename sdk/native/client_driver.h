// What stands behind a Client: the core, the callbacks, and the platform that carries out the
// core's actions. freshet/client.h has the rules that it keeps for applications.
//
// The core is called under `mutex_`, from any thread; its actions are carried out on the platform
// thread only, each outside the lock. Callbacks run outside the lock too, so they may call
// anything.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <unordered_map>
#include <vector>

#include "core/client.h"
#include "freshet/client.h"
#include "freshet/platform.h"
#include "native/client_connection.h"
#include "native/publish_post.h"
#include "wire/endpoints.h"

namespace freshet {

class ClientDriver final : public std::enable_shared_from_this<ClientDriver>,
                           private native::FrameSink {
 public:
  // `platform` must outlive close().
  ClientDriver(std::string_view url, ClientOptions options, Platform& platform);

  Result<core::SubscriptionId> subscribe(std::string_view pattern,
                                         std::function<void(const Message&)> on_message,
                                         SubscribeOptions options);
  void unsubscribe(core::SubscriptionId subscription);
  std::string cursor(core::SubscriptionId subscription);
  std::future<Result<Ack>> publish(std::string_view topic, std::string json,
                                   const PublishOptions& options);
  void on_state(std::function<void(const State&)> listener);
  State state();
  Result<void> set_transports(std::vector<Transport> transports);
  // Waits for a callback that is running, but inside one.
  void close();

 private:
  // The callbacks of one subscription. `open` is read between two callbacks without the lock.
  struct Listener {
    std::function<void(const Message&)> on_message;
    std::function<void(const Gap&)> on_gap;
    std::function<void()> on_live;
    std::function<void(const Error&)> on_error;
    std::atomic<bool> open{true};
  };
  using Listeners = std::vector<std::shared_ptr<Listener>>;

  struct PendingPublish {
    std::string json;
    std::promise<Result<Ack>> promise;
  };

  class Turn;

  // native::FrameSink
  void read_all(const std::function<void()>& read) override;
  void take_frame(core::ConnectionId connection, std::string_view frame) override;
  void take_end(core::ConnectionId connection, const ConnectionEnd& end) override;

  core::Instant now() { return {platform_.now()}; }
  void act_later();
  void act();
  void end_turn();
  void perform(core::Action& action);
  void open_stream(core::Action& action);
  void poll(core::Action& action);
  void send(core::ConnectionId connection, std::string text);
  void post(core::Action& action);
  void close_connection(core::Action& action);
  void tell_state();
  void tell_gap(core::Action& action);
  void tell_live(core::Action& action);
  void tell_error(core::Action& action);
  void tell_published(core::Action& action);

  void take_answer(core::RequestId request, std::string_view line);
  void take_post_end(core::RequestId request, const ConnectionEnd& end);
  void close_post(core::RequestId request);
  HttpRequest make_request(std::string_view target);
  // The text of a publish with its payload and the end of its frame.
  std::string with_payload(core::Action& action);
  std::shared_ptr<Listener> listener(core::SubscriptionId subscription);
  void deliver(const Listeners& receivers, const Message& message);
  void deliver_later(const Listeners& receivers, const Message& message);
  void call_back(std::function<void()> call);
  bool begin_callback();
  void end_callback();
  void detach();

  Platform& platform_;
  const ClientOptions options_;
  Result<wire::BaseUrl> url_;
  std::string base_;  // Of every request: origin and prefix.

  // On the platform thread only.
  std::unique_ptr<Platform::Timer> timer_;
  std::map<core::ConnectionId, std::unique_ptr<native::ClientConnection>> connections_;
  std::map<core::RequestId, std::unique_ptr<native::PublishPost>> posts_;
  // Closed in this turn; one of them may have called us.
  std::vector<std::unique_ptr<native::ClientConnection>> closed_connections_;
  std::vector<std::unique_ptr<native::PublishPost>> closed_posts_;
  std::string lines_;    // Of the next POST of publishes.
  Listeners receivers_;  // Scratch of take_frame.
  unsigned turn_depth_ = 0;
  core::OptionalInstant timeout_;

  std::mutex mutex_;  // Guards the rest.
  core::Client core_;
  std::unordered_map<core::SubscriptionId, std::shared_ptr<Listener>> listeners_;
  std::unordered_map<core::PublishId, PendingPublish> publishes_;
  std::shared_ptr<std::function<void(const State&)>> state_listener_;
  // Those that run a callback: the platform's, for `token`, and the executor's.
  std::vector<std::thread::id> callback_threads_;
  std::condition_variable callback_done_;
  bool acting_queued_ = false;
  bool closed_ = false;  // By the application: no callback begins any more.
};

}  // namespace freshet
