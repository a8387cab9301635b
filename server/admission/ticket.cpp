#include "admission/ticket.h"

#include <charconv>

namespace freshet::server {
namespace {

constexpr std::size_t tag_digits = 16;

std::uint64_t tag_of(const HashKey& key, std::string_view slot, std::string_view client) {
  // The number holds digits only, so that the first dot ends it whatever the client is called.
  std::string text{slot};
  text.append(".").append(client);
  return siphash(key, text);
}

std::string hexadecimal(std::uint64_t value) {
  std::string digits(tag_digits, '0');
  for (std::size_t i = tag_digits; i-- > 0; value >>= 4) digits[i] = "0123456789abcdef"[value & 15];
  return digits;
}

}  // namespace

std::string make_ticket(const HashKey& key, std::uint64_t slot, std::string_view client) {
  char digits[20];
  const std::string_view number{digits, std::to_chars(digits, digits + sizeof digits, slot).ptr};
  return std::string(number) + "." + hexadecimal(tag_of(key, number, client));
}

std::optional<std::uint64_t> ticket_slot(const HashKey& key, std::string_view ticket,
                                         std::string_view client) {
  const std::size_t dot = ticket.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  const std::string_view number = ticket.substr(0, dot);
  std::uint64_t slot = 0;
  const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), slot);
  if (fault != std::errc{} || end != number.data() + number.size()) return std::nullopt;
  // Compared as a number, which takes the same time wherever two tags differ.
  const std::string_view digits = ticket.substr(dot + 1);
  std::uint64_t tag = 0;
  const auto [tag_end, tag_fault] =
      std::from_chars(digits.data(), digits.data() + digits.size(), tag, 16);
  if (digits.size() != tag_digits || tag_fault != std::errc{} ||
      tag_end != digits.data() + digits.size() || tag != tag_of(key, number, client)) {
    return std::nullopt;
  }
  return slot;
}

}  // namespace freshet::server
