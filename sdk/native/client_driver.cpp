#include "native/client_driver.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <random>
#include <utility>

#include "core/request.h"
#include "wire/control.h"

namespace freshet {

namespace {

constexpr std::string_view sdk_name = "cpp/0.1.0";

core::ClientConfig config_of(const ClientOptions& options) {
  return {
      .transports = options.transports.empty() ? core::transports_of(options.profile)
                                               : core::TransportOrder{options.transports},
      .reconnect = options.reconnect,
      .initial_spread = options.initial_spread,
      .hedge_after = options.hedge_after,
      .connect_timeout = options.connect_timeout,
      .reprobe_after = options.reprobe_after,
      .long_poll_wait = options.long_poll_wait,
      .poll_interval = options.poll_interval,
      .publish_queue_max = options.publish_queue_max,
      .publish_queue_bytes_max = options.publish_queue_bytes_max,
      .sdk = sdk_name,
  };
}

// No value can look like it: in addresses they are percent-encoded, in JSON their quotes escaped.
bool shows_ticket(const core::Request& request) {
  return request.target.find("ticket=") != std::string_view::npos ||
         request.body.find("\"ticket\":") != std::string_view::npos;
}

std::uint64_t random_seed() {
  std::random_device device;
  return std::uint64_t{device()} << 32 | device();
}

std::future<Result<Ack>> failed_publish(Error error) {
  std::promise<Result<Ack>> promise;
  promise.set_value(std::move(error));
  return promise.get_future();
}

}  // namespace

// A stretch on the platform thread in which something happens to this client: at its end the
// actions are carried out, the timer is set, and what was closed is destroyed. Keeps the driver
// alive.
class ClientDriver::Turn {
 public:
  explicit Turn(ClientDriver& driver) : driver_(driver.shared_from_this()) {
    ++driver_->turn_depth_;
  }
  ~Turn() {
    driver_->act();
    // Deeper ones are those of a platform whose loop runs inside a callback.
    if (--driver_->turn_depth_ == 0) driver_->end_turn();
  }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  std::shared_ptr<ClientDriver> driver_;
};

ClientDriver::ClientDriver(std::string_view url, ClientOptions options, Platform& platform)
    : platform_(platform),
      options_(std::move(options)),
      url_(wire::parse_base_url(url)),
      core_(config_of(options_), random_seed()) {
  if (url_) {
    base_ = url_->origin() + url_->prefix;
  } else {
    core_.close();
    while (core_.poll_action(now())) {
    }  // Nobody listens yet, and a listener is told the state when it comes.
  }
}

Result<core::SubscriptionId> ClientDriver::subscribe(std::string_view pattern,
                                                     std::function<void(const Message&)> on_message,
                                                     SubscribeOptions options) {
  if (!url_) return url_.error();
  if (!on_message) return Error{ErrorCode::invalid_argument, "a subscription needs a callback"};
  auto added = std::make_shared<Listener>();
  added->on_message = std::move(on_message);
  added->on_gap = std::move(options.on_gap);
  added->on_live = std::move(options.on_live);
  added->on_error = std::move(options.on_error);
  const std::lock_guard lock(mutex_);
  Error refused;
  const core::SubscriptionId id = core_.subscribe(pattern, options.cursor, refused);
  if (id == 0) return refused;
  listeners_.emplace(id, std::move(added));
  act_later();
  return id;
}

void ClientDriver::unsubscribe(core::SubscriptionId subscription) {
  std::shared_ptr<Listener> ended;  // Destroyed, with what the callbacks hold, outside the lock.
  const std::lock_guard lock(mutex_);
  const auto found = listeners_.find(subscription);
  if (found == listeners_.end()) return;
  found->second->open = false;
  ended = std::move(found->second);
  listeners_.erase(found);
  if (closed_) return;
  core_.unsubscribe(subscription);
  act_later();
}

std::string ClientDriver::cursor(core::SubscriptionId subscription) {
  const std::lock_guard lock(mutex_);
  return core_.cursor(subscription);
}

std::future<Result<Ack>> ClientDriver::publish(std::string_view topic, std::string json,
                                               const PublishOptions& options) {
  if (!url_) return failed_publish(url_.error());
  // Several publishes share one request, line by line: a value that is not one would be several.
  if (!nlohmann::json::accept(json)) {
    return failed_publish({ErrorCode::invalid_json,
                           "the data is not one JSON value in UTF-8; text must be \"quoted\""});
  }
  // Valid JSON has raw line ends only between its tokens.
  std::replace(json.begin(), json.end(), '\n', ' ');
  std::replace(json.begin(), json.end(), '\r', ' ');
  const std::lock_guard lock(mutex_);
  Error refused;
  const core::PublishId id =
      core_.publish(now(), topic, json.size(), options.key, options.timeout, refused);
  if (id == 0) return failed_publish(refused);
  PendingPublish& pending = publishes_[id];
  pending.json = std::move(json);
  act_later();
  return pending.promise.get_future();
}

void ClientDriver::on_state(std::function<void(const State&)> listener) {
  const std::lock_guard lock(mutex_);
  if (closed_) return;
  state_listener_ =
      listener ? std::make_shared<std::function<void(const State&)>>(std::move(listener)) : nullptr;
  platform_.post([self = shared_from_this()] {
    const Turn turn(*self);
    self->tell_state();
  });
}

State ClientDriver::state() {
  if (!url_) return {.kind = state::Closed{url_.error()}, .unavailable = {}};
  const std::lock_guard lock(mutex_);
  return core_.state();
}

Result<void> ClientDriver::set_transports(std::vector<Transport> transports) {
  if (!url_) return url_.error();
  if (transports.empty()) {
    return Error{ErrorCode::invalid_argument, "the list of transports is empty"};
  }
  const std::lock_guard lock(mutex_);
  core_.set_transports(now(), std::move(transports));
  if (!closed_) act_later();
  return {};
}

void ClientDriver::close() {
  std::unique_lock lock(mutex_);
  if (!closed_) {
    closed_ = true;
    core_.close();
    for (auto& [id, open] : listeners_) open->open = false;
    platform_.post([self = shared_from_this()] { self->detach(); });
  }
  callback_done_.wait(lock, [this] {
    return std::all_of(callback_threads_.begin(), callback_threads_.end(),
                       [](std::thread::id id) { return id == std::this_thread::get_id(); });
  });
}

// Everything of this client that belongs to the platform thread goes.
void ClientDriver::detach() {
  {
    const Turn turn(*this);
  }
  connections_.clear();
  posts_.clear();
  timer_.reset();
  std::unordered_map<core::SubscriptionId, std::shared_ptr<Listener>> ended;
  std::unordered_map<core::PublishId, PendingPublish> left;
  const std::lock_guard lock(mutex_);
  ended.swap(listeners_);
  left.swap(publishes_);
}

// REQUIRES: mutex_ is held.
void ClientDriver::act_later() {
  if (acting_queued_) return;
  acting_queued_ = true;
  platform_.post([self = shared_from_this()] { const Turn turn(*self); });
}

// Carries out every action there is; each may bring about further ones.
void ClientDriver::act() {
  for (;;) {
    core::Action* action;
    {
      const std::lock_guard lock(mutex_);
      acting_queued_ = false;
      action = core_.poll_action(now());
      if (!action) timeout_ = core_.poll_timeout();
    }
    if (!action) return;
    perform(*action);
  }
}

void ClientDriver::end_turn() {
  if (!timer_ && timeout_) {
    timer_ = platform_.make_timer([this] {
      const Turn turn(*this);
      const std::lock_guard lock(mutex_);
      core_.handle_timeout(now());
    });
  }
  if (timer_) timer_->set(timeout_ ? std::optional(timeout_->since_zero) : std::nullopt);
  closed_connections_.clear();
  closed_posts_.clear();
}

void ClientDriver::read_all(const std::function<void()>& read) {
  const Turn turn(*this);
  read();
}

void ClientDriver::take_frame(core::ConnectionId connection, std::string_view frame) {
  const Turn turn(*this);
  Listeners receivers = std::move(receivers_);
  Message message;
  {
    const std::lock_guard lock(mutex_);
    const core::Delivery delivery = core_.handle_frame(now(), connection, frame);
    for (const core::SubscriptionId id : delivery.subscriptions) {
      const auto found = listeners_.find(id);
      if (found != listeners_.end()) receivers.push_back(found->second);
    }
    if (!receivers.empty()) {
      message = {delivery.head.topic, delivery.head.id,
                 Duration{static_cast<Duration::rep>(delivery.head.time)},
                 wire::frame_data(frame, delivery.head)};
    }
  }
  if (!receivers.empty()) {
    if (options_.executor) {
      deliver_later(receivers, message);
    } else {
      deliver(receivers, message);
    }
  }
  receivers.clear();
  receivers_ = std::move(receivers);
}

void ClientDriver::deliver(const Listeners& receivers, const Message& message) {
  if (!begin_callback()) return;
  for (const auto& receiver : receivers) {
    // One that was closed by another's callback, or by the client's destructor, gets no more.
    if (receiver->open) receiver->on_message(message);
  }
  end_callback();
}

// By the executor, who needs a copy: the frame's bytes are gone by then.
void ClientDriver::deliver_later(const Listeners& receivers, const Message& message) {
  auto topic = std::make_shared<const std::string>(message.topic);
  auto data = std::make_shared<const std::string>(message.data);
  options_.executor([self = shared_from_this(), receivers, topic, data, message] {
    self->deliver(receivers, {*topic, message.id, message.time, *data});
  });
}

void ClientDriver::take_end(core::ConnectionId connection, const ConnectionEnd& end) {
  const Turn turn(*this);
  const auto found = connections_.find(connection);
  if (found == connections_.end()) return;
  if (!found->second->lives_on(end)) {
    closed_connections_.push_back(std::move(found->second));
    connections_.erase(found);
  }
  const std::lock_guard lock(mutex_);
  core_.handle_end(now(), connection, core::view_of(end));
}

void ClientDriver::perform(core::Action& action) {
  switch (action.kind) {
    case core::ActionKind::open_stream:
      return open_stream(action);
    case core::ActionKind::poll:
      return poll(action);
    case core::ActionKind::send_frame:
      return send(action.id, core::frame_of(action));
    case core::ActionKind::send_publish:
      return send(action.id, with_payload(action));
    case core::ActionKind::add_line:
      lines_ += with_payload(action);
      lines_ += '\n';
      return;
    case core::ActionKind::post:
      return post(action);
    case core::ActionKind::cancel_post:
      return close_post(action.id);
    case core::ActionKind::close_connection:
      return close_connection(action);
    case core::ActionKind::tell_state:
      return tell_state();
    case core::ActionKind::tell_gap:
      return tell_gap(action);
    case core::ActionKind::tell_live:
      return tell_live(action);
    case core::ActionKind::tell_error:
      return tell_error(action);
    case core::ActionKind::tell_published:
      return tell_published(action);
  }
}

void ClientDriver::open_stream(core::Action& action) {
  HttpRequest request = make_request(core::request_of(action).target);
  request.fresh_connection = true;
  FrameSink& sink = *this;
  std::unique_ptr<native::ClientConnection> connection;
  if (action.transport == Transport::websocket) {
    connection = native::WebSocketConnection::open(platform_, std::move(request), action.id, sink);
  } else {
    connection =
        std::make_unique<native::SseConnection>(platform_, std::move(request), action.id, sink);
  }
  if (connection) {
    connections_.emplace(action.id, std::move(connection));
    return;
  }
  const std::lock_guard lock(mutex_);
  core_.handle_end(now(), action.id,
                   {.kind = EndKind::unsupported, .reason = "the platform has no WebSocket"});
}

void ClientDriver::poll(core::Action& action) {
  const core::Request asked = core::request_of(action);
  HttpRequest request = make_request(asked.target);
  if (!asked.body.empty()) {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = asked.body;
  }
  auto& connection = connections_[action.id];
  if (!connection) {
    // A new attempt is to try the path anew; the polls that follow keep the connection. So does a
    // client that comes at its slot, which is that server's: thousands that were refused would hold
    // two each, and the server would run out of descriptors before the last of them is in.
    request.fresh_connection = !shows_ticket(asked);
    FrameSink& sink = *this;
    connection = std::make_unique<native::PollConnection>(action.id, sink);
  }
  connection->poll(platform_, std::move(request));
}

void ClientDriver::send(core::ConnectionId connection, std::string text) {
  const auto found = connections_.find(connection);
  if (found != connections_.end()) found->second->send(std::move(text));
}

void ClientDriver::post(core::Action& action) {
  HttpRequest request = make_request(core::request_of(action).target);
  request.body = std::exchange(lines_, {});
  posts_[action.id] = std::make_unique<native::PublishPost>(
      platform_, std::move(request),
      [this, id = action.id](std::string_view line) { take_answer(id, line); },
      [this, id = action.id](const ConnectionEnd& end) { take_post_end(id, end); });
}

// No turn of its own: what comes of it is done when the answer ends, while its reader may not go.
void ClientDriver::take_answer(core::RequestId request, std::string_view line) {
  const std::lock_guard lock(mutex_);
  core_.handle_publish_answer(request, wire::flatten(line).value_or(""));
}

void ClientDriver::take_post_end(core::RequestId request, const ConnectionEnd& end) {
  const Turn turn(*this);
  close_post(request);
  const std::lock_guard lock(mutex_);
  core_.handle_post_end(now(), request, core::view_of(end));
}

void ClientDriver::close_post(core::RequestId request) {
  const auto found = posts_.find(request);
  if (found == posts_.end()) return;
  closed_posts_.push_back(std::move(found->second));
  posts_.erase(found);
}

void ClientDriver::close_connection(core::Action& action) {
  const auto found = connections_.find(action.id);
  if (found == connections_.end()) return;
  found->second->close(static_cast<std::uint16_t>(action.close_code));
  closed_connections_.push_back(std::move(found->second));
  connections_.erase(found);
}

void ClientDriver::tell_state() {
  std::shared_ptr<std::function<void(const State&)>> told;
  {
    const std::lock_guard lock(mutex_);
    told = state_listener_;
  }
  if (told) call_back([told, now = state()] { (*told)(now); });
}

void ClientDriver::tell_gap(core::Action& action) {
  const auto told = listener(action.id);
  if (!told || !told->on_gap) return;
  Gap gap{{}, std::move(action.after), std::move(action.until), std::move(action.text)};
  {
    const std::lock_guard lock(mutex_);
    gap.pattern = core_.pattern(action.id);
  }
  call_back([told, gap = std::move(gap)] {
    if (told->open) told->on_gap(gap);
  });
}

void ClientDriver::tell_live(core::Action& action) {
  const auto told = listener(action.id);
  if (!told || !told->on_live) return;
  call_back([told] {
    if (told->open) told->on_live();
  });
}

void ClientDriver::tell_error(core::Action& action) {
  const auto told = listener(action.id);
  if (!told) return;
  {
    const std::lock_guard lock(mutex_);
    listeners_.erase(action.id);
  }
  if (!told->on_error) return;
  call_back([told, error = Error{action.code, std::move(action.text)}] {
    if (told->open) told->on_error(error);
  });
}

void ClientDriver::tell_published(core::Action& action) {
  PendingPublish ended;
  {
    const std::lock_guard lock(mutex_);
    const auto found = publishes_.find(action.id);
    if (found == publishes_.end()) return;
    ended = std::move(found->second);
    publishes_.erase(found);
  }
  if (action.message_id != 0) {
    ended.promise.set_value(Ack{action.message_id});
  } else {
    ended.promise.set_value(Error{action.code, std::move(action.text)});
  }
}

HttpRequest ClientDriver::make_request(std::string_view target) {
  HttpRequest request{.url = base_ + std::string(target),
                      .headers = {{"User-Agent", "freshet-" + std::string(sdk_name)}},
                      .ca_file = options_.ca_file,
                      .insecure = options_.insecure};
  if (!options_.token || !begin_callback()) return request;
  const std::string token = options_.token();
  end_callback();
  // A line end in it would be a header of somebody else's choice.
  if (!token.empty() && token.find_first_of("\r\n") == std::string::npos) {
    request.headers.emplace_back("Authorization", "Bearer " + token);
  }
  return request;
}

std::string ClientDriver::with_payload(core::Action& action) {
  const std::lock_guard lock(mutex_);
  const auto found = publishes_.find(action.publish);
  return core::frame_of(action, found != publishes_.end() ? found->second.json : "null");
}

std::shared_ptr<ClientDriver::Listener> ClientDriver::listener(core::SubscriptionId subscription) {
  const std::lock_guard lock(mutex_);
  const auto found = listeners_.find(subscription);
  return found != listeners_.end() ? found->second : nullptr;
}

void ClientDriver::call_back(std::function<void()> call) {
  auto guarded = [self = shared_from_this(), call = std::move(call)] {
    if (!self->begin_callback()) return;
    call();
    self->end_callback();
  };
  if (options_.executor) {
    options_.executor(std::move(guarded));
  } else {
    guarded();
  }
}

bool ClientDriver::begin_callback() {
  const std::lock_guard lock(mutex_);
  if (closed_) return false;
  callback_threads_.push_back(std::this_thread::get_id());
  return true;
}

void ClientDriver::end_callback() {
  const std::lock_guard lock(mutex_);
  const auto self =
      std::find(callback_threads_.begin(), callback_threads_.end(), std::this_thread::get_id());
  callback_threads_.erase(self);
  callback_done_.notify_all();
}

}  // namespace freshet
