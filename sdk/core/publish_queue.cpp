// Publishes: queue, sending, outcomes; see publish_queue.h.
#include "core/publish_queue.h"

#include <algorithm>

#include "core/transport/transport.h"
#include "wire/control.h"
#include "wire/endpoints.h"
#include "wire/json.h"
#include "wire/request.h"
#include "wire/topic.h"

namespace freshet::core {
namespace {

constexpr Duration timeout_max{24 * 60 * 60'000};

// Of what was sent before any hello: no log has this name, so that it is never sent twice.
constexpr std::string_view unknown_epoch = "?";

constexpr std::string_view over_limit = "the message is over the server's limit";

// Refs of publishes are odd, those of subscriptions even.
constexpr std::uint64_t ref_of(PublishId publish) { return std::uint64_t{publish} * 2 + 1; }

}  // namespace

PublishId PublishQueue::add(Instant now, std::string_view topic, std::size_t data_bytes,
                            std::string_view key, Duration timeout, Error& error) {
  if (!wire::check_topic(topic, error)) return 0;
  const ClientConfig& config = context().config;
  if (data_bytes > config.publish_queue_bytes_max) {
    refuse(error, ErrorCode::too_large,
           "the message is larger than the whole publish queue may be");
    return 0;
  }
  if (items_.size() >= config.publish_queue_max ||
      data_bytes > config.publish_queue_bytes_max - bytes_) {
    refuse(error, ErrorCode::queue_full, "too many publishes wait for an answer (try again later)");
    return 0;
  }
  Item& item = items_.emplace_back();
  item.id = next_id_++;
  item.topic = topic;
  item.key = key;
  if (key.empty()) {
    // No two of one client are the same, and no two clients draw the same within the 15 minutes
    // that the server remembers keys.
    wire::append_number(item.key, context().random.next());
    wire::append_number(item.key, item.id);
  }
  item.data_bytes = data_bytes;
  item.deadline = now + std::clamp(timeout, Duration{0}, timeout_max);
  bytes_ += data_bytes;
  arm(now);
  return item.id;
}

void PublishQueue::cancel(PublishId publish) {
  fail(publish, ErrorCode::closed, "the publish was cancelled; it may yet arrive");
}

void PublishQueue::send(Instant now, Line line) {
  // Behind a POST in flight even a WebSocket would overtake.
  if (line.kind == Line::Kind::none || now < paused_until_ || request_ != 0) return;
  lines_ = 0;
  for (Item& item : items_) {
    if (item.sent) continue;
    send(now, item, line);
    if (line.kind == Line::Kind::http && one_by_one_) break;
  }
  if (line.kind == Line::Kind::websocket || lines_ == 0) return;
  request_ = next_request_++;
  answered_ = refused_ = false;
  context().timers.set(Deadline::post, now + context().config.connect_timeout);
  Action& post = context().actions.push(ActionKind::post, request_, wire::publish_path);
  wire::append_text_member(post.members, "epoch", epoch_);
}

void PublishQueue::send(Instant now, Item& item, Line line) {
  item.sent = true;
  item.sent_at = now;
  item.connection = line.connection;
  item.line = lines_++;
  ++item.sends;
  if (item.sent_epoch.empty()) item.sent_epoch = epoch_;
  const bool post = line.kind == Line::Kind::http;
  Action& action = context().actions.push(post ? ActionKind::add_line : ActionKind::send_publish,
                                          post ? next_request_ : line.connection, item.key);
  action.publish = item.id;
  if (!post) {
    wire::append_text_member(action.members, "op", "publish");
    wire::append_number_member(action.members, "ref", ref_of(item.id));
  }
  wire::append_text_member(action.members, "topic", item.topic);
}

void PublishQueue::handle_epoch(const wire::Epoch& epoch) {
  epoch_ = epoch;
  settle_epochs();
}

void PublishQueue::handle_lost(ConnectionId connection, bool too_big) {
  if (too_big) {
    const Item* largest = nullptr;
    for (const Item& item : items_) {
      if (item.travels_on(connection) &&
          (largest == nullptr || item.data_bytes > largest->data_bytes)) {
        largest = &item;
      }
    }
    if (largest != nullptr) fail(largest->id, ErrorCode::too_large, over_limit);
  }
  take_back(connection, Fate::unknown);
}

void PublishQueue::handle_ack(std::uint64_t ref, std::uint64_t id) {
  if (ref % 2 == 0) return;
  failures_ = 0;
  finish(static_cast<PublishId>(ref / 2), id, {}, {});
}

bool PublishQueue::handle_error(Instant now, std::uint64_t ref, ErrorCode code,
                                std::string_view message) {
  if (ref % 2 == 0) return false;
  const auto id = static_cast<PublishId>(ref / 2);
  Item* const item = find(id);
  if (item != nullptr && code == ErrorCode::busy) {
    item->sent = false;
    back_off(now, Duration{0});
  } else {
    fail(id, code, message);
  }
  return true;
}

void PublishQueue::handle_answer(RequestId request, const wire::ControlFrame& frame) {
  if (request != request_ || !frame.has(wire::Field::ref) || !frame.well_formed()) return;
  answered_ = true;
  for (const Item& item : items_) {
    if (!item.travels_on(0) || item.line != frame.number(wire::Field::ref)) continue;
    if (frame.op() == wire::Op::ack) {
      finish(item.id, frame.number(wire::Field::id), {}, {});
    } else if (const ErrorCode code = frame.error_code(); code == ErrorCode::busy) {
      refused_ = true;
    } else {
      fail(item.id, code, frame.text(wire::Field::message));
    }
    return;
  }
}

bool PublishQueue::handle_post_end(Instant now, RequestId request, const End& end) {
  const bool answered = end.kind == EndKind::finished || (request == request_ && answered_);
  if (request != request_) return answered;
  end_request();
  if (!answered) {
    handle_failed_post(now, end);
  } else {
    if (answered_ && !refused_) failures_ = 0;
    // What an answer leaves out is sent again.
    if (take_back(0, refused_ ? Fate::refused : Fate::unknown)) back_off(now, Duration{0});
  }
  return answered;
}

void PublishQueue::handle_failed_post(Instant now, const End& end) {
  const std::uint16_t status = end.code;
  if (status == 413 && lines_ > 1) {
    // One of them is too large: which?
    one_by_one_ = true;
    take_back(0, Fate::refused);
  } else if (status == 413) {
    one_by_one_ = false;
    fail_posted(ErrorCode::too_large, over_limit);
  } else if (status == 400 || status == 401 || status == 403) {
    Text sentence;
    append_sentence(sentence, end);
    fail_posted(final_code(status), sentence);
  } else {
    // 412: the log was replaced. What only this POST carried may go to the new one.
    const bool refused = end.kind == EndKind::unreachable || end.kind == EndKind::unsupported ||
                         status == 412 || status == 404 || status == 429 || status == 503;
    take_back(0, refused ? Fate::refused : Fate::unknown);
    back_off(now, end.retry_after);
  }
}

ConnectionId PublishQueue::handle_due(Instant now) {
  ConnectionId deaf = 0;
  for (std::size_t index = 0; index < items_.size();) {
    const Item& item = items_[index];
    if (item.deadline > now) {
      ++index;
    } else {
      if (item.sent && now - item.sent_at >= context().config.connect_timeout) {
        deaf = item.connection;
      }
      fail(item.id, ErrorCode::timeout, "no answer to the publish in time");
    }
  }
  arm(now);
  return deaf;
}

void PublishQueue::handle_post_overdue(Instant now) {
  const RequestId request = request_;
  context().actions.push(ActionKind::cancel_post, request);
  static constexpr End lost{};
  handle_post_end(now, request, lost);
}

void PublishQueue::close() {
  if (request_ != 0) {
    context().actions.push(ActionKind::cancel_post, request_);
    end_request();
  }
  while (!items_.empty()) fail(items_.front().id, ErrorCode::closed, "the client was closed");
}

PublishQueue::Item* PublishQueue::find(PublishId publish) {
  for (Item& item : items_) {
    if (item.id == publish) return &item;
  }
  return nullptr;
}

void PublishQueue::finish(PublishId publish, std::uint64_t message_id, ErrorCode code,
                          std::string_view message) {
  const Item* const item = find(publish);
  if (item == nullptr) return;
  Action& action = context().actions.push(ActionKind::tell_published, publish, message);
  action.message_id = message_id;
  action.code = code;
  bytes_ -= item->data_bytes;
  drop(items_, *item);
  if (items_.empty()) {
    one_by_one_ = false;
    context().timers.clear(Deadline::publish);
  }
}

void PublishQueue::fail_posted(ErrorCode code, std::string_view message) {
  for (std::size_t index = 0; index < items_.size();) {
    if (items_[index].travels_on(0)) {
      fail(items_[index].id, code, message);
    } else {
      ++index;
    }
  }
}

bool PublishQueue::take_back(ConnectionId connection, Fate fate) {
  bool any = false;
  for (Item& item : items_) {
    if (!item.travels_on(connection)) continue;
    any = true;
    item.sent = false;
    if (fate == Fate::unknown) {
      if (item.sent_epoch.empty()) item.sent_epoch = unknown_epoch;
    } else if (--item.sends == 0) {
      item.sent_epoch = {};
    }
  }
  settle_epochs();
  return any;
}

void PublishQueue::settle_epochs() {
  for (std::size_t index = 0; index < items_.size();) {
    const Item& item = items_[index];
    if (!item.sent && !item.sent_epoch.empty() && item.sent_epoch != epoch_) {
      fail(item.id, ErrorCode::outcome_unknown, "sent and not answered: it may have arrived");
    } else {
      ++index;
    }
  }
}

void PublishQueue::end_request() {
  request_ = 0;
  context().timers.clear(Deadline::post);
}

// A publish endpoint that fails while the stream works must not be hammered: it has a count of its
// own, which only an answer resets (centrifuge-js#409).
void PublishQueue::back_off(Instant now, Duration floor) {
  constexpr Duration floor_max{60 * 60'000};
  const Duration pause = context().policy.repeat_delay(now, ++failures_, context().random);
  paused_until_ = now + pause + std::clamp(floor, Duration{0}, floor_max);
  arm(now);
}

void PublishQueue::arm(Instant now) {
  if (items_.empty()) return context().timers.clear(Deadline::publish);
  Instant next = now < paused_until_ ? paused_until_ : items_.front().deadline;
  for (const Item& item : items_) next = std::min(next, item.deadline);
  context().timers.set(Deadline::publish, std::max(next, now));
}

}  // namespace freshet::core
