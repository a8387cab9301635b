// What the application has subscribed to, and how far each subscription has come. Identical
// subscriptions share one entry, which is what the server knows. The cursor rules of the protocol
// are here; which connection may say what about which entry is the session's.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/context.h"
#include "core/event.h"
#include "freshet/containers.h"
#include "wire/control.h"
#include "wire/cursor.h"

namespace freshet::core {

// One subscription on the wire.
struct Entry {
  std::uint64_t ref = 0;  // Even; those of publishes are odd. Never reused.
  Text pattern;
  // Where it begins: a word, until it has a position. All up to that was delivered, or told as a
  // gap. A cursor kept from an earlier run is a position: should the epoch have changed since, that
  // is a gap like any other.
  wire::Start start;
  bool live = false;  // Replay has caught up on the present connection.
  List<SubscriptionId> subscriptions;

  // nullptr until there is one.
  wire::Cursor* position() { return start.cursor(); }
  const wire::Cursor* position() const { return start.cursor(); }
};

class SubscriptionTable : Part {
 public:
  constexpr explicit SubscriptionTable(Context& context) : Part(context) {}

  // REQUIRES: `pattern` was checked.
  SubscriptionId add(std::string_view pattern, const wire::Start& start);
  void remove(SubscriptionId subscription);
  // The entry of a subscription, or nullptr.
  const Entry* find(SubscriptionId subscription) const;

  const List<std::unique_ptr<Entry>>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }
  // Ends the entries that have no subscription left; `forget` is called with each first. They live
  // on until then, so that closing and subscribing again in one turn finds its entry.
  template <typename Forget>
  void drop_unused(Forget forget) {
    drop_if(entries_, [&](const std::unique_ptr<Entry>& entry) {
      const bool unused = entry->subscriptions.empty();
      if (unused) forget(*entry);
      return unused;
    });
  }

  // Cursor rules ---------------------------------------------------------------------------

  // The server has accepted an entry that was asked for from `asked` and begins behind `resolved`.
  // False if a word was asked for and the entry has since come to a position before `resolved`
  // another way: this connection would leave something out.
  [[nodiscard]] bool accept(Entry& entry, const wire::Start& asked, const wire::Cursor& resolved,
                            bool recovered);
  // Everything up to `cursor` has been sent for this entry.
  void advance(Entry& entry, const wire::Cursor& cursor);
  void handle_live(Entry& entry);
  void handle_gap(const Entry& entry, const wire::Cursor& after, const wire::Cursor& until,
                  std::string_view reason);
  // The server has refused it; drop_unused() ends it.
  void refuse(Entry& entry, ErrorCode code, std::string_view message);
  // The connection is lost: nothing is live.
  void handle_lost();

  // Delivering one message: begin, deliver for each entry that matches, take the receivers.
  void begin_delivery() { receiver_count_ = 0; }
  void deliver(Entry& entry, const wire::Epoch& epoch, std::uint64_t id);
  std::span<const SubscriptionId> receivers() const { return {receivers_.data(), receiver_count_}; }

 private:
  Entry* sharable(std::string_view pattern, const wire::Start& start);
  void tell_gap(const Entry& entry, const wire::Cursor& after, const wire::Cursor& until,
                std::string_view reason);

  List<std::unique_ptr<Entry>> entries_;
  // Of the frame that is being delivered. One that is unsubscribed meanwhile becomes 0.
  List<SubscriptionId> receivers_;  // Never shorter, so that a message allocates nothing.
  std::size_t receiver_count_ = 0;
  SubscriptionId next_subscription_ = 1;
  std::uint64_t next_ref_ = 2;
};

}  // namespace freshet::core
