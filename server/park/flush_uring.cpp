#include "park/flush_uring.h"

#include <cassert>
#include <cerrno>
#include <system_error>
#include <utility>

namespace freshet::park {
namespace {

// Sends of one system call. More saves little and lets the first wait for the last.
constexpr std::size_t sends_max = 256;

// Trap: without MSG_DONTWAIT the ring holds a send to a full socket back until its reader reads,
// although the socket is non-blocking; one slow reader would stop the loop.
constexpr int send_flags = MSG_NOSIGNAL | MSG_DONTWAIT;

}  // namespace

FlushUring::FlushUring() {
  // SUBMIT_ALL: one dead connection does not end the batch that it stands in.
  const int error = ::io_uring_queue_init(sends_max, &ring_, IORING_SETUP_SUBMIT_ALL);
  if (error < 0) throw std::system_error(-error, std::generic_category(), "io_uring_setup");
  sends_.reserve(sends_max);  // The kernel reads from it, so it never moves.
}

FlushUring::~FlushUring() {
  if (usable_) ::io_uring_queue_exit(&ring_);
}

void FlushUring::flush(std::span<FlushItem> items) {
  pending_.clear();
  for (FlushItem& item : items) {
    if (!item.outbox->empty()) pending_.push_back(&item);
  }
  // Grows by those that have more to send than one send takes.
  for (std::size_t next = 0; next < pending_.size();) {
    if (!usable_) {
      fallback_.flush({pending_[next++], 1});
      continue;
    }
    sends_.clear();
    gather_.clear();
    while (next < pending_.size() && prepare(*pending_[next])) ++next;
    const std::size_t taken = submit();
    for (std::size_t i = 0; i < taken; ++i) complete_one();
    if (taken < sends_.size()) give_up();
  }
  // Of a broadcast to very many nothing is held.
  if (pending_.capacity() > sends_max) std::vector<FlushItem*>().swap(pending_);
}

// False when the batch is full.
bool FlushUring::prepare(FlushItem& item) {
  if (sends_.size() == sends_max) return false;
  const std::span<iovec> parts = gather_.add(*item.outbox);
  if (parts.empty()) return false;
  std::size_t bytes = 0;
  for (const iovec& part : parts) bytes += part.iov_len;

  const int flags = send_flags | (item.ends ? MSG_MORE : 0);
  io_uring_sqe* const entry = ::io_uring_get_sqe(&ring_);
  sends_.push_back({.item = &item, .bytes = bytes, .message = {}});
  Send& send = sends_.back();
  if (parts.size() == 1) {
    ::io_uring_prep_send(entry, item.fd, parts[0].iov_base, parts[0].iov_len, flags);
  } else {
    send.message.msg_iov = parts.data();
    send.message.msg_iovlen = parts.size();
    ::io_uring_prep_sendmsg(entry, item.fd, &send.message, flags);
  }
  ::io_uring_sqe_set_data(entry, &send);
  return true;
}

// Returns how many sends of the batch the kernel has taken: all, unless it refuses.
std::size_t FlushUring::submit() {
  std::size_t taken = 0;
  while (taken < sends_.size()) {
    const int count = ::io_uring_submit(&ring_);
    ++call_count_;
    if (count == -EINTR) continue;
    if (count <= 0) break;
    taken += static_cast<std::size_t>(count);
  }
  return taken;
}

// Does not block: with MSG_DONTWAIT a send has completed when it is submitted.
void FlushUring::complete_one() {
  io_uring_cqe* completion = nullptr;
  int error = 0;
  do {
    error = ::io_uring_wait_cqe(&ring_, &completion);
  } while (error == -EINTR);
  assert(error == 0);
  Send& send = *static_cast<Send*>(::io_uring_cqe_get_data(completion));
  const int result = completion->res;
  ::io_uring_cqe_seen(&ring_, completion);
  FlushItem& item = *std::exchange(send.item, nullptr);
  if (result == -EINTR) {
    pending_.push_back(&item);
  } else if (result < 0) {
    item.failed = result != -EAGAIN;
  } else {
    const auto sent = static_cast<std::size_t>(result);
    item.outbox->consume(sent);
    item.sent_bytes += sent;
    // One that was cut short would only be told again that the kernel's buffer is full.
    if (sent == send.bytes && !item.outbox->empty()) pending_.push_back(&item);
  }
}

// The kernel refuses a batch (out of memory, io_uring switched off meanwhile): what it has not
// taken, and all that follows, goes without it.
void FlushUring::give_up() {
  for (const Send& send : sends_) {
    if (send.item != nullptr) pending_.push_back(send.item);
  }
  ::io_uring_queue_exit(&ring_);
  usable_ = false;
}

std::uint64_t FlushUring::take_call_count() {
  return std::exchange(call_count_, 0) + fallback_.take_call_count();
}

}  // namespace freshet::park
