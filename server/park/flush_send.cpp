#include "park/flush_send.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

namespace freshet::park {
namespace {

ssize_t send_some(int fd, std::span<iovec> parts, int flags) {
  if (parts.size() == 1) return ::send(fd, parts[0].iov_base, parts[0].iov_len, flags);
  msghdr message{};
  message.msg_iov = parts.data();
  message.msg_iovlen = parts.size();
  return ::sendmsg(fd, &message, flags);
}

std::size_t size_of(std::span<const iovec> parts) {
  std::size_t size = 0;
  for (const auto& part : parts) size += part.iov_len;
  return size;
}

}  // namespace

void FlushSend::flush(std::span<FlushItem> items) {
  gather_.clear();
  for (FlushItem& item : items) {
    const int flags = MSG_NOSIGNAL | (item.ends ? MSG_MORE : 0);
    while (!item.outbox->empty()) {
      auto gathered = gather_.add(*item.outbox);
      if (gathered.empty()) {
        gather_.clear();
        gathered = gather_.add(*item.outbox);
      }
      const ssize_t sent = send_some(item.fd, gathered, flags);
      ++call_count_;
      if (sent < 0) {
        if (errno == EINTR) continue;
        item.failed = errno != EAGAIN && errno != EWOULDBLOCK;
        break;
      }
      const bool cut_short = static_cast<std::size_t>(sent) < size_of(gathered);
      item.outbox->consume(static_cast<std::size_t>(sent));
      item.sent_bytes += static_cast<std::size_t>(sent);
      if (cut_short) break;  // The kernel's buffer is full; trying again would only say so.
    }
  }
}

std::uint64_t FlushSend::take_call_count() {
  const std::uint64_t count = call_count_;
  call_count_ = 0;
  return count;
}

}  // namespace freshet::park
