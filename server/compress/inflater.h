// Inflater: opens one compressed WebSocket message at a time (RFC 7692 §7.2.2), within a limit.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "freshet/result.h"

namespace freshet::server {

// Holds 40 KB from the first use on, so have one for many connections. Not thread-safe.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // The plain bytes of a message whose sender kept no context. ErrorCode::too_large as soon as they
  // would be more than `bytes_max`, before they are held; ErrorCode::malformed when it is no
  // DEFLATE data, or ends in the middle of a block.
  Result<std::string> inflate(std::string_view compressed, std::size_t bytes_max);

 private:
  struct Stream;

  Result<void> inflate_piece(std::string_view piece, std::string& out, std::size_t& size,
                             std::size_t bytes_max);
  bool begin_next_stream(std::string_view plain);

  std::unique_ptr<Stream> stream_;  // Made at first use.
  std::size_t streams_ = 0;         // Final blocks met in this message.
};

}  // namespace freshet::server
