// The order of transports and what is known of each; see transport_choice.h.
#include "core/transport_choice.h"

namespace freshet::core {
namespace {

// As many attempts in a row may fail before a lost connection counts as a failing transport
// (phoenix#6208: a restart of the server moved every browser to long polling).
constexpr unsigned misses_max = 2;

}  // namespace

void TransportChoice::replace(const TransportOrder& order) {
  order_ = order;
  barred_until_ = {};
  pass_next_ = 0;
  at_ = 0;
  misses_ = 0;
  doubtful_ = false;
  keep_until_.reset();
}

OptionalTransport TransportChoice::next_of_pass(Instant now) {
  while (!pass_over_ && pass_next_ < order_.size()) {
    const Transport transport = order_[pass_next_++];
    if (open(transport, now)) return transport;
  }
  return std::nullopt;
}

void TransportChoice::handle_pass_failed() {
  pass_over_ = true;
  at_ = order_.size() - 1;
  misses_ = misses_max;
}

OptionalTransport TransportChoice::scheduled(Instant now) {
  if (!any_supported()) return std::nullopt;
  if (!any_open(now)) barred_until_ = {};
  if (keep_until_ && now >= *keep_until_ && misses_ == 0) {
    keep_until_.reset();
    at_ = 0;
  }
  const std::size_t size = order_.size();
  if (misses_ >= misses_max) {
    at_ = (at_ + 1) % size;
    doubtful_ = true;
  }
  while (!open(order_[at_], now)) at_ = (at_ + 1) % size;
  ++misses_;
  return order_[at_];
}

void TransportChoice::handle_hello(Transport transport, Instant keep_until) {
  // A proxy may let quick answers through and cut those that wait.
  const unsigned misses = transport == Transport::long_polling ? misses_ : 0;
  handle_busy(transport);
  misses_ = misses;
  if (is_first(transport)) doubtful_ = false;
  keep_until_ = keep_until;
  handle_barred(transport, {});
}

void TransportChoice::handle_busy(Transport transport) {
  pass_over_ = true;
  misses_ = 0;
  if (has(transport)) at_ = index_of(transport);
}

void TransportChoice::handle_barred(Transport transport, Instant until) {
  barred_until_[static_cast<std::size_t>(transport)] = until;
}

void TransportChoice::handle_unsupported(Transport transport) {
  unsupported_ = static_cast<std::uint8_t>(unsupported_ | TransportOrder::bit(transport));
}

OptionalTransport TransportChoice::better_than(Transport current, OptionalTransport behind,
                                               Instant now) const {
  std::size_t index = behind ? index_of(*behind) + 1 : 0;
  for (const std::size_t end = index_of(current); index < end; ++index) {
    if (open(order_[index], now)) return order_[index];
  }
  return std::nullopt;
}

std::uint8_t TransportChoice::unavailable(Instant now) const {
  unsigned out = unsupported_;
  for (std::size_t index = 0; index < transport_count; ++index) {
    if (now < barred_until_[index]) out |= 1u << index;
  }
  return static_cast<std::uint8_t>(out & order_.set());
}

std::size_t TransportChoice::index_of(Transport transport) const {
  std::size_t index = 0;
  while (index < order_.size() && order_[index] != transport) ++index;
  return index;
}

}  // namespace freshet::core
