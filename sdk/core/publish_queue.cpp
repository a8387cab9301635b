// Publishes: queue, sending, outcomes; see publish_queue.h.
#include "core/publish_queue.h"

#include <algorithm>
#include <utility>

#include "wire/control.h"
#include "wire/endpoints.h"
#include "wire/topic.h"

namespace freshet::core {
namespace {

constexpr Duration timeout_max{24 * 60 * 60'000};

// Of what was sent before any hello: no log has this name, so that it is never sent twice.
constexpr std::string_view unknown_epoch = "?";

// 96 random bits: no two publishes of a principal and topic meet within the 15 minutes that the
// server remembers keys.
std::string random_key(Random& random) {
  constexpr std::string_view digits = "0123456789abcdefghijklmnopqrstuv";
  std::string key;
  for (int half = 0; half < 2; ++half) {
    std::uint64_t bits = random.next();
    for (int digit = 0; digit < 10; ++digit, bits >>= 5) key += digits[bits & 31];
  }
  return key;
}

// Refs of publishes are odd, those of subscriptions even.
constexpr std::uint64_t ref_of(PublishId publish) { return std::uint64_t{publish} * 2 + 1; }

}  // namespace

Result<PublishId> PublishQueue::add(Instant now, std::string_view topic, std::size_t data_bytes,
                                    std::string_view key, Duration timeout) {
  if (auto checked = wire::check_topic(topic); !checked) return checked.error();
  const ClientConfig& config = context_.config;
  if (data_bytes > config.publish_queue_bytes_max) {
    return Error{ErrorCode::too_large, "the message is larger than the whole publish queue may be"};
  }
  if (items_.size() >= config.publish_queue_max ||
      data_bytes > config.publish_queue_bytes_max - bytes_) {
    return Error{ErrorCode::queue_full, "too many publishes wait for an answer (try again later)"};
  }
  const PublishId id = next_id_++;
  items_.push_back({id, std::string{topic},
                    key.empty() ? random_key(context_.random) : std::string{key}, data_bytes,
                    now + std::clamp(timeout, Duration{0}, timeout_max)});
  bytes_ += data_bytes;
  arm(now);
  return id;
}

void PublishQueue::cancel(PublishId publish) {
  finish(publish, Error{ErrorCode::closed, "the publish was cancelled; it may yet arrive"});
}

void PublishQueue::send(Instant now, Line line) {
  if (paused_until_ && now < *paused_until_) return;
  // Behind a POST in flight even a WebSocket would overtake.
  if (request_ != 0) return;
  if (line.kind == Line::Kind::websocket) send_over_websocket(now, line.connection);
  if (line.kind == Line::Kind::http) send_over_http(now);
}

void PublishQueue::send_over_websocket(Instant now, ConnectionId connection) {
  for (Item& item : items_) {
    if (item.sent) continue;
    mark_sent(now, item, connection);
    context_.actions.push(SendPublish{
        connection, item.id, wire::encode_publish_head(ref_of(item.id), item.topic, item.key)});
  }
}

void PublishQueue::send_over_http(Instant now) {
  PostPublishes post;
  for (Item& item : items_) {
    if (item.sent) continue;
    mark_sent(now, item, 0);
    post.lines.push_back({item.id, wire::encode_publish_line_head(item.topic, item.key)});
    if (one_by_one_) break;
  }
  if (post.lines.empty()) return;
  post.request = request_ = next_request_++;
  post.target = wire::publish_path;
  if (!epoch_.empty()) post.target += "?epoch=" + epoch_;
  context_.timers.set(Deadline::post, now + context_.config.connect_timeout);
  context_.actions.push(std::move(post));
}

void PublishQueue::mark_sent(Instant now, Item& item, ConnectionId connection) {
  item.sent = true;
  item.sent_at = now;
  item.connection = connection;
  ++item.sends;
  if (item.sent_epoch.empty()) item.sent_epoch = epoch_;
}

void PublishQueue::handle_epoch(std::string_view epoch) {
  epoch_ = epoch;
  settle_epochs();
}

void PublishQueue::handle_lost(ConnectionId connection, bool too_big) {
  if (too_big) {
    const Item* largest = nullptr;
    for (const Item& item : items_) {
      const bool carried = item.sent && item.connection == connection;
      if (carried && (largest == nullptr || item.data_bytes > largest->data_bytes)) largest = &item;
    }
    if (largest != nullptr) {
      finish(largest->id, Error{ErrorCode::too_large, "the message is over the server's limit"});
    }
  }
  take_back(connection, Fate::unknown);
}

bool PublishQueue::handle_ack(std::uint64_t ref, std::uint64_t id) {
  if (ref % 2 == 0) return false;
  failures_ = 0;
  finish(static_cast<PublishId>(ref / 2), id);
  return true;
}

bool PublishQueue::handle_error(Instant now, std::uint64_t ref, const Error& error) {
  if (ref % 2 == 0) return false;
  const auto id = static_cast<PublishId>(ref / 2);
  Item* const item = find(id);
  if (item != nullptr && error.code == ErrorCode::busy) {
    item->sent = false;
    back_off(now, std::nullopt);
  } else {
    finish(id, error);
  }
  return true;
}

void PublishQueue::handle_answers(Instant now, RequestId request,
                                  const std::vector<PublishAnswer>& answers) {
  if (request != request_) return;
  bool busy = false;
  for (const PublishAnswer& answer : answers) {
    if (!answer.id && answer.id.error().code == ErrorCode::busy) {
      busy = true;
    } else {
      finish(answer.publish, answer.id);
    }
  }
  end_request();
  failures_ = busy || answers.empty() ? failures_ : 0;
  const bool incomplete = std::any_of(items_.begin(), items_.end(), [](const Item& item) {
    return item.sent && item.connection == 0;
  });
  take_back(0, busy ? Fate::refused : Fate::unknown);
  if (busy || incomplete) back_off(now, std::nullopt);
}

void PublishQueue::handle_failed(Instant now, RequestId request, const ConnectionEnd& end) {
  if (request != request_) return;
  end_request();
  const std::uint16_t status = end.kind == EndKind::refused ? end.http_status : 0;
  const auto carried = std::count_if(items_.begin(), items_.end(), [](const Item& item) {
    return item.sent && item.connection == 0;
  });
  if (status == 413 && carried > 1) {
    one_by_one_ = true;
    take_back(0, Fate::refused);
    return;
  }
  if (status == 413) {
    one_by_one_ = false;
    finish_all_sent({ErrorCode::too_large, "the message is over the server's limit"});
  } else if (status == 401) {
    finish_all_sent({ErrorCode::unauthorized, "the server wants credentials for publishing"});
  } else if (status == 403) {
    finish_all_sent({ErrorCode::forbidden, "the server does not allow this client to publish"});
  } else if (status == 400) {
    finish_all_sent({ErrorCode::malformed, "the server refused the publishes as malformed"});
  } else {
    // 412: the log was replaced. What only this POST carried may go to the new one.
    const bool refused = end.kind == EndKind::unreachable || status == 412 || status == 404 ||
                         status == 429 || status == 503;
    take_back(0, refused ? Fate::refused : Fate::unknown);
    back_off(now, end.retry_after);
  }
}

ConnectionId PublishQueue::handle_due(Instant now) {
  ConnectionId deaf = 0;
  if (paused_until_ && now >= *paused_until_) paused_until_.reset();
  for (std::size_t index = 0; index < items_.size();) {
    const Item& item = items_[index];
    if (item.deadline > now) {
      ++index;
    } else {
      if (item.sent && now - item.sent_at >= context_.config.connect_timeout) {
        deaf = item.connection;
      }
      finish(item.id, Error{ErrorCode::timeout, "no answer to the publish in time"});
    }
  }
  arm(now);
  return deaf;
}

void PublishQueue::handle_post_overdue(Instant now) {
  const RequestId request = request_;
  context_.actions.push(CancelPost{request});
  handle_failed(now, request, {.kind = EndKind::lost});
}

void PublishQueue::close() {
  if (request_ != 0) {
    context_.actions.push(CancelPost{request_});
    end_request();
  }
  while (!items_.empty()) {
    finish(items_.front().id, Error{ErrorCode::closed, "the client was closed"});
  }
}

PublishQueue::Item* PublishQueue::find(PublishId publish) {
  for (Item& item : items_) {
    if (item.id == publish) return &item;
  }
  return nullptr;
}

void PublishQueue::finish(PublishId publish, Result<std::uint64_t> outcome) {
  const Item* const item = find(publish);
  if (item == nullptr) return;
  bytes_ -= item->data_bytes;
  items_.erase(items_.begin() + (item - items_.data()));
  if (items_.empty()) {
    one_by_one_ = false;
    context_.timers.clear(Deadline::publish);
  }
  context_.actions.push(TellPublished{publish, std::move(outcome)});
}

void PublishQueue::finish_all_sent(const Error& error) {
  for (std::size_t index = 0; index < items_.size();) {
    if (items_[index].sent && items_[index].connection == 0) {
      finish(items_[index].id, error);
    } else {
      ++index;
    }
  }
}

void PublishQueue::take_back(ConnectionId connection, Fate fate) {
  for (Item& item : items_) {
    if (!item.sent || item.connection != connection) continue;
    item.sent = false;
    if (fate == Fate::unknown) {
      if (item.sent_epoch.empty()) item.sent_epoch = unknown_epoch;
    } else if (--item.sends == 0) {
      item.sent_epoch.clear();
    }
  }
  settle_epochs();
}

void PublishQueue::settle_epochs() {
  for (std::size_t index = 0; index < items_.size();) {
    const Item& item = items_[index];
    if (!item.sent && !item.sent_epoch.empty() && item.sent_epoch != epoch_) {
      finish(item.id, Error{ErrorCode::outcome_unknown,
                            "sent, but the log was replaced before it answered"});
    } else {
      ++index;
    }
  }
}

void PublishQueue::end_request() {
  request_ = 0;
  context_.timers.clear(Deadline::post);
}

// A publish endpoint that fails while the stream works must not be hammered: it has a count of its
// own, which only an answer resets (centrifuge-js#409).
void PublishQueue::back_off(Instant now, std::optional<Duration> floor) {
  constexpr Duration floor_max{60 * 60'000};
  const Duration pause = context_.policy.repeat_delay(now, ++failures_, context_.random);
  paused_until_ = now + pause + std::clamp(floor.value_or(Duration{0}), Duration{0}, floor_max);
  arm(now);
}

void PublishQueue::arm(Instant now) {
  std::optional<Instant> next = paused_until_;
  for (const Item& item : items_) {
    if (!next || item.deadline < *next) next = item.deadline;
  }
  if (items_.empty()) next.reset();
  if (next) {
    context_.timers.set(Deadline::publish, std::max(*next, now));
  } else {
    context_.timers.clear(Deadline::publish);
  }
}

}  // namespace freshet::core
