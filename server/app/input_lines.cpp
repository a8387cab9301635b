#include "app/input_lines.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>

namespace freshet::app {
namespace {

constexpr int wait_ms = 20;
constexpr std::size_t read_bytes = 64 * 1024;

}  // namespace

std::optional<std::string> InputLines::next() {
  for (bool asked = false;; asked = true) {
    const std::size_t end = read_.find('\n', searched_);
    if (end != std::string::npos) {
      std::string line = read_.substr(begin_, end - begin_);
      begin_ = searched_ = end + 1;
      return line;
    }
    searched_ = read_.size();
    if (at_end_) {
      if (ended()) return std::nullopt;
      std::string line = read_.substr(begin_);
      begin_ = read_.size();
      return line;
    }
    if (asked) return std::nullopt;
    read_more();
  }
}

void InputLines::read_more() {
  read_.erase(0, begin_);
  searched_ -= begin_;
  begin_ = 0;
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  if (::poll(&input, 1, wait_ms) <= 0) return;
  const std::size_t had = read_.size();
  read_.resize(had + read_bytes);
  const ssize_t got = ::read(STDIN_FILENO, read_.data() + had, read_bytes);
  read_.resize(had + static_cast<std::size_t>(got > 0 ? got : 0));
  at_end_ = got == 0 || (got < 0 && errno != EINTR && errno != EAGAIN);
}

}  // namespace freshet::app
