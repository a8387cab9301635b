// The client: one subscribe() over WebSocket, Server-Sent Events, long polling and polling, and one
// publish(). Start here.
//
//   freshet::Client client{"http://127.0.0.1:8080"};
//   auto prices = client.subscribe("prices.*", [](const freshet::Message& m) {
//     std::cout << m.topic << ' ' << m.data << '\n';
//   });
//   if (!prices) return fail(prices.error().message);
#pragma once

#include <functional>
#include <future>
#include <memory>
#include <string>
#include <string_view>

#include "freshet/message.h"
#include "freshet/options.h"
#include "freshet/result.h"
#include "freshet/state.h"
#include "freshet/subscription.h"

namespace freshet {

class Platform;

// Connects at the first subscribe or publish, returns after every loss by one policy, and delivers
// each message once, in order, whatever the transport. Every member may be called from any thread
// and from inside callbacks. Callbacks run one at a time, on the platform's thread or the
// executor of the options, never inside a call of yours. The destructor closes; when it has
// returned no callback runs (called inside a callback: none runs afterwards).
class Client {
 public:
  // `url`: http(s)://host[:port][/prefix]. A bad one is told by subscribe() and publish(), and by a
  // closed state. Without a platform the process-wide native one serves this client: one thread
  // for any number of clients.
  explicit Client(std::string url, ClientOptions options = {},
                  std::shared_ptr<Platform> platform = nullptr);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Delivers every message of the topics that `pattern` matches, in order and once, until the
  // handle is destroyed. invalid_pattern, invalid_cursor, invalid_url, closed.
  [[nodiscard]] Result<Subscription> subscribe(std::string pattern,
                                               std::function<void(const Message&)> on_message,
                                               SubscribeOptions options = {});

  // The same with the data read into a T; a message whose data is no T goes to options.on_error as
  // invalid_json and the subscription goes on. Defined in freshet/json.h.
  template <typename T>
  [[nodiscard]] Result<Subscription> subscribe(std::string pattern,
                                               std::function<void(const MessageOf<T>&)> on_message,
                                               SubscribeOptions options = {});

  // Publishes one JSON value. The future is ready with the id once the log has it, or with what
  // went wrong: queue_full, timeout, closed, forbidden, unauthorized, too_large, invalid_topic,
  // invalid_json, outcome_unknown. Do not wait for it inside a callback.
  std::future<Result<Ack>> publish_json(std::string topic, std::string json,
                                        PublishOptions options = {});

  // The same for any T with a to_json. Defined in freshet/json.h.
  template <typename T>
  std::future<Result<Ack>> publish(std::string topic, const T& value, PublishOptions options = {});

  // Called with the current state, then with each change. Replaces the previous listener.
  void on_state(std::function<void(const State&)> listener);
  State state() const;

  // Another order of transports, while it runs: handed over without loss.
  Result<void> set_transports(std::vector<Transport> transports);

  // Ends everything; pending publishes fail with closed. Returns when no callback runs any more,
  // or at once inside a callback.
  void close();

 private:
  std::shared_ptr<Platform> platform_;
  std::shared_ptr<ClientDriver> driver_;
};

}  // namespace freshet
