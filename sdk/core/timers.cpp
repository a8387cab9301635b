// Deadlines by name; see timers.h.
#include "core/timers.h"

namespace freshet::core {

void Timers::set(Deadline name, Instant at, ConnectionId connection) {
  clear(name, connection);
  entries_.push_back({name, false, connection, at});
}

void Timers::clear(Deadlines names, ConnectionId connection) {
  drop_if(entries_, [&](const Entry& entry) {
    return entry.connection == connection && names.has(entry.name);
  });
}

OptionalInstant Timers::at(Deadline name, ConnectionId connection) const {
  for (const Entry& entry : entries_) {
    if (entry.name == name && entry.connection == connection) return entry.at;
  }
  return std::nullopt;
}

OptionalInstant Timers::earliest() const {
  const Entry* const entry = next();
  return entry != nullptr ? entry->at : OptionalInstant{};
}

std::optional<Timers::Due> Timers::take_due(Instant now) {
  const Entry* const entry = next();
  if (entry == nullptr || entry->at > now) return std::nullopt;
  const Due due{entry->name, entry->connection};
  entries_.erase(entries_.begin() + (entry - entries_.data()));
  return due;
}

void Timers::forgive_due(Instant now, Instant until, Deadline first) {
  for (Entry& entry : entries_) {
    if (entry.name < first || entry.at > now || entry.forgiven) continue;
    entry.at = until;
    entry.forgiven = true;
  }
}

const Timers::Entry* Timers::next() const {
  const Entry* next = nullptr;
  for (const Entry& entry : entries_) {
    if (next == nullptr || entry.at < next->at) next = &entry;
  }
  return next;
}

}  // namespace freshet::core
