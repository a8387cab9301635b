// Entries, their subscriptions and positions; see subscription_table.h.
#include "core/subscription_table.h"

#include <algorithm>
#include <utility>

namespace freshet::core {

SubscriptionId SubscriptionTable::add(std::string_view pattern, const wire::Start& start) {
  Entry* entry = sharable(pattern, start);
  if (entry == nullptr) {
    entry = &add_new(entries_);
    entry->ref = next_ref_;
    entry->pattern = pattern;
    entry->start = start;
    next_ref_ += 2;
  }
  const SubscriptionId subscription = next_subscription_++;
  entry->subscriptions.push_back(subscription);
  if (entry->live) context().actions.push(ActionKind::tell_live, subscription);
  return subscription;
}

// Two subscriptions are the same on the wire when they begin at the same place: both wait for the
// first answer to the same start, or the newcomer begins exactly where the entry stands.
Entry* SubscriptionTable::sharable(std::string_view pattern, const wire::Start& start) {
  for (const auto& entry : entries_) {
    if (entry->pattern != pattern) continue;
    const bool joins_live = start.is_latest() && entry->live && entry->position() != nullptr;
    if (joins_live || entry->start == start) return entry.get();
  }
  return nullptr;
}

void SubscriptionTable::remove(SubscriptionId subscription) {
  std::replace(receivers_.begin(), receivers_.end(), subscription, SubscriptionId{0});
  for (const auto& entry : entries_) {
    drop_if(entry->subscriptions, [&](SubscriptionId one) { return one == subscription; });
  }
}

const Entry* SubscriptionTable::find(SubscriptionId subscription) const {
  for (const auto& entry : entries_) {
    const auto& list = entry->subscriptions;
    if (std::find(list.begin(), list.end(), subscription) != list.end()) return entry.get();
  }
  return nullptr;
}

bool SubscriptionTable::accept(Entry& entry, const wire::Start& asked, const wire::Cursor& resolved,
                               bool recovered) {
  const wire::Cursor* const position = entry.position();
  if (position == nullptr) {
    entry.start = resolved;
    return true;
  }
  const wire::Cursor* const from = asked.cursor();
  const bool same_epoch = position->epoch == resolved.epoch;
  if (from == nullptr && (!same_epoch || resolved.id > position->id)) return false;
  // A log that restarted within its epoch ends before what was asked for.
  const bool ahead_of_log = same_epoch && !recovered && from != nullptr &&
                            from->epoch == resolved.epoch && resolved.id < from->id;
  if (same_epoch && !ahead_of_log) return true;

  // Told here and not when the server tells it: a connection may be lost, and a subscription end,
  // between its hello and its gap, and a cursor must never be behind a gap untold.
  tell_gap(entry, *position, resolved, "epoch");
  entry.start = resolved;
  return true;
}

void SubscriptionTable::advance(Entry& entry, const wire::Cursor& cursor) {
  wire::Cursor* const position = entry.position();
  if (position == nullptr || position->epoch != cursor.epoch) return;
  position->id = std::max(position->id, cursor.id);
}

void SubscriptionTable::handle_live(Entry& entry) {
  if (std::exchange(entry.live, true)) return;
  for (const SubscriptionId subscription : entry.subscriptions) {
    context().actions.push(ActionKind::tell_live, subscription);
  }
}

void SubscriptionTable::handle_gap(const Entry& entry, const wire::Cursor& after,
                                   const wire::Cursor& until, std::string_view reason) {
  // A hand-over's second stream tells again what the first has told or delivered, and a server
  // tells that the epoch changed when its hello has shown it.
  const wire::Cursor* const position = entry.position();
  const bool known =
      position != nullptr && until.epoch == position->epoch && until.id <= position->id;
  if (!known) tell_gap(entry, after, until, reason);
}

void SubscriptionTable::refuse(Entry& entry, ErrorCode code, std::string_view message) {
  while (!entry.subscriptions.empty()) {
    const SubscriptionId subscription = entry.subscriptions.front();
    context().actions.push(ActionKind::tell_error, subscription, message).code = code;
    remove(subscription);
  }
}

void SubscriptionTable::handle_lost() {
  for (const auto& entry : entries_) entry->live = false;
}

void SubscriptionTable::deliver(Entry& entry, const wire::Epoch& epoch, std::uint64_t id) {
  wire::Cursor* const position = entry.position();
  if (position == nullptr || id <= position->id || position->epoch != epoch) return;
  // Before the callbacks: what they keep or subscribe again is behind this message.
  position->id = id;
  for (const SubscriptionId subscription : entry.subscriptions) {
    if (receiver_count_ == receivers_.size()) receivers_.push_back(0);
    receivers_[receiver_count_++] = subscription;
  }
}

void SubscriptionTable::tell_gap(const Entry& entry, const wire::Cursor& after,
                                 const wire::Cursor& until, std::string_view reason) {
  for (const SubscriptionId subscription : entry.subscriptions) {
    Action& action = context().actions.push(ActionKind::tell_gap, subscription, reason);
    wire::append_cursor(action.after, after);
    wire::append_cursor(action.until, until);
  }
}

}  // namespace freshet::core
