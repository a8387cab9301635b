// Deadlines by name; see timers.h.
#include "core/timers.h"

namespace freshet::core {

void Timers::set(Deadline name, Instant at, ConnectionId connection) {
  if (Entry* const entry = find(name, connection)) {
    *entry = {name, false, connection, at};
  } else {
    entries_.push_back({name, false, connection, at});
  }
}

void Timers::clear(Deadline name, ConnectionId connection) {
  drop_if(entries_,
          [&](const Entry& entry) { return entry.name == name && entry.connection == connection; });
}

void Timers::clear_each(std::initializer_list<Deadline> names) {
  for (const Deadline name : names) clear(name);
}

void Timers::clear_connection(ConnectionId connection) {
  drop_if(entries_, [&](const Entry& entry) { return entry.connection == connection; });
}

OptionalInstant Timers::at(Deadline name, ConnectionId connection) const {
  for (const Entry& entry : entries_) {
    if (entry.name == name && entry.connection == connection) return entry.at;
  }
  return std::nullopt;
}

OptionalInstant Timers::earliest() const {
  OptionalInstant earliest;
  for (const Entry& entry : entries_) {
    if (!earliest || entry.at < *earliest) earliest = entry.at;
  }
  return earliest;
}

std::optional<Timers::Due> Timers::take_due(Instant now) {
  const auto earliest_at = earliest();
  if (!earliest_at || *earliest_at > now) return std::nullopt;
  for (auto entry = entries_.begin(); entry != entries_.end(); ++entry) {
    if (entry->at != *earliest_at) continue;
    const Due due{entry->name, entry->connection};
    entries_.erase(entry);
    return due;
  }
  return std::nullopt;
}

void Timers::forgive_due(Instant now, Instant until, Deadline first) {
  for (Entry& entry : entries_) {
    if (entry.name < first || entry.at > now || entry.forgiven) continue;
    entry.at = until;
    entry.forgiven = true;
  }
}

Timers::Entry* Timers::find(Deadline name, ConnectionId connection) {
  for (Entry& entry : entries_) {
    if (entry.name == name && entry.connection == connection) return &entry;
  }
  return nullptr;
}

}  // namespace freshet::core
