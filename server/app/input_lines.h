// The lines of the standard input as they come, without waiting for ever for the next one.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

namespace freshet::app {

// Threads: one at a time. REQUIRES: nothing else reads the standard input.
class InputLines {
 public:
  // The next line without its end; what stands after the last line end is a line too. Nothing when
  // none came within 20 ms, so that the caller can look around, or at the end.
  std::optional<std::string> next();
  // Whether next() has given everything.
  bool ended() const { return at_end_ && begin_ == read_.size(); }

 private:
  void read_more();

  std::string read_;
  std::size_t begin_ = 0;     // Of what next() has not given yet.
  std::size_t searched_ = 0;  // Up to here there is no line end.
  bool at_end_ = false;
};

}  // namespace freshet::app
