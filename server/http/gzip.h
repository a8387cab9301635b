// Compressed HTTP answers: who asks for them, and which are worth it.
#pragma once

#include <string_view>

#include "compress/compression.h"
#include "compress/deflater.h"
#include "http/response.h"
#include "observe/limit_counts.h"
#include "observe/metrics.h"

namespace freshet::server {

// Whether this value of Accept-Encoding asks for gzip (RFC 9110 §12.5.3): it is named, or `*` is,
// with a weight that is neither 0 nor below that of `identity`. Absent or empty: no.
bool accepts_gzip(std::string_view accept_encoding);

// Whether bodies of this type shrink: text, JSON, WebAssembly; not images, nor event streams.
bool is_compressible(std::string_view content_type);

// Adds "Vary: Accept-Encoding" where it does not stand yet.
void vary_by_encoding(Answer& answer);

// Of all loops.
struct GzipCounts {
  Count answers;
  Count bytes_in;   // Of these, before
  Count bytes_out;  // and after.
};

// Threads: one loop's, which shares its compressor among its answers: it is large, and what it
// makes never depends on what it made before.
class Gzip {
 public:
  // Both counts may be null; else they outlive this.
  explicit Gzip(const GzipOptions& options, GzipCounts* counts = nullptr,
                LimitCounts* limits = nullptr)
      : options_(options), counts_(counts), limits_(limits) {}

  bool on() const { return options_.on; }

  // Compresses the body of an answer that is worth it if its client has `accepted` that, and says
  // so in the headers; an ETag becomes a weak one (§8.8.1), for the bytes are others. Without
  // `accepted` only Vary is added, for caches.
  void apply(Answer& answer, bool accepted);

 private:
  bool is_worth_it(const Answer& answer) const;

  GzipOptions options_;
  GzipCounts* counts_;
  LimitCounts* limits_;
  Deflater deflater_{Deflater::Format::gzip};
};

}  // namespace freshet::server
