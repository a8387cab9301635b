#include "sim/history.h"

#include <algorithm>

#include "wire/topic.h"

namespace freshet::sim {

void History::begin(const std::string& epoch) { lives_.emplace(epoch, lives_.size()); }

void History::append(const std::string& epoch, std::uint64_t id, std::string topic,
                     std::string data) {
  ++times_[data];
  messages_.emplace(Place{lives_.at(epoch), id}, Entry{std::move(topic), std::move(data)});
}

std::optional<Place> History::place(const wire::Cursor& cursor) const {
  const auto life = lives_.find(std::string_view{cursor.epoch});
  if (life == lives_.end()) return std::nullopt;
  return Place{life->second, cursor.id};
}

std::optional<Place> History::place(std::string_view text) const {
  const auto cursor = wire::parse_cursor(text);
  return cursor ? place(*cursor) : std::nullopt;
}

std::size_t History::times(std::string_view data) const {
  const auto found = times_.find(data);
  return found == times_.end() ? 0 : found->second;
}

Record::Record(const History& history, std::string name, std::string pattern, std::string start)
    : history_(history),
      name_(std::move(name)),
      pattern_(std::move(pattern)),
      start_word_(std::move(start)) {}

void Record::fault(std::string sentence) {
  faults_.push_back(name_ + " (" + pattern_ + " from " + start_word_ + "): " + std::move(sentence));
}

void Record::handle_cursor(std::string_view cursor) {
  if (cursor.empty()) return;
  const auto place = history_.place(cursor);
  if (!place) return fault("holds a cursor of no log: " + std::string(cursor));
  // "last:N" owes only the newest N before it is live, which the hub's own tests judge.
  if (!start_ && start_word_.rfind("last:", 0) != 0) start_ = place;
  if (reached_ && *place < *reached_) {
    fault("its cursor went back to " + std::string(cursor));
  }
  reached_ = place;
}

void Record::handle_live(std::string_view cursor) {
  handle_cursor(cursor);
  if (!start_) start_ = history_.place(cursor);
}

void Record::handle_message(std::string_view cursor, std::uint64_t id, std::string_view topic,
                            std::string_view data) {
  const std::string told = std::string(topic) + " " + std::to_string(id);
  if (ended_) fault("was given " + told + " after its end");
  handle_cursor(cursor);
  const auto place = history_.place(cursor);
  if (!place) return fault("was given " + told + " without a cursor");
  if (place->id != id) fault("was given " + told + " with the cursor at " + std::string(cursor));
  if (last_ && *place <= *last_) fault("was given " + told + " twice or out of order");
  last_ = place;
  const auto entry = history_.messages().find(*place);
  if (entry == history_.messages().end()) return fault("was given " + told + ", never published");
  if (entry->second.topic != topic || entry->second.data != data) {
    fault("was given " + told + " with other content than was published");
  }
  if (!wire::matches(pattern_, topic)) fault("was given " + told + ", which it does not match");
  delivered_[*place] = true;
  newest_.insert_or_assign(std::string(topic), *place);
}

void Record::handle_gap(const wire::Gap& gap) {
  const auto after = history_.place(gap.after);
  const auto until = history_.place(gap.until);
  if (!after || !until) return fault("was told a gap with a cursor of no log");
  if (*until < *after) fault("was told a gap that ends before it begins");
  gaps_.emplace_back(*after, *until);
  if (gap.reason == "slow") ++slow_gaps_;
}

bool Record::excused(const Place& place) const {
  return std::any_of(gaps_.begin(), gaps_.end(),
                     [&](const auto& gap) { return gap.first < place && place <= gap.second; });
}

bool Record::overtaken(const Place& place, const std::string& topic, const Place& limit) const {
  if (history_.rules().of(topic) != server::SlowRule::latest) return false;
  const auto newest = newest_.find(topic);
  if (newest != newest_.end() && newest->second > place) return true;
  return std::any_of(history_.messages().upper_bound(limit), history_.messages().end(),
                     [&](const auto& message) { return message.second.topic == topic; });
}

void Record::finish(std::optional<Place> everything) {
  if (!start_) {
    if (!ended_ && everything) fault("was never answered");
    return;
  }
  Place limit = reached_.value_or(*start_);
  if (!ended_ && everything) limit = std::max(limit, *everything);
  for (auto at = history_.messages().upper_bound(*start_);
       at != history_.messages().end() && at->first <= limit; ++at) {
    if (!wire::matches(pattern_, at->second.topic)) continue;
    if (delivered_.contains(at->first) || excused(at->first)) continue;
    if (overtaken(at->first, at->second.topic, limit)) continue;
    fault("never got " + at->second.topic + " " + std::to_string(at->first.id) + " of life " +
          std::to_string(at->first.life) + " and was told no gap");
    if (faults_.size() > 20) return;
  }
}

}  // namespace freshet::sim
