// Counts compressed WebSocket messages in what one connection receives. Used by the load generator.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace freshet::bench {

// Reads the frames of a server (RFC 6455 §5.2), cut anywhere. REQUIRES: the first byte begins one.
class CompressedMessages {
 public:
  // How many messages with permessage-deflate's bit ended in `bytes`. Those without it, pings and
  // the like do not count.
  std::uint64_t count(std::string_view bytes);

  // The payload of the last one, if count() was asked to keep it.
  void keep_payload() { keeps_ = true; }
  const std::string& payload() const { return payload_; }

 private:
  static constexpr std::size_t header_bytes_max = 10;

  std::size_t header_bytes() const;
  void begin_frame();

  unsigned char header_[header_bytes_max] = {};
  std::size_t header_size_ = 0;  // Read so far.
  std::uint64_t left_ = 0;       // Bytes of the payload still to come.
  bool in_payload_ = false;
  bool compressed_ = false;  // The message under way.
  bool keeps_ = false;
  std::string payload_;
};

}  // namespace freshet::bench
