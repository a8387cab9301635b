// The order of transports and what is known of each; see transport_choice.h.
#include "core/transport_choice.h"

#include <algorithm>

namespace freshet::core {
namespace {

// As many attempts in a row may fail before a lost connection counts as a failing transport
// (phoenix#6208: a restart of the server moved every browser to long polling).
constexpr unsigned misses_max = 2;

}  // namespace

void TransportChoice::replace(const TransportOrder& order) {
  slot_count_ = 0;
  for (const Transport transport : order) slots_[slot_count_++] = {transport};
  pass_next_ = 0;
  at_ = 0;
  misses_ = 0;
  doubtful_ = false;
  keep_until_.reset();
}

std::optional<Transport> TransportChoice::next_of_pass(Instant now) {
  while (!pass_over_ && pass_next_ < slot_count_) {
    const Slot& slot = slots_[pass_next_++];
    if (open(slot, now)) return slot.transport;
  }
  return std::nullopt;
}

void TransportChoice::handle_pass_failed() {
  pass_over_ = true;
  at_ = slot_count_ - 1;
  misses_ = misses_max;
}

std::optional<Transport> TransportChoice::scheduled(Instant now) {
  if (!any_supported()) return std::nullopt;
  if (!any_open(now)) {
    for (Slot& slot : slots()) slot.barred_until.reset();
  }
  if (keep_until_ && now >= *keep_until_ && misses_ == 0) {
    keep_until_.reset();
    at_ = 0;
  }
  if (misses_ >= misses_max) {
    at_ = (at_ + 1) % slot_count_;
    doubtful_ = true;
  }
  while (!open(slots_[at_], now)) at_ = (at_ + 1) % slot_count_;
  ++misses_;
  return slots_[at_].transport;
}

bool TransportChoice::any_open(Instant now) const {
  return std::any_of(slots().begin(), slots().end(),
                     [&](const Slot& slot) { return open(slot, now); });
}

bool TransportChoice::any_supported() const {
  return std::any_of(slots().begin(), slots().end(),
                     [&](const Slot& slot) { return supported(slot); });
}

void TransportChoice::handle_hello(Transport transport, Instant keep_until) {
  // A proxy may let quick answers through and cut those that wait.
  const unsigned misses = transport == Transport::long_polling ? misses_ : 0;
  handle_busy(transport);
  misses_ = misses;
  if (is_first(transport)) doubtful_ = false;
  keep_until_ = keep_until;
  if (Slot* const slot = find(transport)) slot->barred_until.reset();
}

void TransportChoice::handle_busy(Transport transport) {
  pass_over_ = true;
  misses_ = 0;
  if (has(transport)) at_ = index_of(transport);
}

void TransportChoice::handle_barred(Transport transport, Instant until) {
  if (Slot* const slot = find(transport)) slot->barred_until = until;
}

void TransportChoice::handle_unsupported(Transport transport) {
  unsupported_ = static_cast<std::uint8_t>(unsupported_ | 1u << static_cast<unsigned>(transport));
}

std::optional<Transport> TransportChoice::better_than(Transport current,
                                                      std::optional<Transport> behind,
                                                      Instant now) const {
  std::size_t index = behind ? index_of(*behind) + 1 : 0;
  for (const std::size_t end = index_of(current); index < end; ++index) {
    if (open(slots_[index], now)) return slots_[index].transport;
  }
  return std::nullopt;
}

std::uint8_t TransportChoice::unavailable(Instant now) const {
  unsigned out = 0;
  for (const Slot& slot : slots()) {
    if (!open(slot, now)) out |= 1u << static_cast<unsigned>(slot.transport);
  }
  return static_cast<std::uint8_t>(out);
}

std::size_t TransportChoice::index_of(Transport transport) const {
  std::size_t index = 0;
  while (index < slot_count_ && slots_[index].transport != transport) ++index;
  return index;
}

TransportChoice::Slot* TransportChoice::find(Transport transport) {
  const std::size_t index = index_of(transport);
  return index < slot_count_ ? &slots_[index] : nullptr;
}

}  // namespace freshet::core
