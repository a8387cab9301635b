// Which transport to try next: one pass through the list on the first connect, the same transport
// again after a loss, onward only when it keeps failing, and back up in time.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <utility>

#include "core/time.h"
#include "core/transport_order.h"
#include "freshet/transport.h"

namespace freshet::core {

class TransportChoice {
 public:
  constexpr TransportChoice() = default;
  explicit TransportChoice(const TransportOrder& order) { replace(order); }

  // REQUIRES for all else: an order was given, and it is not empty.
  // Another order: what was learnt about the server is forgotten, about the runtime kept.
  void replace(const TransportOrder& order);

  // The first connect: each transport once, best first. nullopt when all were given out.
  void begin_pass() { pass_next_ = 0; }
  std::optional<Transport> next_of_pass(Instant now);
  bool pass_over() const { return pass_over_; }
  // No hello in the whole pass: the scheduled attempts go round from the first.
  void handle_pass_failed();

  // For a scheduled attempt: the same as before, or, behind two without hello, the next (from the
  // last to the first). nullopt when this runtime has none of them.
  std::optional<Transport> scheduled(Instant now);
  // Whether any is left that is not known to be barred, and any that this runtime has.
  bool any_open(Instant now) const;
  bool any_supported() const;

  // The transport said hello. One that is not the best is kept until `keep_until`. It works, unless
  // it is long polling: there only an answer that was waited for shows that.
  void handle_hello(Transport transport, Instant keep_until);
  void handle_working() { misses_ = 0; }
  // Whether the choice was only come to because others brought no hello, which a server that was
  // down explains as well. Asked once: what is found out then is worth its time.
  bool take_doubt() { return std::exchange(doubtful_, false); }
  // It was answered with "busy": not its fault, and where to come back.
  void handle_busy(Transport transport);
  // Proof that this transport alone is barred, by the server or a proxy, until then.
  void handle_barred(Transport transport, Instant until);
  // This runtime does not have it at all.
  void handle_unsupported(Transport transport);

  // The best transport before `current` in the list and behind `behind`, if any is to be probed.
  std::optional<Transport> better_than(Transport current, std::optional<Transport> behind,
                                       Instant now) const;
  bool has(Transport transport) const { return index_of(transport) < slot_count_; }
  bool is_first(Transport transport) const { return index_of(transport) == 0; }

  // Barred ones and those this runtime does not have, a bit for each.
  std::uint8_t unavailable(Instant now) const;

 private:
  struct Slot {
    Transport transport{};
    OptionalInstant barred_until = {};
  };

  std::span<Slot> slots() { return {slots_.data(), slot_count_}; }
  std::span<const Slot> slots() const { return {slots_.data(), slot_count_}; }
  bool supported(const Slot& slot) const {
    return (unsupported_ >> static_cast<unsigned>(slot.transport) & 1) == 0;
  }
  bool open(const Slot& slot, Instant now) const {
    return supported(slot) && !(slot.barred_until && now < *slot.barred_until);
  }
  std::size_t index_of(Transport transport) const;  // slot_count_ when it is not in the list.
  Slot* find(Transport transport);

  std::array<Slot, transport_count> slots_;
  std::size_t slot_count_ = 0;
  std::uint8_t unsupported_ = 0;  // By this runtime, in the list or not, a bit for each.
  std::size_t pass_next_ = 0;
  bool pass_over_ = false;
  std::size_t at_ = 0;   // The choice.
  unsigned misses_ = 0;  // Attempts in a row that did not show their transport to work.
  bool doubtful_ = false;
  OptionalInstant keep_until_;
};

}  // namespace freshet::core
