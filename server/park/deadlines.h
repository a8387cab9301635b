// Time limits without a clock: callers pass `now`, so tests run in virtual time.
// DeadlineList serves limits of one fixed length for very many objects; Timers serves the rest.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "park/options.h"

namespace freshet::park {

class DeadlineList;

// A place in at most one DeadlineList; derive from it or hold it as a member. Leaves its list when
// destroyed. 32 bytes.
class DeadlineNode {
 public:
  DeadlineNode() = default;
  DeadlineNode(const DeadlineNode&) = delete;
  DeadlineNode& operator=(const DeadlineNode&) = delete;
  ~DeadlineNode() { cancel(); }

  // Leaves the list, if in one.
  void cancel();

  bool armed() const { return list_ != 0; }
  bool armed_in(const DeadlineList& list) const;

 private:
  friend class DeadlineList;

  // The neighbours in a ring that the list itself closes.
  DeadlineNode* previous_ = nullptr;
  DeadlineNode* next_ = nullptr;
  Instant due_{};
  std::uint8_t list_ = 0;  // Its number; 0 for none.
};

// All members wait equally long, so the list stays sorted by appending: arming and cancelling cost
// O(1), and asking for the next deadline does too. Members must be cancelled or destroyed before
// the list is.
class DeadlineList {
 public:
  // `number`: from 1, and different for lists that take the same nodes.
  DeadlineList(std::uint8_t number, Duration length) : length_(length), number_(number) {
    ring_.previous_ = ring_.next_ = &ring_;
  }
  DeadlineList(const DeadlineList&) = delete;
  DeadlineList& operator=(const DeadlineList&) = delete;

  // Due at now + length, whichever list it was in before. REQUIRES: `now` never runs backwards.
  void arm(DeadlineNode& node, Instant now);

  // The first member that is due, removed from the list; null when none is.
  DeadlineNode* pop_due(Instant now);

  // When pop_due() will next return something.
  std::optional<Instant> next_due() const;

  bool empty() const { return ring_.next_ == &ring_; }
  // REQUIRES: not empty.
  DeadlineNode& first() const { return *ring_.next_; }

 private:
  friend class DeadlineNode;

  Duration length_;
  DeadlineNode ring_;
  std::uint8_t number_;
};

inline bool DeadlineNode::armed_in(const DeadlineList& list) const { return list_ == list.number_; }

using TimerId = std::uint64_t;  // 0 is no timer.

// One-shot timers of any length. Equal instants run in the order they were set.
class Timers {
 public:
  TimerId set(Instant due, std::function<void()> task);

  // True if it was still waiting; it then never runs.
  bool cancel(TimerId id);

  std::optional<Instant> next_due() const;

  // Runs what is due. Tasks may set and cancel timers; one set for an instant <= now in a task
  // runs at the next call, so that no task can hold the loop. Returns how many ran.
  std::size_t run_due(Instant now);

 private:
  using Key = std::pair<Instant, TimerId>;

  std::map<Key, std::function<void()>> waiting_;
  std::unordered_map<TimerId, Instant> due_;
  TimerId last_id_ = 0;
};

}  // namespace freshet::park
