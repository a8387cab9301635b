#include "log/memory_log.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "wire/frame.h"
#include "wire/topic.h"

namespace freshet::server {
namespace {

// What keeping one message costs beyond its frame: the shared object, its places in ring and topic.
constexpr std::size_t message_overhead_bytes = 152;

// A read for a rare pattern gives up its turn after so many messages that do not match.
constexpr std::size_t scan_max = 8192;

// The part of a pattern before its first wildcard: every topic it matches begins with it.
std::string_view literal_prefix(std::string_view pattern) {
  return pattern.substr(0, pattern.find_first_of("*>"));
}

std::string key_scope(const AppendRequest& request) {
  // Neither a topic nor a key that came in a header or a JSON string of one line holds a NUL that
  // could make two scopes look alike: topics cannot, and they stand between the other two.
  std::string scope;
  scope.reserve(request.principal.size() + request.topic.size() + request.key.size() + 2);
  scope.append(request.topic).push_back('\0');
  scope.append(std::to_string(request.principal.size())).push_back('\0');
  scope.append(request.principal).append(request.key);
  return scope;
}

bool matches_any(const std::vector<std::string_view>& patterns, std::string_view topic) {
  return std::any_of(patterns.begin(), patterns.end(),
                     [&](std::string_view pattern) { return wire::matches(pattern, topic); });
}

// Whether a reader is spared a message of a topic with this rule, whose newest one is `newest`.
bool leaves_out(const Leave& leave, SlowRule rule, std::uint64_t id, std::uint64_t newest) {
  if (id <= leave.keep_until) return false;
  return rule == SlowRule::latest ? id < newest
                                  : rule == SlowRule::drop_oldest && id <= leave.drop_until;
}

}  // namespace

MemoryLog::MemoryLog(std::uint64_t seed, Retention retention)
    : retention_(retention), epoch_(epoch_name(seed)) {}

void MemoryLog::append(const AppendRequest& request, Instant now,
                       std::function<void(Result<Appended>)> done) {
  done(append(request, now));
}

void MemoryLog::read(const ReadRequest& request, std::function<void(ReadResult)> done) {
  done(std::as_const(*this).read(request));
}

void MemoryLog::backlog(const BacklogRequest& request, std::function<void(Backlog)> done) {
  done(std::as_const(*this).backlog(request));
}

void MemoryLog::resolve(std::vector<StartRequest> requests, std::function<void(Resolved)> done) {
  done(std::as_const(*this).resolve(std::move(requests)));
}

void MemoryLog::history(std::string_view topic, std::uint64_t before, std::size_t limit,
                        std::function<void(std::vector<MessageRef>)> done) {
  done(std::as_const(*this).history(topic, before, limit));
}

void MemoryLog::follow(LogFollower& follower) { followers_.push_back(&follower); }

void MemoryLog::unfollow(LogFollower& follower) { std::erase(followers_, &follower); }

Result<Appended> MemoryLog::append(const AppendRequest& request, Instant now) {
  std::string scope;
  if (!request.key.empty()) {
    if (request.key.size() > idempotency_key_bytes_max) {
      return Error{ErrorCode::invalid_argument, "the idempotency key is longer than " +
                                                    std::to_string(idempotency_key_bytes_max) +
                                                    " bytes"};
    }
    forget_keys(now);
    scope = key_scope(request);
    if (const auto known = keys_.find(scope); known != keys_.end()) {
      return Appended{.id = known->second, .repeated = true};
    }
  }
  if (head_ == wire::id_max) {
    return Error{ErrorCode::internal, "the log has used up its ids; restart the server"};
  }
  auto message = std::make_shared<LogMessage>();
  message->id = head_ + 1;
  message->time = request.time;
  message->frame =
      wire::encode_message(message->id, request.topic, request.time, request.data, request.extra);
  const auto head = wire::parse_message_head(message->frame);
  if (!head) return head.error();
  message->topic = head->topic;
  message->data = wire::frame_data(message->frame, *head);

  head_ = message->id;
  auto topic = topics_.try_emplace(std::string(request.topic)).first;
  if (topic->second.size() == 0) empty_topics_.erase(topic->second.trimmed);
  topic->second.ids.push_back(head_);
  bytes_ += message->frame.size() + message_overhead_bytes;
  ring_.push_back({std::move(message), now, topic});
  if (!scope.empty()) {
    keys_.emplace(scope, head_);
    key_ages_.push_back({std::move(scope), now});
    if (keys_.size() > retention_.keys_max) {
      keys_.erase(key_ages_.front().scope);
      key_ages_.pop_front();
      ++keys_forgotten_;
    }
  }
  trim(now);
  for (LogFollower* follower : followers_) follower->head_moved();
  return Appended{.id = head_};
}

ReadResult MemoryLog::read(const ReadRequest& request) const {
  ReadResult result;
  if (request.patterns.empty()) {
    result.trimmed.push_back(trimmed_max_ > request.after ? trimmed_max_ : 0);
  }
  for (const std::string_view pattern : request.patterns) {
    result.trimmed.push_back(trimmed_of(pattern, request.after, request.leave));
  }
  if (request.after >= head_) {
    result.through = request.after;
    return result;
  }
  const bool exact = !request.patterns.empty() &&
                     std::all_of(request.patterns.begin(), request.patterns.end(), wire::is_exact);
  exact ? read_topics(request, result) : read_ring(request, result);
  result.more = result.through < head_;
  return result;
}

void MemoryLog::read_ring(const ReadRequest& request, ReadResult& result) const {
  const std::uint64_t first = head_ + 1 - ring_.size();
  std::size_t index = request.after < first ? 0 : request.after + 1 - first;
  const std::size_t end = std::min(ring_.size(), index + scan_max);
  const Leave& leave = request.leave;
  std::size_t bytes = 0;
  for (; index < end; ++index) {
    const auto& [message, at, topic] = ring_[index];
    if (!request.patterns.empty() && !matches_any(request.patterns, message->topic)) continue;
    if (leave.rules &&
        leaves_out(leave, leave.rules->of(message->topic), message->id, topic->second.ids.back())) {
      continue;
    }
    result.messages.push_back(message);
    bytes += message->frame.size();
    if (result.messages.size() >= request.messages_max || bytes >= request.bytes_max) {
      result.through = message->id;
      return;
    }
  }
  result.through = first + end - 1;
}

// Merges the topics' own lists, so that a rare topic costs what it holds and not the whole ring.
void MemoryLog::read_topics(const ReadRequest& request, ReadResult& result) const {
  struct Source {
    const std::vector<std::uint64_t>* ids;
    std::size_t next;
    SlowRule rule;
  };
  const Leave& leave = request.leave;
  std::vector<Source> sources;
  for (const std::string_view pattern : request.patterns) {
    const auto topic = topics_.find(pattern);
    if (topic == topics_.end()) continue;
    const auto& ids = topic->second.ids;
    const auto from = ids.begin() + static_cast<std::ptrdiff_t>(topic->second.first);
    const auto next = std::upper_bound(from, ids.end(), request.after);
    sources.push_back({&ids, static_cast<std::size_t>(next - ids.begin()),
                       leave.rules ? leave.rules->of(pattern) : SlowRule::disconnect});
  }
  std::size_t bytes = 0;
  for (;;) {
    std::uint64_t id = 0;
    for (Source& source : sources) {
      while (source.next < source.ids->size() &&
             leaves_out(leave, source.rule, (*source.ids)[source.next], source.ids->back())) {
        ++source.next;
      }
      if (source.next == source.ids->size()) continue;
      const std::uint64_t candidate = (*source.ids)[source.next];
      if (id == 0 || candidate < id) id = candidate;
    }
    if (id == 0) break;
    for (Source& source : sources) {  // The same topic may have been asked for twice.
      if (source.next < source.ids->size() && (*source.ids)[source.next] == id) ++source.next;
    }
    result.messages.push_back(at(id));
    bytes += result.messages.back()->frame.size();
    if (result.messages.size() >= request.messages_max || bytes >= request.bytes_max) {
      result.through = id;
      return;
    }
  }
  result.through = head_;
}

// From the head back, for only there is it known what fits.
Backlog MemoryLog::backlog(const BacklogRequest& request) const {
  const Leave& leave = request.leave;
  Backlog backlog{.drop_until = leave.drop_until,
                  .dropped = std::vector<std::uint64_t>(request.patterns.size(), 0)};
  if (!leave.rules || ring_.empty()) return backlog;
  const std::uint64_t kept =
      std::max({request.after, leave.keep_until, leave.drop_until, head_ - ring_.size()});
  std::size_t bytes = 0;
  std::size_t untold = request.patterns.size();
  for (std::uint64_t id = head_; id > kept && untold > 0; --id) {
    const LogMessage& message = *at(id);
    if (!matches_any(request.patterns, message.topic) ||
        leave.rules->of(message.topic) != SlowRule::drop_oldest) {
      continue;
    }
    bytes += message.frame.size();
    if (bytes <= request.bytes_max) continue;
    backlog.drop_until = std::max(backlog.drop_until, id);
    for (std::size_t i = 0; i < request.patterns.size(); ++i) {
      if (backlog.dropped[i] > 0 || !wire::matches(request.patterns[i], message.topic)) continue;
      backlog.dropped[i] = id;
      --untold;
    }
  }
  return backlog;
}

Resolved MemoryLog::resolve(std::vector<StartRequest> requests) const {
  Resolved resolved{.epoch = epoch_, .starts = {}};
  resolved.starts.reserve(requests.size());
  for (StartRequest& request : requests) {
    resolved.starts.push_back(resolve_one(std::move(request)));
  }
  return resolved;
}

ResolvedStart MemoryLog::resolve_one(StartRequest request) const {
  ResolvedStart start;
  start.pattern = std::move(request.pattern);
  start.after = start.told = head_;
  if (request.start.is_earliest()) {
    start.after = start.told = trimmed_of(start.pattern, 0);
    start.history_until = head_;
  } else if (const std::uint32_t count = request.start.last_count(); count > 0) {
    for_topics_of(start.pattern, [&](const std::string& name, const Topic& topic) {
      if (topic.size() == 0) return;
      const std::size_t back = std::min<std::size_t>(count, topic.size());
      const std::uint64_t first = topic.ids[topic.ids.size() - back];
      start.first_of_topic.emplace(name, first);
      start.after = std::min(start.after, first - 1);
    });
    start.told = trimmed_of(start.pattern, 0);
    start.history_until = head_;
  } else if (wire::Cursor* const cursor = request.start.cursor()) {
    if (cursor->epoch != epoch_) {
      // Another life: all of this one is news.
      start.after = start.told = trimmed_of(start.pattern, 0);
      start.gap_until = start.after;
      start.gap_reason = "epoch";
    } else if (cursor->id > head_) {
      start.gap_until = head_;
      start.gap_reason = "epoch";
    } else {
      start.after = start.told = cursor->id;
      const std::uint64_t trimmed = trimmed_of(start.pattern, cursor->id);
      if (trimmed > cursor->id) {
        start.told = start.gap_until = trimmed;
        start.gap_reason = "retention";
      }
    }
    start.recovered = start.gap_reason.empty();
    start.asked = std::move(*cursor);
  }
  return start;
}

std::vector<MessageRef> MemoryLog::history(std::string_view name, std::uint64_t before,
                                           std::size_t limit) const {
  std::vector<MessageRef> messages;
  const auto found = topics_.find(name);
  if (found == topics_.end()) return messages;
  const Topic& topic = found->second;
  const auto first = topic.ids.begin() + static_cast<std::ptrdiff_t>(topic.first);
  const auto end = before == 0 ? topic.ids.end() : std::lower_bound(first, topic.ids.end(), before);
  const auto count = std::min<std::ptrdiff_t>(end - first, static_cast<std::ptrdiff_t>(limit));
  for (auto id = end - count; id != end; ++id) messages.push_back(at(*id));
  return messages;
}

void MemoryLog::trim(Instant now) {
  while (!ring_.empty() &&
         (ring_.size() > retention_.messages_max || bytes_ > retention_.bytes_max ||
          now - ring_.front().at > retention_.age_max)) {
    trim_first();
  }
  forget_topics();
  forget_keys(now);
}

void MemoryLog::trim_first() {
  const MessageRef message = std::move(ring_.front().message);
  const auto found = ring_.front().topic;
  ring_.pop_front();
  bytes_ -= message->frame.size() + message_overhead_bytes;
  trimmed_max_ = message->id;
  Topic& topic = found->second;
  topic.trimmed = message->id;
  ++topic.first;
  if (topic.size() == 0) {
    topic = {.ids = {}, .first = 0, .trimmed = message->id};
    empty_topics_.emplace(message->id, found);
  } else if (topic.first > 64 && topic.first > topic.size()) {
    topic.ids.erase(topic.ids.begin(),
                    topic.ids.begin() + static_cast<std::ptrdiff_t>(topic.first));
    topic.first = 0;
  }
}

// Forgets the topics that lost their last message longest ago: their marks raise the log-wide one
// the least.
void MemoryLog::forget_topics() {
  while (empty_topics_.size() > retention_.empty_topics_max) {
    const auto oldest = empty_topics_.begin();
    forgotten_ = std::max(forgotten_, oldest->first);
    topics_.erase(oldest->second);
    empty_topics_.erase(oldest);
    ++topics_forgotten_;
  }
}

void MemoryLog::forget_keys(Instant now) {
  while (!key_ages_.empty() && now - key_ages_.front().at > retention_.key_age_max) {
    keys_.erase(key_ages_.front().scope);
    key_ages_.pop_front();
  }
}

const MessageRef& MemoryLog::at(std::uint64_t id) const {
  const std::uint64_t first = head_ + 1 - ring_.size();
  assert(id >= first);
  assert(id <= head_);
  return ring_[id - first].message;
}

template <typename F>
void MemoryLog::for_topics_of(std::string_view pattern, F&& visit) const {
  if (wire::is_exact(pattern)) {
    if (const auto topic = topics_.find(pattern); topic != topics_.end()) {
      visit(topic->first, topic->second);
    }
    return;
  }
  const std::string_view prefix = literal_prefix(pattern);
  for (auto topic = topics_.lower_bound(prefix);
       topic != topics_.end() && topic->first.starts_with(prefix); ++topic) {
    if (wire::matches(pattern, topic->first)) visit(topic->first, topic->second);
  }
}

std::uint64_t MemoryLog::trimmed_of(std::string_view pattern, std::uint64_t after,
                                    const Leave& leave) const {
  // Nearly every cursor is newer than all that is gone.
  if (trimmed_max_ <= after) return 0;
  std::uint64_t trimmed = forgotten_;
  // Who would have been spared a message misses nothing when it is gone.
  const bool spared = leave.rules && after >= leave.keep_until;
  for_topics_of(pattern, [&](const std::string& name, const Topic& topic) {
    if (spared && topic.size() > 0 && leave.rules->of(name) == SlowRule::latest) return;
    trimmed = std::max(trimmed, topic.trimmed);
  });
  return trimmed > after ? trimmed : 0;
}

std::string epoch_name(std::uint64_t seed) {
  // splitmix64, so that neighbouring seeds (start times) give unlike names.
  std::uint64_t mixed = seed + 0x9E3779B97F4A7C15;
  mixed = (mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94D049BB133111EB;
  mixed ^= mixed >> 31;
  std::string name;
  for (int i = 0; i < 8; ++i) {
    name += "abcdefghijklmnopqrstuvwxyz0123456789"[mixed % 36];
    mixed /= 36;
  }
  return name;
}

}  // namespace freshet::server
