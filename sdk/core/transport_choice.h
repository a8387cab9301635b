// Which transport to try next: one pass through the list on the first connect, the same transport
// again after a loss, onward only when it keeps failing, and back up in time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "core/time.h"
#include "core/transport_order.h"
#include "freshet/transport.h"
#include "wire/optional.h"

namespace freshet::core {

using OptionalTransport =
    wire::Optional<Transport, std::integral_constant<Transport, Transport{transport_count}>>;

class TransportChoice {
 public:
  constexpr TransportChoice() = default;
  explicit TransportChoice(const TransportOrder& order) { replace(order); }

  // REQUIRES for all else: an order was given, and it is not empty.
  // Another order: what was learnt about the server is forgotten, about the runtime kept.
  void replace(const TransportOrder& order);

  // The first connect: each transport once, best first. nullopt when all were given out.
  void begin_pass() { pass_next_ = 0; }
  OptionalTransport next_of_pass(Instant now);
  bool pass_over() const { return pass_over_; }
  // No hello in the whole pass: the scheduled attempts go round from the first.
  void handle_pass_failed();

  // For a scheduled attempt: the same as before, or, behind two without hello, the next (from the
  // last to the first). nullopt when this runtime has none of them.
  OptionalTransport scheduled(Instant now);
  // Whether any is left that is not known to be barred, and any that this runtime has.
  bool any_open(Instant now) const { return unavailable(now) != order_.set(); }
  bool any_supported() const { return (order_.set() & ~unsupported_) != 0; }

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
  OptionalTransport better_than(Transport current, OptionalTransport behind, Instant now) const;
  bool has(Transport transport) const { return order_.has(transport); }
  bool is_first(Transport transport) const { return order_[0] == transport; }

  // Those of the list that are barred or that this runtime does not have, a bit for each.
  std::uint8_t unavailable(Instant now) const;

 private:
  bool open(Transport transport, Instant now) const {
    return (unavailable(now) & TransportOrder::bit(transport)) == 0;
  }
  std::size_t index_of(Transport transport) const;  // The list's size when it is not in there.

  TransportOrder order_;
  std::array<Instant, transport_count> barred_until_{};  // By transport; long ago: it is not.
  std::uint8_t unsupported_ = 0;  // By this runtime, in the list or not, a bit for each.
  std::size_t pass_next_ = 0;
  bool pass_over_ = false;
  std::size_t at_ = 0;   // The choice.
  unsigned misses_ = 0;  // Attempts in a row that did not show their transport to work.
  bool doubtful_ = false;
  OptionalInstant keep_until_;
};

}  // namespace freshet::core
