#include "hub/hub.h"

#include <algorithm>
#include <cassert>
#include <limits>
#include <utility>

#include "wire/endpoints.h"
#include "wire/topic.h"

namespace freshet::server {

// What a subscriber needs only while it reads the log.
struct Replay {
  struct Entry {
    std::uint64_t after = 0;  // This subscription has everything matching up to here.
    std::uint64_t told = 0;   // Trimming up to here has been told, or does not concern it.
    std::map<std::string, std::uint64_t, std::less<>> first_of_topic;
  };

  std::uint64_t position = 0;        // Everything up to here is queued.
  std::uint64_t level = 0;           // Below it not every subscription has begun: no joining.
  std::vector<Entry> entries;        // One for each subscription, in the same order.
  std::vector<std::uint64_t> lives;  // Refs that will be told `live`.
  std::uint64_t reading = 0;         // Serial of the read under way; 0 = none.
  bool ready = false;                // In Hub::ready_.
  bool ahead = false;                // In Hub::ahead_.
  bool fell_behind = false;          // It was live: what it may lose may be dropped.
  std::uint64_t keep_until = 0;      // History that was asked for: nothing of it is left out.
  std::uint64_t drop_until = 0;      // The last answer to ask_backlog.
  std::uint64_t backlog_due = 0;     // When the loop has come here, the backlog is asked for anew.
};

namespace {

// A client's ref is below 2^53; these subscriptions have none.
constexpr std::uint64_t no_ref = std::numeric_limits<std::uint64_t>::max();
// Above every id: takes a subscriber that replays out of the live flow.
constexpr std::uint64_t not_live = std::numeric_limits<std::uint64_t>::max();
// Above the slots of the wheel.
constexpr std::size_t wheel_slots_max = 32;

std::uint64_t lowest_after(const std::vector<ResolvedStart>& starts) {
  std::uint64_t lowest = starts.front().after;
  for (const ResolvedStart& start : starts) lowest = std::min(lowest, start.after);
  return lowest;
}

template <typename Subscriptions>
std::vector<std::string_view> patterns_of(const Subscriptions& subscriptions) {
  std::vector<std::string_view> patterns;
  patterns.reserve(subscriptions.size());
  for (const auto& subscription : subscriptions) patterns.push_back(subscription.node->pattern);
  return patterns;
}

bool all_recovered(const std::vector<ResolvedStart>& starts) {
  return std::all_of(starts.begin(), starts.end(),
                     [](const ResolvedStart& start) { return start.recovered; });
}

}  // namespace

// The messages encoded last, because those who come back together replay the same ones.
class Hub::Cache {
 public:
  explicit Cache(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  EncodedMessage& encoded(const MessageRef& message, std::string_view epoch) {
    const auto [place, added] = messages_.try_emplace(message->id, message, epoch);
    if (!added) return place->second;
    // Counted twice: the frame is the log's, one or two other forms are its length each.
    order_.push_back({message->id, 2 * message->frame.size()});
    bytes_ += order_.back().bytes;
    while (bytes_ > bytes_max_ && order_.size() > 1) {
      bytes_ -= order_.front().bytes;
      messages_.erase(order_.front().id);
      order_.pop_front();
    }
    return place->second;
  }

  void clear() {
    messages_.clear();
    order_.clear();
    bytes_ = 0;
  }

 private:
  struct Kept {
    std::uint64_t id;
    std::size_t bytes;
  };
  std::size_t bytes_max_;
  std::size_t bytes_ = 0;
  std::unordered_map<std::uint64_t, EncodedMessage> messages_;
  std::deque<Kept> order_;
};

// One step of a replay, for all that want the same. Kept for the pump in which it is asked for.
struct Hub::SharedRead {
  std::uint64_t after = 0;
  Leave leave;
  std::uint64_t head = 0;  // The log's, when it was asked.
  std::vector<std::string> patterns;
  std::vector<std::uint64_t> waiting;  // Serials.
  std::optional<ReadResult> result;
};

Subscriber::Subscriber() = default;

Subscriber::~Subscriber() {
  if (hub_) hub_->detach(*this);
}

Hub::Hub(Log& log, HubOptions options)
    : log_(log),
      options_(options),
      epoch_(log.epoch()),
      position_(log.head()),
      cache_(std::make_unique<Cache>(options.cache_bytes_max)) {
  wheel_slots_ =
      std::clamp<std::size_t>(static_cast<std::size_t>(options_.ping.count()), 1, wheel_slots_max);
  slot_time_ = std::max(options_.ping / static_cast<Duration::rep>(wheel_slots_), Duration{1});
  placed_.resize(wheel_slots_ + 1);
}

Hub::~Hub() {
  for_all([&](Subscriber& subscriber) { detach(subscriber); });
}

// Opening and subscribing -------------------------------------------------------------------------

void Hub::open(Subscriber& subscriber, OpenRequest request, Instant now) {
  assert(subscriber.hub_ == nullptr);
  assert(request.starts.size() <= options_.subscriptions_max);
  subscriber.hub_ = this;
  subscriber.sent_ = not_live;
  place(subscriber, wheel_slots_);  // No pings before hello.
  ++subscriber_count_;
  // Without subscribers the loop does not read: it is level with the log at once.
  if (subscriber_count_ == 1 && !reading_) position_ = std::max(position_, log_.head());
  auto starts = std::move(request.starts);
  const std::uint64_t serial = expect_answer(subscriber);
  log_.resolve(std::move(starts),
               [this, serial, request = std::move(request), now](Resolved resolved) mutable {
                 if (Subscriber* waiting = answered(serial)) {
                   on_opened(*waiting, std::move(request), std::move(resolved), now);
                 }
               });
}

void Hub::on_opened(Subscriber& subscriber, OpenRequest request, Resolved resolved, Instant now) {
  const std::vector<ResolvedStart>& starts = resolved.starts;
  wire::Hello hello{.epoch = epoch_,
                    .cursor = cursor_at(starts.empty() ? position_ : lowest_after(starts)),
                    .recovered = all_recovered(starts),
                    .ping = options_.ping,
                    .window = window_,
                    .client = std::move(request.client),
                    .cursors = {}};
  if (starts.size() > 1) {
    for (const ResolvedStart& start : starts) hello.cursors.push_back(cursor_at(start.after));
  }
  if (request.pings) {
    displace(subscriber);
    if (pinged_count_ == 0) ping_at_ = now + slot_time_;
    // The slot before the next one: it comes round after nearly a whole turn.
    place(subscriber, (slot_ + wheel_slots_ - 1) % wheel_slots_);
  }
  subscriber.sent_ = position_;
  send_control(subscriber, hello, &hello.cursor);
  if (!starts.empty()) add(subscriber, no_ref, starts);
}

void Hub::subscribe(Subscriber& subscriber, const wire::Subscribe& request) {
  assert(subscriber.hub_ == this);
  const auto refuse = [&](ErrorCode code, std::string message, std::string pattern) {
    send_control(subscriber, wire::ErrorFrame{.ref = request.ref,
                                              .code = std::string(to_string(code)),
                                              .message = std::move(message),
                                              .pattern = std::move(pattern)});
  };
  for (const auto& subscription : subscriber.subscriptions_) {
    if (subscription.ref == request.ref) {
      refuse(ErrorCode::invalid_argument,
             "ref " + std::to_string(request.ref) + " is in use by an earlier subscribe", {});
      return;
    }
  }
  std::vector<StartRequest> starts;
  for (const std::string& pattern : request.patterns) {
    if (const auto valid = wire::check_pattern(pattern); !valid) {
      refuse(valid.error().code, valid.error().message, pattern);
    } else if (subscriber.subscriptions_.size() + starts.size() >= options_.subscriptions_max) {
      ++counts_.too_many;
      refuse(ErrorCode::too_many,
             "a connection holds at most " + std::to_string(options_.subscriptions_max) +
                 " patterns; unsubscribe some first",
             pattern);
    } else {
      starts.push_back({.pattern = pattern, .start = request.start});
    }
  }
  if (request.patterns.empty()) {
    refuse(ErrorCode::invalid_pattern, "a subscribe names at least one pattern", {});
  }
  if (starts.empty()) return;
  const std::uint64_t serial = expect_answer(subscriber);
  log_.resolve(std::move(starts), [this, serial, ref = request.ref](Resolved resolved) {
    if (Subscriber* waiting = answered(serial)) {
      on_subscribed(*waiting, ref, std::move(resolved));
    }
  });
}

void Hub::on_subscribed(Subscriber& subscriber, std::uint64_t ref, Resolved resolved) {
  const wire::Cursor start = cursor_at(lowest_after(resolved.starts));
  send_control(
      subscriber,
      wire::Subscribed{.ref = ref, .cursor = start, .recovered = all_recovered(resolved.starts)});
  add(subscriber, ref, resolved.starts);
}

// Tells the gaps of the starts and lists the subscriptions. One that begins exactly where the
// subscriber is joins at once; any other makes it read the log from there.
void Hub::add(Subscriber& subscriber, std::uint64_t ref, const std::vector<ResolvedStart>& starts) {
  for (const ResolvedStart& start : starts) {
    if (start.gap_reason.empty()) continue;
    send_gap(subscriber, {.pattern = start.pattern,
                          .after = start.asked,
                          .until = cursor_at(start.gap_until),
                          .reason = std::string(start.gap_reason)});
  }
  const bool idle = subscriber.subscriptions_.empty();
  const std::uint64_t here = position(subscriber);
  const bool level = !subscriber.replay_ &&
                     std::all_of(starts.begin(), starts.end(), [&](const ResolvedStart& start) {
                       return start.after == here ||
                              (idle && start.after == starts[0].after && start.after >= position_);
                     });
  if (level) {
    subscriber.sent_ = starts[0].after;
  } else {
    std::uint64_t position = lowest_after(starts);
    if (!idle) position = std::min(position, here);
    begin_replay(subscriber, position);
  }
  for (const ResolvedStart& start : starts) {
    index_.subscribe(subscriber, start.pattern, ref);
    if (level) continue;
    Replay& replay = *subscriber.replay_;
    replay.entries.push_back({start.after, start.told, start.first_of_topic});
    replay.level = std::max(replay.level, start.after);
    replay.keep_until = std::max(replay.keep_until, start.history_until);
  }
  if (level) {
    const wire::Cursor cursor = cursor_at(starts[0].after);
    send_control(
        subscriber,
        wire::LiveMark{.ref = ref == no_ref ? std::nullopt : std::optional{ref}, .cursor = cursor},
        &cursor);
  } else {
    subscriber.replay_->lives.push_back(ref);
    make_ready(subscriber);
  }
}

void Hub::unsubscribe(Subscriber& subscriber, std::uint64_t ref) {
  assert(subscriber.hub_ == this);
  for (std::size_t i = subscriber.subscriptions_.size(); i-- > 0;) {
    if (subscriber.subscriptions_[i].ref == ref) remove(subscriber, i);
  }
  if (subscriber.replay_) std::erase(subscriber.replay_->lives, ref);
}

void Hub::remove(Subscriber& subscriber, std::size_t index) {
  index_.unsubscribe(subscriber, index);
  if (!subscriber.replay_) return;
  auto& entries = subscriber.replay_->entries;
  if (index + 1 < entries.size()) entries[index] = std::move(entries.back());
  entries.pop_back();
  // An answer under way speaks of the old list.
  subscriber.replay_->reading = 0;
  make_ready(subscriber);
}

void Hub::detach(Subscriber& subscriber) {
  if (subscriber.hub_ != this) return;
  while (!subscriber.subscriptions_.empty()) {
    index_.unsubscribe(subscriber, subscriber.subscriptions_.size() - 1);
  }
  if (subscriber.replay_) {
    if (subscriber.replay_->ready) {
      *std::find(ready_.begin(), ready_.end(), &subscriber) = nullptr;
    }
    if (subscriber.replay_->ahead) std::erase(ahead_, &subscriber);
    subscriber.replay_.reset();
  }
  if (subscriber.in_batch_) {
    *std::find(batch_.begin(), batch_.end(), &subscriber) = nullptr;
    subscriber.in_batch_ = false;
  }
  std::erase(overflowed_, &subscriber);
  std::erase_if(waiting_, [&](const auto& entry) { return entry.second == &subscriber; });
  displace(subscriber);
  subscriber.hub_ = nullptr;
  --subscriber_count_;
}

std::uint64_t Hub::position(const Subscriber& subscriber) const {
  assert(subscriber.hub_ == this);
  if (subscriber.replay_) return subscriber.replay_->position;
  return subscriber.sent_ == not_live ? position_ : std::max(subscriber.sent_, position_);
}

wire::Cursor Hub::cursor(const Subscriber& subscriber) const {
  return cursor_at(position(subscriber));
}

// Replay ------------------------------------------------------------------------------------------

// Takes the subscriber out of the live flow, or further back; its subscriptions keep what they
// have.
void Hub::begin_replay(Subscriber& subscriber, std::uint64_t position) {
  const std::uint64_t here = this->position(subscriber);
  if (!subscriber.replay_) {
    subscriber.replay_ = std::make_unique<Replay>();
    subscriber.replay_->entries.resize(subscriber.subscriptions_.size());
    subscriber.sent_ = not_live;
  }
  Replay& replay = *subscriber.replay_;
  for (Replay::Entry& entry : replay.entries) {
    entry.after = std::max(entry.after, here);
    replay.level = std::max(replay.level, entry.after);
  }
  replay.position = position;
  replay.reading = 0;
  // What was dropped was so for the subscriptions there were.
  replay.drop_until = 0;
  replay.backlog_due = 0;
}

void Hub::make_ready(Subscriber& subscriber) {
  if (subscriber.replay_->ready) return;
  subscriber.replay_->ready = true;
  ready_.push_back(&subscriber);
}

void Hub::resume(Subscriber& subscriber) {
  assert(subscriber.hub_ == this);
  if (subscriber.replay_ && subscriber.replay_->reading == 0) make_ready(subscriber);
}

void Hub::replay_step(Subscriber& subscriber) {
  Replay& replay = *subscriber.replay_;
  if (replay.reading != 0) return;
  if (subscriber.subscriptions_.empty()) {
    replay.position = replay.level = std::max(position_, replay.position);
    join_if_level(subscriber, false);
    return;
  }
  if (is_backlog_due(subscriber)) return ask_backlog(subscriber);
  read_shared(subscriber);
}

// Many clients that come back together ask for the same: the log is read once for them.
void Hub::read_shared(Subscriber& subscriber) {
  const std::uint64_t serial = expect_answer(subscriber);
  subscriber.replay_->reading = serial;
  if (SharedRead* const same = find_shared(subscriber)) {
    ++counts_.shared_reads;
    same->waiting.push_back(serial);
    if (same->result) on_shared(*same);
    return;
  }
  const std::vector<std::string_view> patterns = patterns_of(subscriber.subscriptions_);
  const ReadRequest request{.after = subscriber.replay_->position,
                            .patterns = patterns,
                            .messages_max = options_.replay_messages_max,
                            .bytes_max = options_.replay_bytes_max,
                            .leave = leave_of(subscriber)};
  auto read =
      std::make_shared<SharedRead>(SharedRead{.after = request.after,
                                              .leave = request.leave,
                                              .head = log_.head(),
                                              .patterns = {patterns.begin(), patterns.end()},
                                              .waiting = {serial},
                                              .result = {}});
  shared_.push_back(read);
  log_.read(request, [this, read](ReadResult result) {
    read->result = std::move(result);
    on_shared(*read);
  });
}

// What was read before the log's head moved would tell too early that nothing more is there.
Hub::SharedRead* Hub::find_shared(const Subscriber& subscriber) {
  const Leave leave = leave_of(subscriber);
  const auto is_same = [&](const std::shared_ptr<SharedRead>& read) {
    return read->after == subscriber.replay_->position &&
           read->leave.keep_until == leave.keep_until &&
           read->leave.drop_until == leave.drop_until && read->head == log_.head() &&
           std::equal(read->patterns.begin(), read->patterns.end(),
                      subscriber.subscriptions_.begin(), subscriber.subscriptions_.end(),
                      [](const std::string& pattern, const auto& subscription) {
                        return pattern == subscription.node->pattern;
                      });
  };
  const auto found = std::find_if(shared_.begin(), shared_.end(), is_same);
  return found == shared_.end() ? nullptr : found->get();
}

void Hub::on_shared(SharedRead& read) {
  for (const std::uint64_t serial : std::exchange(read.waiting, {})) {
    Subscriber* waiting = answered(serial);
    if (!waiting || !waiting->replay_ || waiting->replay_->reading != serial) continue;
    waiting->replay_->reading = 0;
    on_read(*waiting, *read.result);
  }
}

Leave Hub::leave_of(const Subscriber& subscriber) const {
  if (options_.rules.empty()) return {};
  const Replay& replay = *subscriber.replay_;
  return {
      .rules = &options_.rules, .keep_until = replay.keep_until, .drop_until = replay.drop_until};
}

bool Hub::is_backlog_due(const Subscriber& subscriber) const {
  const Replay& replay = *subscriber.replay_;
  return replay.fell_behind && position_ >= replay.backlog_due &&
         options_.rules.any(SlowRule::drop_oldest);
}

void Hub::ask_backlog(Subscriber& subscriber) {
  const BacklogRequest request{.after = subscriber.replay_->position,
                               .patterns = patterns_of(subscriber.subscriptions_),
                               .bytes_max = options_.backlog_bytes_max,
                               .leave = leave_of(subscriber)};
  const std::uint64_t serial = expect_answer(subscriber);
  subscriber.replay_->reading = serial;
  log_.backlog(request, [this, serial](const Backlog& backlog) {
    Subscriber* waiting = answered(serial);
    if (!waiting || !waiting->replay_ || waiting->replay_->reading != serial) return;
    waiting->replay_->reading = 0;
    on_backlog(*waiting, backlog);
  });
}

void Hub::on_backlog(Subscriber& subscriber, const Backlog& backlog) {
  Replay& replay = *subscriber.replay_;
  replay.drop_until = backlog.drop_until;
  // Looking costs as much as waits, so it is done again only when half as much has come since.
  const std::uint64_t held = std::max(replay.position, replay.drop_until);
  replay.backlog_due = position_ + 1 + (position_ > held ? (position_ - held) / 2 : 0);
  bool dropped = false;
  for (std::size_t i = 0; i < backlog.dropped.size(); ++i) {
    Replay::Entry& entry = replay.entries[i];
    const std::uint64_t have = std::max(entry.after, replay.position);
    if (backlog.dropped[i] <= have) continue;
    entry.told = std::max(entry.told, backlog.dropped[i]);
    dropped = true;
    send_gap(subscriber, {.pattern = subscriber.subscriptions_[i].node->pattern,
                          .after = cursor_at(have),
                          .until = cursor_at(backlog.dropped[i]),
                          .reason = "slow"});
  }
  if (dropped) ++counts_.drops;
  replay_step(subscriber);
}

void Hub::on_read(Subscriber& subscriber, const ReadResult& result) {
  Replay& replay = *subscriber.replay_;
  tell_gaps(subscriber, result.trimmed);
  for (const MessageRef& message : result.messages) {
    replay.position = message->id;
    if (!wanted(subscriber, *message)) continue;
    ++counts_.deliveries;
    ++counts_.replayed;
    const Sent sent = subscriber.send(cache_->encoded(message, epoch_));
    if (sent == Sent::more) continue;
    // A stream that fell out in overflow is closed; a paused one goes on by resume().
    if (sent == Sent::overflow) overflowed_.push_back(&subscriber);
    return;
  }
  replay.position = std::max(replay.position, result.through);
  join_if_level(subscriber, result.more);
}

bool Hub::wanted(const Subscriber& subscriber, const LogMessage& message) const {
  for (std::size_t i = 0; i < subscriber.subscriptions_.size(); ++i) {
    const Replay::Entry& entry = subscriber.replay_->entries[i];
    if (message.id <= entry.after) continue;
    if (!wire::matches(subscriber.subscriptions_[i].node->pattern, message.topic)) continue;
    const auto first = entry.first_of_topic.find(message.topic);
    if (first == entry.first_of_topic.end() || message.id >= first->second) return true;
  }
  return false;
}

// Joins the live flow if the position has met the loop's; else reads on, or waits for a log that
// this node has not reached.
void Hub::join_if_level(Subscriber& subscriber, bool more) {
  Replay& replay = *subscriber.replay_;
  if (replay.position < position_ || replay.position < replay.level) {
    if (more || replay.position < position_) {
      make_ready(subscriber);
    } else if (!replay.ahead) {
      replay.ahead = true;
      ahead_.push_back(&subscriber);
    }
    return;
  }
  const wire::Cursor cursor = cursor_at(replay.position);
  const std::vector<std::uint64_t> lives = std::move(replay.lives);
  subscriber.sent_ = replay.position;
  if (replay.ahead) std::erase(ahead_, &subscriber);
  if (replay.ready) *std::find(ready_.begin(), ready_.end(), &subscriber) = nullptr;
  subscriber.replay_.reset();
  for (const std::uint64_t ref : lives) {
    send_control(
        subscriber,
        wire::LiveMark{.ref = ref == no_ref ? std::nullopt : std::optional{ref}, .cursor = cursor},
        &cursor);
  }
}

// What was trimmed under a running replay is a gap like any other.
void Hub::tell_gaps(Subscriber& subscriber, const std::vector<std::uint64_t>& trimmed) {
  Replay& replay = *subscriber.replay_;
  assert(trimmed.size() == replay.entries.size());
  for (std::size_t i = 0; i < trimmed.size(); ++i) {
    Replay::Entry& entry = replay.entries[i];
    const std::uint64_t have = std::max(entry.after, replay.position);
    if (trimmed[i] <= std::max(have, entry.told)) continue;
    entry.told = trimmed[i];
    send_gap(subscriber, {.pattern = subscriber.subscriptions_[i].node->pattern,
                          .after = cursor_at(have),
                          .until = cursor_at(trimmed[i]),
                          .reason = "retention"});
  }
}

// The live flow -----------------------------------------------------------------------------------

bool Hub::pump() {
  shared_.clear();
  if (log_.epoch() != epoch_) change_epoch();
  if (!reading_) read_live();
  const std::size_t replays = replays_held_ ? 0 : std::min(ready_.size(), options_.replays_max);
  for (std::size_t i = replays; i > 0; --i) {
    Subscriber* subscriber = ready_.front();
    ready_.pop_front();
    if (!subscriber) continue;
    subscriber->replay_->ready = false;
    replay_step(*subscriber);
  }
  close_overflowed();
  finish_batch();
  return has_work();
}

void Hub::read_live() {
  behind_ = false;
  if (subscriber_count_ == 0) {
    position_ = std::max(position_, log_.head());
    return;
  }
  if (log_.head() <= position_) return;
  reading_ = true;
  log_.read({.after = position_,
             .messages_max = options_.batch_messages_max,
             .bytes_max = options_.batch_bytes_max},
            [this](ReadResult result) {
              reading_ = false;
              on_live(result);
            });
}

void Hub::on_live(const ReadResult& result) {
  if (result.trimmed.front() > position_) fall_behind(result.trimmed.front());
  for (const MessageRef& message : result.messages) {
    position_ = message->id;
    ++counts_.messages;
    matched_.clear();
    index_.match(message->topic, matched_);
    if (!matched_.empty()) send_live(cache_->encoded(message, epoch_));
  }
  position_ = std::max(position_, result.through);
  behind_ = result.more;
  for (Subscriber* subscriber : std::exchange(ahead_, {})) {
    subscriber->replay_->ahead = false;
    make_ready(*subscriber);
  }
}

// The hot path: no allocation, no lookup, one comparison and one call for each subscriber. The
// comparison passes over those that replay and those that had this message by another pattern.
void Hub::send_live(EncodedMessage& message) {
  const std::uint64_t id = message.id();
  std::optional<SlowRule> rule;  // Asked for only when somebody is slow.
  for (const PatternNode* node : matched_) {
    for (Subscriber* subscriber : node->subscribers) {
      if (subscriber->sent_ >= id) continue;
      subscriber->sent_ = id;
      ++counts_.deliveries;
      const Sent sent = subscriber->send(message);
      if (sent == Sent::more) [[likely]]
        continue;
      if (sent == Sent::full) {
        if (!rule) {
          rule = options_.rules.of(message.message()->topic);
          if (*rule == SlowRule::disconnect && on_slow_) on_slow_(message.message()->topic);
        }
        if (*rule != SlowRule::disconnect) leave_live(*subscriber, id);
        continue;
      }
      if (sent == Sent::overflow) overflowed_.push_back(subscriber);
      begin_replay(*subscriber, id);
    }
  }
}

// By a rule: it reads on from the log as fast as it can, until it meets the loop again.
void Hub::leave_live(Subscriber& subscriber, std::uint64_t id) {
  begin_replay(subscriber, id);
  subscriber.replay_->fell_behind = true;
  ++counts_.fell_behind;
}

// The log let go of messages before this loop came to read them. Whoever was live reads on from
// where it was, and is told what is missing by its own patterns.
void Hub::fall_behind(std::uint64_t trimmed) {
  for_all([&](Subscriber& subscriber) {
    if (subscriber.replay_ || subscriber.sent_ == not_live || subscriber.sent_ >= trimmed) return;
    begin_replay(subscriber, position(subscriber));
    make_ready(subscriber);
  });
  position_ = trimmed;
}

void Hub::change_epoch() {
  epoch_ = log_.epoch();
  position_ = log_.head();
  cache_->clear();
  for_all([&](Subscriber& subscriber) {
    detach(subscriber);
    subscriber.close(wire::close_code::epoch_changed, "the log began a new epoch");
  });
}

void Hub::close_overflowed() {
  while (!overflowed_.empty()) {
    Subscriber* subscriber = overflowed_.back();
    overflowed_.pop_back();
    ++counts_.slow_consumers;
    detach(*subscriber);
    subscriber->close(wire::close_code::slow_consumer, "slow consumer: its outbox is full");
  }
}

void Hub::at_batch_end(Subscriber& subscriber) {
  if (subscriber.in_batch_) return;
  subscriber.in_batch_ = true;
  batch_.push_back(&subscriber);
}

void Hub::finish_batch() {
  // batch_end() may detach any subscriber and may ask again, for the next batch.
  std::size_t count = batch_.size();
  for (std::size_t i = 0; i < count; ++i) {
    Subscriber* subscriber = std::exchange(batch_[i], nullptr);
    if (!subscriber) continue;
    subscriber->in_batch_ = false;
    subscriber->batch_end();
  }
  batch_.erase(batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(count));
}

// Control frames and pings ------------------------------------------------------------------------

void Hub::send_gap(Subscriber& subscriber, wire::Gap gap) {
  ++counts_.gaps;
  send_control(subscriber, std::move(gap));
}

void Hub::send_control(Subscriber& subscriber, const wire::ServerFrame& frame,
                       const wire::Cursor* cursor) {
  EncodedMessage encoded(wire::encode(frame), cursor ? wire::to_string(*cursor) : std::string{});
  subscriber.send_control(encoded, frame);
}

void Hub::ping(Subscriber& subscriber) {
  assert(subscriber.hub_ == this);
  const wire::Cursor here = cursor(subscriber);
  send_control(subscriber, wire::Ping{.cursor = here, .window = window_}, &here);
}

void Hub::tick(Instant now) {
  // After a long sleep of the machine one turn of the wheel is enough.
  for (std::size_t turns = 0; pinged_count_ > 0 && now >= ping_at_; ++turns) {
    if (turns == wheel_slots_) {
      ping_at_ = now + slot_time_;
      break;
    }
    // Nearly everybody is level with the loop and shares one frame.
    const wire::ServerFrame shared = wire::Ping{.cursor = cursor_at(position_), .window = window_};
    EncodedMessage encoded(wire::encode(shared), wire::to_string(cursor_at(position_)));
    for (Subscriber* subscriber : placed_[slot_]) {
      const std::uint64_t here = position(*subscriber);
      if (here == position_) {
        subscriber->send_control(encoded, shared);
      } else {
        ping(*subscriber);
      }
    }
    slot_ = (slot_ + 1) % wheel_slots_;
    ping_at_ += slot_time_;
  }
}

void Hub::close_next(std::uint16_t code, std::string_view reason, const wire::Retry& retry) {
  const auto slot = std::find_if(placed_.begin(), placed_.end(),
                                 [](const auto& subscribers) { return !subscribers.empty(); });
  assert(slot != placed_.end());
  Subscriber& subscriber = *slot->back();
  send_control(subscriber, retry);
  detach(subscriber);
  subscriber.close(code, reason);
}

std::optional<Instant> Hub::next_tick() const {
  if (pinged_count_ == 0) return std::nullopt;
  return ping_at_;
}

void Hub::place(Subscriber& subscriber, std::size_t slot) {
  subscriber.place_slot_ = static_cast<std::uint8_t>(slot);
  subscriber.place_index_ = static_cast<std::uint32_t>(placed_[slot].size());
  placed_[slot].push_back(&subscriber);
  if (slot < wheel_slots_) ++pinged_count_;
}

void Hub::displace(Subscriber& subscriber) {
  auto& list = placed_[subscriber.place_slot_];
  Subscriber* last = list.back();
  list[subscriber.place_index_] = last;
  last->place_index_ = subscriber.place_index_;
  list.pop_back();
  if (subscriber.place_slot_ < wheel_slots_) --pinged_count_;
}

// Visits a copy of the lists, for `visit` may detach and destroy the one it is given.
template <typename F>
void Hub::for_all(F&& visit) {
  std::vector<Subscriber*> all;
  all.reserve(subscriber_count_);
  for (const auto& list : placed_) all.insert(all.end(), list.begin(), list.end());
  for (Subscriber* subscriber : all) visit(*subscriber);
}

std::uint64_t Hub::expect_answer(Subscriber& subscriber) {
  waiting_.emplace(++serial_, &subscriber);
  return serial_;
}

Subscriber* Hub::answered(std::uint64_t serial) {
  const auto waiting = waiting_.find(serial);
  if (waiting == waiting_.end()) return nullptr;
  Subscriber* subscriber = waiting->second;
  waiting_.erase(waiting);
  return subscriber;
}

}  // namespace freshet::server
