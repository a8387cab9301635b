// Reading HTTP answers of the protocol: refusals told as such, bodies as bytes or lines.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "freshet/platform.h"
#include "native/http_head.h"

namespace freshet::native {

// Bytes in any cut to lines without their line feeds.
class LineReader {
 public:
  // Over this a line is refused: a frame is a message of at most 16 MiB and its head.
  static constexpr std::size_t line_bytes_max = 16 * 1024 * 1024 + 1024;

  // Calls take(line) for each line that is now whole, in place where it can be, until it returns
  // false. Returns false when it did, or when a line is too long.
  template <typename Take>
  bool feed(std::string_view bytes, Take&& take) {
    while (!bytes.empty()) {
      const auto end = bytes.find('\n');
      if (held_.size() + std::min(end, bytes.size()) > line_bytes_max) return false;
      if (end == std::string_view::npos) {
        held_ += bytes;
        break;
      }
      std::string_view line = bytes.substr(0, end);
      bytes.remove_prefix(end + 1);
      std::string joined;
      if (!held_.empty()) {
        joined = std::exchange(held_, {});
        line = joined.append(line);
      }
      if (!line.empty() && !take(line)) return false;
    }
    return true;
  }

  // Forgets the beginning of a line that never came to its end: it was cut.
  void reset() { held_.clear(); }

 private:
  std::string held_;
};

// A handler that tells apart status 200, whose body the subclass reads, and every other.
class AnswerReader : public HttpHandler {
 protected:
  ~AnswerReader() = default;

  // The head of an answer of status 200.
  virtual void on_accepted(const HttpHead&) {}
  virtual void on_bytes(std::string_view bytes) = 0;
  // Once: the end of an answer of status 200, a refusal, or a failure. May destroy this.
  virtual void on_answered(const ConnectionEnd& end) = 0;

 private:
  struct Refusal {
    HttpHead head;
    std::string body;
  };

  void on_head(const HttpHead& head) final;
  void on_body(std::string_view bytes) final;
  void on_end(const ConnectionEnd& end) final;

  std::unique_ptr<Refusal> refusal_;
};

}  // namespace freshet::native
