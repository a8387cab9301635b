// Every deadline of a client in one place: named, and for those of a connection kept by connection.
// The port arms one timer for the earliest.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>

#include "core/event.h"
#include "core/time.h"
#include "freshet/containers.h"

namespace freshet::core {

enum class Deadline : std::uint8_t {
  // Of the client, but for `poll`, which is of one connection: what we do then.
  retry,   // Waiting is over: the next attempt.
  stable,  // The connection has held for a while: attempts count from zero again.
  probe,   // Look whether a better transport works by now.
  change,  // Try the hand-over to a stream with the present subscriptions again.
  poll,    // The next request of a polling connection.
  // By then something should have come. Of the client:
  hedge,    // Hello on the newest attempt: start the next transport beside it.
  publish,  // The answer to a publish: it times out, or its repeat is due.
  post,     // The answer to the POST in flight.
  // and of one connection:
  hello,    // Hello: it has failed.
  silence,  // Anything: it is dead.
  drain,    // Its end by the server: it was told to go.
};
// The first of those that wait for something.
inline constexpr Deadline first_answer = Deadline::hedge;

// Some of them.
class Deadlines {
 public:
  constexpr Deadlines(Deadline name) : bits_(1u << static_cast<unsigned>(name)) {}
  consteval Deadlines(std::initializer_list<Deadline> names) {
    for (const Deadline name : names) bits_ |= Deadlines(name).bits_;
  }
  static constexpr Deadlines all() { return Deadlines(~0u); }

  constexpr bool has(Deadline name) const {
    return (bits_ >> static_cast<unsigned>(name) & 1) != 0;
  }

 private:
  constexpr explicit Deadlines(unsigned bits) : bits_(bits) {}

  unsigned bits_ = 0;
};

class Timers {
 public:
  struct Due {
    Deadline name;
    ConnectionId connection;
  };

  // Replaces the deadline of that name (and connection).
  void set(Deadline name, Instant at, ConnectionId connection = 0);
  void clear(Deadlines names, ConnectionId connection = 0);
  void clear_connection(ConnectionId connection) { clear(Deadlines::all(), connection); }
  void clear_all() { entries_.clear(); }
  OptionalInstant at(Deadline name, ConnectionId connection = 0) const;

  OptionalInstant earliest() const;
  // Takes the earliest that is due.
  std::optional<Due> take_due(Instant now);

  // Moves the deadlines that are due, those from `first` on, to `until`, each only once in its
  // life: a process that slept finds answers waiting that must be read before anything is declared
  // dead.
  void forgive_due(Instant now, Instant until, Deadline first);

 private:
  struct Entry {
    Deadline name;
    bool forgiven;
    ConnectionId connection;
    Instant at;
  };

  const Entry* next() const;  // nullptr when there is none.

  List<Entry> entries_;  // About ten at most.
};

}  // namespace freshet::core
