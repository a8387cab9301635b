#include "sim/client_node.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <utility>
#include <variant>

#include "core/request.h"
#include "wire/endpoints.h"

namespace freshet::sim {

namespace {

// At most, from waking until what waits is read.
constexpr Duration reading_takes{900};

Transport transport_of_poll(const std::string& target, const std::string& body) {
  const bool short_poll = target.find("wait=0") != std::string::npos ||
                          body.find("\"wait\":0,") != std::string::npos ||
                          body.find("\"wait\":0}") != std::string::npos;
  return short_poll ? Transport::polling : Transport::long_polling;
}

}  // namespace

ClientNode::ClientNode(Schedule& schedule, core::Random& random, History& history,
                       std::function<ServerNode&()> reach, std::string name,
                       core::ClientConfig config)
    : schedule_(schedule),
      random_(random),
      history_(history),
      reach_(std::move(reach)),
      name_(std::move(name)),
      core_(std::move(config), random.next()) {
  const char* traced = std::getenv("FRESHET_SIM_TRACE");
  traced_ = traced != nullptr && name_ == traced;
}

void ClientNode::trace(const char* what, const std::string& text) const {
  if (!traced_) return;
  std::fprintf(stderr, "%lld %s %s: %s\n",
               static_cast<long long>(schedule_.now().since_zero.count()), name_.c_str(), what,
               text.c_str());
}

// The application ---------------------------------------------------------------------------------

void ClientNode::subscribe(std::string pattern, std::string start) {
  Error refused;
  const auto id = core_.subscribe(pattern, start, refused);
  if (id == 0) {
    faults_.push_back(name_ + ": subscribe failed: " + refused.message);
    return;
  }
  subscriptions_[id] = std::make_unique<Record>(history_, name_ + "/" + std::to_string(id),
                                                std::move(pattern), std::move(start));
  settle();
}

void ClientNode::unsubscribe_one() {
  if (subscriptions_.empty()) return;
  auto chosen = subscriptions_.begin();
  std::advance(chosen, random_.next() % subscriptions_.size());
  chosen->second->handle_end();
  core_.unsubscribe(chosen->first);
  ended_.push_back(std::move(chosen->second));
  subscriptions_.erase(chosen);
  settle();
}

void ClientNode::publish(std::string topic, std::string data) {
  if (asleep_) return;
  Error refused;
  const auto id = core_.publish(schedule_.now(), topic, data.size(), {}, Duration{30'000}, refused);
  if (id == 0) {
    if (refused.code != ErrorCode::queue_full && refused.code != ErrorCode::closed) {
      faults_.push_back(name_ + ": publish failed: " + refused.message);
    }
    return;
  }
  publishes_[id].data = std::move(data);
  settle();
}

void ClientNode::close() {
  core_.close();
  settle();
}

void ClientNode::network(core::NetworkEvent event) {
  arrive(0, [this, event] {
    core_.handle_network(schedule_.now(), event);
    settle();
  });
}

void ClientNode::sleep(Duration length) {
  if (!reading_ || schedule_.now() < rested_at_) return;
  trace("sleeps", std::to_string(length.count()));
  asleep_ = true;
  reading_ = false;
  schedule_.after(length, [this] { wake(); });
}

void ClientNode::wake() {
  // A timer that is hardly late is a busy machine's, not one that slept, and is no excuse; nor is
  // what follows a sleep. Such a sleep goes on until it is one.
  constexpr Duration no_excuse{250};
  const auto due = core_.poll_timeout();
  if (due && *due + no_excuse >= schedule_.now() && *due < schedule_.now() + reading_takes) {
    return schedule_.after(*due + no_excuse + Duration{1} - schedule_.now(), [this] { wake(); });
  }
  trace("wakes", std::to_string(waiting_.size()));
  asleep_ = false;
  core_.handle_timeout(schedule_.now());
  settle();
  schedule_.after(random_.between(Duration{1}, reading_takes), [this] { read_what_waits(); });
}

void ClientNode::read_what_waits() {
  // An excuse counts once: for a second sleep only when the deadline of the first is over.
  rested_at_ = schedule_.now() + Duration{1'500};
  reading_ = true;
  for (const Waiting& waiting : std::exchange(waiting_, {})) waiting.read();
}

void ClientNode::arrive(core::ConnectionId connection, std::function<void()> read) {
  if (reading_) return read();
  waiting_.push_back({connection, std::move(read)});
}

void ClientNode::set_transports(std::vector<Transport> transports) {
  core_.set_transports(schedule_.now(), std::move(transports));
  settle();
}

// The port ----------------------------------------------------------------------------------------

void ClientNode::settle() {
  note_cursors();
  while (auto action = core_.poll_action(schedule_.now())) perform(*action);
  arm();
}

void ClientNode::arm() {
  const auto due = core_.poll_timeout();
  const std::uint64_t timer = ++timer_;
  if (!due) return;
  schedule_.after(std::max(Duration{0}, *due - schedule_.now()), [this, timer] {
    if (timer != timer_ || asleep_) return;
    core_.handle_timeout(schedule_.now());
    settle();
  });
}

void ClientNode::perform(const core::Action& action) {
  const std::uint32_t id = action.id;
  switch (action.kind) {
    case core::ActionKind::open_stream:
      return open(id, action.transport, core::request_of(action).target, {});
    case core::ActionKind::poll: {
      const core::Request request = core::request_of(action);
      return open(id, transport_of_poll(request.target, request.body), request.target,
                  request.body);
    }
    case core::ActionKind::send_frame:
      return send(id, core::frame_of(action));
    case core::ActionKind::send_publish:
      return send(id, core::frame_of(action, publishes_.at(action.publish).data));
    case core::ActionKind::add_line:
      return lines_.push_back(
          {action.publish, core::frame_of(action, publishes_.at(action.publish).data)});
    case core::ActionKind::post:
      return post(id, core::request_of(action).target, std::exchange(lines_, {}));
    case core::ActionKind::cancel_post:
      posts_.erase(id);
      return;
    case core::ActionKind::close_connection:
      trace("closes", std::to_string(id));
      for (const Waiting& waiting : waiting_) {
        if (waiting.connection != id) continue;
        faults_.push_back(name_ + ": gave up a connection for which something waited");
        break;
      }
      if (auto link = links_.extract(id)) link.mapped()->close_from_client();
      return;
    case core::ActionKind::tell_state:
      return trace("state", to_string(core_.state()));
    case core::ActionKind::tell_gap:
      if (const auto record = subscriptions_.find(id); record != subscriptions_.end()) {
        record->second->handle_gap({core_.pattern(id), *wire::parse_cursor(action.after),
                                    *wire::parse_cursor(action.until), action.text});
      }
      return;
    case core::ActionKind::tell_live:
      if (const auto record = subscriptions_.find(id); record != subscriptions_.end()) {
        record->second->handle_live(core_.cursor(id));
      }
      return;
    case core::ActionKind::tell_error:
      faults_.push_back(name_ + ": subscription refused: " + action.text);
      return;
    case core::ActionKind::tell_published: {
      Published& published = publishes_.at(id);
      const bool stored = action.message_id != 0;
      trace("published",
            published.data + " " + (stored ? std::to_string(action.message_id) : action.text));
      if (published.outcome) faults_.push_back(name_ + ": a publish was answered twice");
      published.outcome = stored ? Result<std::uint64_t>{action.message_id}
                                 : Result<std::uint64_t>{Error{action.code, action.text}};
      return;
    }
  }
}

void ClientNode::send(core::ConnectionId connection, const std::string& text) {
  trace("sends", std::to_string(connection) + " " + text);
  if (const auto link = links_.find(connection); link != links_.end()) {
    link->second->send_to_server(text);
  }
}

void ClientNode::open(core::ConnectionId connection, Transport transport, const std::string& target,
                      const std::string& body) {
  ++connects_;
  trace("opens", std::to_string(connection) + " " + target + " " + body);
  const Path path = weather_.silent.contains(transport)      ? Path::silent
                    : weather_.buffering.contains(transport) ? Path::buffering
                                                             : Path::clear;
  auto link = std::make_shared<Link>(schedule_, random_, path, weather_.latency_max);
  links_[connection] = link;
  link->on_client_frame = [this, connection](std::string frame) {
    arrive(connection,
           [this, connection, frame = std::move(frame)] { take_frame(connection, frame); });
  };
  link->on_client_end = [this, connection](ConnectionEnd end) {
    arrive(connection, [this, connection, end = std::move(end)] { take_end(connection, end); });
  };
  const bool refused = weather_.refused.contains(transport);
  schedule_.after(random_.between(Duration{1}, weather_.latency_max), [this, link, transport,
                                                                       target, body, refused] {
    if (link->over() || !link->on_client_end) return;
    ServerNode& server = reach_();
    if (refused || !server.up()) {
      link->close_from_server({.kind = EndKind::unreachable, .reason = "connection refused"});
    } else {
      server.accept(link, transport, target, body);
    }
  });
}

void ClientNode::take_end(core::ConnectionId connection, const ConnectionEnd& end) {
  trace("ends", std::to_string(connection) + " " + end.reason);
  links_.erase(connection);
  core_.handle_end(schedule_.now(), connection, core::view_of(end));
  settle();
}

void ClientNode::take_frame(core::ConnectionId connection, const std::string& frame) {
  trace("frame", std::to_string(connection) + " " + frame);
  const core::Delivery delivery = core_.handle_frame(schedule_.now(), connection, frame);
  const std::vector<core::SubscriptionId> to(delivery.subscriptions.begin(),
                                             delivery.subscriptions.end());
  if (!to.empty()) {
    const std::string topic(delivery.head.topic);
    const std::string data(wire::frame_data(frame, delivery.head));
    const std::uint64_t id = delivery.head.id;
    for (const core::SubscriptionId subscription : to) {
      const auto record = subscriptions_.find(subscription);
      if (record == subscriptions_.end()) {
        faults_.push_back(name_ + ": a message for a subscription that has ended");
        continue;
      }
      record->second->handle_message(core_.cursor(subscription), id, topic, data);
    }
  }
  settle();
}

// The request may be lost on the way there or its answer on the way back.
void ClientNode::post(core::RequestId request, const std::string& target, std::vector<Line> lines) {
  for (const Line& line : lines) {
    trace("posts", std::to_string(request) + " " + target + " " + line.text);
  }
  posts_.insert(request);
  const bool lost_there = random_.next() % 20 == 0;
  const bool lost_back = random_.next() % 20 == 0;
  const auto fail = [this, request](const ConnectionEnd& end) {
    schedule_.after(random_.between(Duration{1}, weather_.latency_max), [this, request, end] {
      arrive(0, [this, request, end] { take_answers(request, {}, end); });
    });
  };
  schedule_.after(random_.between(Duration{1}, weather_.latency_max), [=, this] {
    ServerNode& server = reach_();
    if (lost_there || !server.up()) return fail({.kind = EndKind::unreachable});
    if (!server.accepts_publishes(target)) {
      return fail({.kind = EndKind::refused, .http_status = 412});
    }
    std::vector<std::string> answers;
    for (std::size_t ref = 0; ref < lines.size(); ++ref) {
      const std::string frame = "{\"op\":\"publish\",\"ref\":1," + lines[ref].text.substr(1);
      const auto parsed = wire::parse_client_frame(frame);
      const auto& publish = std::get<wire::Publish>(*parsed);
      const auto id = server.publish(publish.topic, std::string(publish.data), publish.key);
      answers.push_back(
          id ? wire::encode(wire::ServerFrame{wire::Ack{ref, *id}})
             : wire::encode(wire::ServerFrame{wire::ErrorFrame{
                   ref, std::string(to_string(id.error().code)), id.error().message, {}}}));
    }
    if (lost_back) return fail({.kind = EndKind::lost});
    schedule_.after(random_.between(Duration{1}, weather_.latency_max), [this, request, answers] {
      arrive(0, [this, request, answers] {
        take_answers(request, answers, {.kind = EndKind::finished});
      });
    });
  });
}

void ClientNode::take_answers(core::RequestId request, const std::vector<std::string>& answers,
                              const ConnectionEnd& end) {
  if (posts_.erase(request) == 0) return;
  for (const std::string& answer : answers) {
    core_.handle_publish_answer(request, *wire::flatten(answer));
  }
  core_.handle_post_end(schedule_.now(), request, core::view_of(end));
  settle();
}

void ClientNode::note_cursors() {
  for (const auto& [id, record] : subscriptions_) record->handle_cursor(core_.cursor(id));
}

// Judging -----------------------------------------------------------------------------------------

std::vector<LinkRef> ClientNode::links() const {
  std::vector<LinkRef> links;
  for (const auto& [id, link] : links_) links.push_back(link);
  return links;
}

bool ClientNode::is_live() const { return core_.status().kind == core::Status::Kind::live; }

std::optional<Transport> ClientNode::transport() const {
  return is_live() ? std::optional{core_.status().transport} : std::nullopt;
}

std::vector<std::string> ClientNode::finish(std::optional<Place> everything) {
  std::vector<std::string> faults = std::move(faults_);
  const auto judge = [&](Record& record, std::optional<Place> owed) {
    record.finish(owed);
    faults.insert(faults.end(), record.faults().begin(), record.faults().end());
  };
  for (const auto& [id, record] : subscriptions_) judge(*record, everything);
  for (const auto& record : ended_) judge(*record, std::nullopt);
  for (const auto& [id, published] : publishes_) {
    const std::size_t times = history_.times(published.data);
    if (times > 1) faults.push_back(name_ + ": a publish is in the log twice: " + published.data);
    if (!published.outcome) {
      if (everything) faults.push_back(name_ + ": a publish has no outcome");
    } else if (*published.outcome && times == 0) {
      faults.push_back(name_ + ": a publish was acknowledged and is in no log");
    }
  }
  return faults;
}

std::size_t ClientNode::delivered() const {
  std::size_t sum = 0;
  for (const auto& [id, record] : subscriptions_) sum += record->delivered();
  for (const auto& record : ended_) sum += record->delivered();
  return sum;
}

std::size_t ClientNode::gaps() const {
  std::size_t sum = 0;
  for (const auto& [id, record] : subscriptions_) sum += record->gaps();
  for (const auto& record : ended_) sum += record->gaps();
  return sum;
}

std::size_t ClientNode::slow_gaps() const {
  std::size_t sum = 0;
  for (const auto& [id, record] : subscriptions_) sum += record->slow_gaps();
  for (const auto& record : ended_) sum += record->slow_gaps();
  return sum;
}

}  // namespace freshet::sim
