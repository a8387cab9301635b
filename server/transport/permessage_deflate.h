// The server's half of negotiating permessage-deflate (RFC 7692 §7), and what it agreed to.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace freshet::server {

// What holds for one connection, in one byte. Both sides always begin each message anew
// (no_context_takeover): so one compressed message serves all, and an idle connection needs no
// memory for what its client may send.
class DeflateAgreement {
 public:
  constexpr DeflateAgreement() = default;  // None: nothing is compressed.
  constexpr explicit DeflateAgreement(int window_bits)
      : window_bits_(static_cast<std::uint8_t>(window_bits)) {}

  constexpr bool agreed() const { return window_bits_ != 0; }

  // Whether a message of so many bytes may be sent compressed. The one form that all share may
  // point back up to 32 KiB, but never further than it is long: a client that keeps a smaller
  // window gets what fits it compressed, and the rest as it is (§6: each message has its choice).
  constexpr bool fits(std::size_t plain_bytes) const {
    return agreed() && (window_bits_ == window_bits_max || plain_bytes <= 1U << window_bits_);
  }

  static constexpr int window_bits_min = 8;
  static constexpr int window_bits_max = 15;

 private:
  std::uint8_t window_bits_ = 0;
};

struct DeflateAnswer {
  DeflateAgreement agreement;
  std::string extension;  // The value of our Sec-WebSocket-Extensions; empty: the header is absent.
};

// Takes the first offer that can be taken as it is; one with a parameter that is unknown, comes
// twice or has a value that it must not have is declined (§7), as are all other extensions. Nullopt
// when `offers` is no list of extensions at all: then the handshake must fail (RFC 6455 §9.1).
// `offers`: what came in Sec-WebSocket-Extensions, several headers joined by commas.
std::optional<DeflateAnswer> negotiate_deflate(std::string_view offers);

}  // namespace freshet::server
