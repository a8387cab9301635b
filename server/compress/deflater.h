// Deflater: compresses one whole message or body at a time, each for itself.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace freshet::server {

// Holds 260 KB from the first use on, so have one for many connections. Not thread-safe.
class Deflater {
 public:
  enum class Format {
    message,  // Raw DEFLATE as RFC 7692 §7.2.1 wants it: flushed, without the last 00 00 FF FF.
    gzip,     // RFC 1952, whole.
  };

  explicit Deflater(Format format);
  ~Deflater();
  Deflater(const Deflater&) = delete;
  Deflater& operator=(const Deflater&) = delete;

  // What `plain` is compressed. Never looks at what came before, so that whoever reads it need not
  // have read that. Distances within it stay below the size of `plain` and 32 KiB.
  std::string deflate(std::string_view plain);

 private:
  struct Stream;

  Format format_;
  std::unique_ptr<Stream> stream_;  // Made at first use.
};

}  // namespace freshet::server
