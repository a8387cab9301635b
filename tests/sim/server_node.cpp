#include "sim/server_node.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <utility>

#include "wire/endpoints.h"
#include "wire/topic.h"

namespace freshet::sim {

namespace {

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

// What a request asks for, as the server's subscribe_request reads it.
struct Asked {
  std::vector<std::string> patterns;
  std::vector<std::string> cursors;
  Duration wait{0};
  std::string client;
  std::string ticket;

  void take(const std::string& name, std::string value) {
    if (name == "pattern") patterns.push_back(std::move(value));
    if (name == "cursor") cursors.push_back(std::move(value));
    if (name == "wait") wait = Duration{std::stoll(value)};
    if (name == "client") client = std::move(value);
    if (name == "ticket") ticket = std::move(value);
  }
};

Asked parse_target(std::string_view target) {
  Asked asked;
  const std::size_t mark = target.find('?');
  if (mark == std::string_view::npos) return asked;
  for (std::string_view rest = target.substr(mark + 1); !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), part.size() + 1));
    const std::size_t equals = part.find('=');
    asked.take(std::string(part.substr(0, equals)), percent_decode(part.substr(equals + 1)));
  }
  return asked;
}

Asked parse_body(std::string_view body) {
  Asked asked;
  const auto json = nlohmann::json::parse(body);
  const auto list = [&](const char* one, const char* many, std::vector<std::string>& into) {
    for (const char* name : {one, many}) {
      if (!json.contains(name)) continue;
      if (json[name].is_string()) {
        into.push_back(json[name]);
      } else {
        into = json[name].get<std::vector<std::string>>();
      }
    }
  };
  list("pattern", "patterns", asked.patterns);
  list("cursor", "cursors", asked.cursors);
  asked.wait = Duration{json.value("wait", std::int64_t{0})};
  asked.client = json.value("client", std::string{});
  asked.ticket = json.value("ticket", std::string{});
  return asked;
}

std::vector<server::StartRequest> starts_of(const Asked& asked) {
  std::vector<server::StartRequest> starts;
  for (std::size_t i = 0; i < asked.patterns.size(); ++i) {
    const std::string cursor = asked.cursors.empty()       ? std::string{}
                               : asked.cursors.size() == 1 ? asked.cursors.front()
                                                           : asked.cursors.at(i);
    starts.push_back({.pattern = asked.patterns[i], .start = *wire::parse_start(cursor)});
  }
  return starts;
}

bool is_poll(Transport transport) {
  return transport == Transport::polling || transport == Transport::long_polling;
}

// As the server's transport/refusal.h.
void refuse(Link& link, Transport transport, const server::Verdict& verdict) {
  if (is_poll(transport)) {
    return link.close_from_server({.kind = EndKind::refused,
                                   .http_status = 503,
                                   .retry_after = verdict.delay,
                                   .ticket = verdict.ticket});
  }
  link.send_to_client(wire::encode(
      wire::Retry{.delay = verdict.delay, .ticket = verdict.ticket, .reason = "busy"}));
  const bool websocket = transport == Transport::websocket;
  if (!websocket) {
    link.send_to_client(wire::encode(wire::Close{wire::close_code::busy, "busy"}));
  }
  link.close_from_server({.kind = websocket ? EndKind::closed : EndKind::finished,
                          .close_code = wire::close_code::busy});
}

}  // namespace

// One connection at the server: what the transports are there, on a Link.
class Peer final : public server::Subscriber {
 public:
  Peer(ServerNode& node, unsigned number, LinkRef link, Transport transport, Asked asked)
      : node_(node),
        number_(number),
        link_(std::move(link)),
        transport_(transport),
        wait_(asked.wait) {
    link_->on_server_end = [this] { forget(); };
    link_->on_server_drained = [this] { drained(); };
    link_->on_server_frame = [this](std::string frame) { take(frame); };
    starts_ = starts_of(asked);
    client_ = asked.client.empty() ? "c" + std::to_string(++node_.clients_) : asked.client;
    if (is_poll()) {
      node_.admission_->poll_seen(client_, node_.instant());
    } else {
      stream_ = node_.admission_->stream_opened(client_, node_.instant());
    }
  }

  void begin() {
    const bool immediate = std::any_of(starts_.begin(), starts_.end(),
                                       [](const auto& start) { return start.start.is_latest(); });
    if (is_poll() && immediate) wait_ = Duration{0};
    node_.hub_->open(*this, {.client = client_, .starts = std::move(starts_), .pings = !is_poll()},
                     node_.instant());
    node_.pump_soon();
    node_.arm_tick();
  }

  server::Sent send(server::EncodedMessage& message) override {
    if (is_poll()) {
      lines_.push_back(*message.frame());
      has_message_ = true;
      node_.hub_->at_batch_end(*this);
      if (lines_.size() < poll_lines_max) return server::Sent::more;
      more_ = true;
      return server::Sent::pause;
    }
    if (link_->outbox_bytes() > node_.options_.outbox_bytes_max) return server::Sent::overflow;
    link_->send_to_client(*message.frame());
    const std::size_t enough = node_.options_.outbox_low_bytes * (replaying() ? 1 : 2);
    return link_->outbox_bytes() > enough ? server::Sent::full : server::Sent::more;
  }

  void send_control(server::EncodedMessage& frame, const wire::ServerFrame& what) override {
    if (!is_poll()) return link_->send_to_client(*frame.frame());
    if (std::holds_alternative<wire::LiveMark>(what)) {
      caught_up_ = true;
    } else {
      lines_.push_back(*frame.frame());
      has_message_ = has_message_ || std::holds_alternative<wire::Gap>(what);
    }
    node_.hub_->at_batch_end(*this);
  }

  void close(std::uint16_t code, std::string_view reason) override {
    if (transport_ == Transport::sse) {
      link_->send_to_client(wire::encode(wire::Close{code, std::string(reason)}));
    }
    link_->close_from_server(
        {.kind = transport_ == Transport::websocket ? EndKind::closed : EndKind::finished,
         .close_code = code,
         .reason = std::string(reason)});
    forget();
  }

  void batch_end() override {
    if (has_message_ || (caught_up_ && wait_ == Duration{0})) return answer();
    if (caught_up_ && !timer_set_) {
      timer_set_ = true;
      node_.schedule_.after(wait_, [this, alive = std::weak_ptr(alive_)] {
        if (!alive.expired()) answer();
      });
    }
  }

  const LinkRef& link() const { return link_; }

 private:
  static constexpr std::size_t poll_lines_max = 20;

  bool is_poll() const { return sim::is_poll(transport_); }

  void answer() {
    wire::Next next{.cursor = node_.hub_->cursor(*this),
                    .window = node_.options_.window,
                    .interval = Duration{1'000},
                    .more = more_};
    for (std::string& line : lines_) link_->send_to_client(std::move(line));
    link_->send_to_client(wire::encode(next));
    link_->close_from_server({.kind = EndKind::finished, .http_status = 200});
    forget();
  }

  // A client's frame on a WebSocket.
  void take(const std::string& text) {
    const auto frame = wire::parse_client_frame(text);
    if (!frame) return close(wire::close_code::malformed, frame.error().message);
    if (const auto* subscribe = std::get_if<wire::Subscribe>(&*frame)) {
      node_.hub_->subscribe(*this, *subscribe);
    } else if (const auto* unsubscribe = std::get_if<wire::Unsubscribe>(&*frame)) {
      node_.hub_->unsubscribe(*this, unsubscribe->ref);
    } else if (const auto* publish = std::get_if<wire::Publish>(&*frame)) {
      const auto id = node_.publish(publish->topic, std::string(publish->data), publish->key);
      link_->send_to_client(
          id ? wire::encode(wire::Ack{.ref = publish->ref, .id = *id})
             : wire::encode(wire::ErrorFrame{.ref = publish->ref,
                                             .code = std::string(to_string(id.error().code)),
                                             .message = id.error().message}));
    }
    node_.pump_soon();
  }

  void drained() {
    if (!is_poll() && node_.hub_ && replaying() &&
        link_->outbox_bytes() <= node_.options_.outbox_low_bytes) {
      node_.hub_->resume(*this);
      node_.pump_soon();
    }
  }

  // Leaves the node. Destroyed later, since it may be the one that is calling.
  void forget() {
    link_->on_server_end = nullptr;
    link_->on_server_frame = nullptr;
    link_->on_server_drained = nullptr;
    alive_.reset();
    if (!is_poll()) node_.admission_->stream_closed(stream_);
    if (node_.hub_) node_.hub_->detach(*this);
    if (auto peer = node_.peers_.extract(number_)) {
      std::shared_ptr<Peer> last = std::move(peer.mapped());
      node_.schedule_.after(Duration{0}, [last] {});
    }
  }

  ServerNode& node_;
  unsigned number_;
  LinkRef link_;
  Transport transport_;
  Duration wait_;
  std::string client_;
  std::uint32_t stream_ = 0;  // What admission knows it by.
  std::vector<server::StartRequest> starts_;
  std::vector<std::string> lines_;
  bool has_message_ = false;
  bool caught_up_ = false;
  bool more_ = false;
  bool timer_set_ = false;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
};

ServerNode::ServerNode(Schedule& schedule, core::Random& random, History& history,
                       ServerOptions options)
    : schedule_(schedule), random_(random), history_(history), options_(options) {
  start(false);
}

ServerNode::ServerNode(const ServerNode& first, ServerOptions options)
    : schedule_(first.schedule_),
      random_(first.random_),
      history_(first.history_),
      options_(options),
      log_(first.log_) {
  start(true);
}

ServerNode::~ServerNode() {
  hub_.reset();
  peers_.clear();
}

void ServerNode::drain(Duration spread) {
  draining_ = true;
  while (hub_->pump()) {
  }
  let_go_of_next(spread / static_cast<Duration::rep>(hub_->subscribers() + 1));
}

void ServerNode::let_go_of_next(Duration pause) {
  while (hub_->subscribers() > 0) {
    hub_->close_next(
        wire::close_code::going_away, "the server is stopping",
        {.delay = random_.between(Duration{0}, options_.window), .ticket = {}, .reason = "drain"});
    ++let_go_;
    if (pause == Duration{0}) continue;
    return schedule_.after(pause, [this, pause, life = life_] {
      if (life == life_ && hub_) let_go_of_next(pause);
    });
  }
  end_process();
}

void ServerNode::end_process() {
  ++life_;
  refused_before_ = refused();
  honoured_before_ = tickets_honoured();
  admission_.reset();
  log_->unfollow(*this);
  hub_.reset();  // Detaches everybody.
}

void ServerNode::crash() {
  end_process();
  for (const auto& [number, peer] : peers_) {
    const LinkRef& link = peer->link();
    link->on_server_end = nullptr;
    link->on_server_frame = nullptr;
    link->on_server_drained = nullptr;
    // A process that ends closes its sockets; a machine that ends says nothing.
    if (random_.next() % 4 == 0) {
      link->go_half_open();
    } else {
      link->cut();
    }
  }
  peers_.clear();
}

void ServerNode::start(bool keep_log) {
  if (!keep_log || !log_) {
    log_ = std::make_shared<server::MemoryLog>(random_.next(), options_.retention);
    history_.begin(log_->epoch());
  }
  hub_ = std::make_unique<server::Hub>(
      *log_, server::HubOptions{.ping = options_.ping,
                                .rules = options_.rules,
                                .backlog_bytes_max = options_.backlog_bytes_max});
  hub_->set_window(options_.window);
  admission_.emplace(server::AdmissionOptions{.window = {.admission_rate = options_.admission_rate},
                                              .limiter = {.burst = options_.admission_burst}},
                     server::HashKey{.low = random_.next(), .high = random_.next()});
  log_->follow(*this);
  pump_set_ = false;
  tick_set_ = false;
  draining_ = false;
}

void ServerNode::accept(LinkRef link, Transport transport, std::string_view target,
                        std::string_view body) {
  Asked asked = body.empty() ? parse_target(target) : parse_body(body);
  const server::Verdict verdict = ask(asked.client, asked.ticket, is_poll(transport));
  if (!verdict.admitted) return refuse(*link, transport, verdict);
  const unsigned number = ++accepted_;
  auto peer = std::make_unique<Peer>(*this, number, std::move(link), transport, std::move(asked));
  Peer& accepted = *peer;
  peers_[number] = std::move(peer);
  accepted.begin();
}

server::Verdict ServerNode::ask(const std::string& client, const std::string& ticket, bool poll) {
  return admission_->ask({.client = client, .ticket = ticket, .poll = poll}, instant());
}

std::uint64_t ServerNode::refused() const {
  return refused_before_ + (admission_ ? admission_->counts().refused : 0);
}

std::uint64_t ServerNode::tickets_honoured() const {
  return honoured_before_ + (admission_ ? admission_->counts().tickets_honoured : 0);
}

bool ServerNode::accepts_publishes(std::string_view target) const {
  const std::size_t mark = target.find("?epoch=");
  return mark == std::string_view::npos || target.substr(mark + 7) == log_->epoch();
}

Result<std::uint64_t> ServerNode::publish(std::string topic, std::string data,
                                          std::string_view key) {
  const auto appended =
      log_->append({.topic = topic,
                    .data = data,
                    .key = key,
                    .time = static_cast<std::uint64_t>(schedule_.now().since_zero.count())},
                   instant());
  if (!appended) return appended.error();
  if (!appended->repeated) {
    history_.append(log_->epoch(), appended->id, std::move(topic), std::move(data));
  }
  return appended->id;
}

Place ServerNode::head() const {
  return *history_.place(wire::Cursor{.epoch = log_->epoch(), .id = log_->head()});
}

void ServerNode::pump_soon() {
  if (pump_set_ || !hub_) return;
  pump_set_ = true;
  schedule_.after(Duration{0}, [this, life = life_] {
    if (life != life_ || !hub_) return;
    pump_set_ = false;
    log_->trim(instant());
    if (hub_->pump()) pump_soon();
  });
}

void ServerNode::arm_tick() {
  if (tick_set_ || !hub_) return;
  const auto due = hub_->next_tick();
  if (!due) return;
  tick_set_ = true;
  const Duration delay = std::max(Duration{0}, *due - instant());
  schedule_.after(delay, [this, life = life_] {
    if (life != life_ || !hub_) return;
    tick_set_ = false;
    hub_->tick(instant());
    arm_tick();
  });
}

}  // namespace freshet::sim
