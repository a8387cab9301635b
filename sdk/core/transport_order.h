// An order of transports, best first, each at most once. A plain value without memory of its own.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>

#include "freshet/containers.h"
#include "freshet/transport.h"

namespace freshet::core {

class TransportOrder {
 public:
  constexpr TransportOrder() = default;
  constexpr TransportOrder(std::initializer_list<Transport> order) {
    for (const Transport transport : order) add(transport);
  }
  TransportOrder(const List<Transport>& order) {
    for (const Transport transport : order) add(transport);
  }

  // At the end, unless it is in the order already.
  constexpr void add(Transport transport) {
    if (has(transport)) return;
    set_ = static_cast<std::uint8_t>(set_ | bit(transport));
    transports_[size_++] = transport;
  }

  constexpr bool has(Transport transport) const { return (set_ & bit(transport)) != 0; }
  // A bit for each that it has.
  constexpr std::uint8_t set() const { return set_; }
  static constexpr unsigned bit(Transport transport) {
    return 1u << static_cast<unsigned>(transport);
  }

  constexpr bool empty() const { return size_ == 0; }
  constexpr std::size_t size() const { return size_; }
  constexpr Transport operator[](std::size_t index) const { return transports_[index]; }
  constexpr const Transport* begin() const { return transports_.data(); }
  constexpr const Transport* end() const { return transports_.data() + size_; }

  friend bool operator==(const TransportOrder&, const TransportOrder&) = default;

 private:
  std::array<Transport, transport_count> transports_{};
  std::uint8_t size_ = 0;
  std::uint8_t set_ = 0;
};

}  // namespace freshet::core
