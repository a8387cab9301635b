#include "park/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <cerrno>

#include "park/loop.h"

namespace freshet::park {
namespace {

// How much of one connection is read in a turn before the others get theirs.
constexpr std::size_t turn_bytes_max = 4 * Loop::scratch_bytes;

const Blob& continue_blob() {
  static const Blob blob = make_blob("HTTP/1.1 100 Continue\r\n\r\n");
  return blob;
}

}  // namespace

Connection::Connection(Loop& loop, int fd) : fd_(fd), loop_(&loop) { update_deadline(); }

// ---- What a Parked object calls.

SendResult Connection::send(Blob blob) {
  if (phase_ != Phase::parked && phase_ != Phase::upgraded) return SendResult::closed;
  if (blob == nullptr) return SendResult::queued;
  if (!outbox_.empty() && outbox_.bytes() + blob->size() > loop_->options_.outbox_bytes_max) {
    return SendResult::refused;
  }
  queue(std::move(blob));
  return SendResult::queued;
}

SendResult Connection::send(std::string bytes) { return send(make_blob(std::move(bytes))); }

std::size_t Connection::drop_unsent() {
  const std::size_t dropped = outbox_.drop_unsent();
  loop_->count_outbox(-static_cast<std::int64_t>(dropped));
  return dropped;
}

Peer Connection::peer() const {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  if (::getpeername(fd_, reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return Peer::from(reinterpret_cast<const sockaddr*>(&address));
}

void Connection::close_after_flush(Blob last) {
  if (phase_ == Phase::closed || phase_ == Phase::flushing || phase_ == Phase::lingering) return;
  phase_ = Phase::flushing;
  queue(std::move(last));
  unread_.reset();
  loop_->add_to_flush(*this);  // Also when nothing is queued: the shutdown happens there.
  update_deadline();
}

void Connection::await_close() {
  assert(phase_ == Phase::upgraded || phase_ == Phase::closed);
  awaits_close_ = true;
  update_deadline();
}

void Connection::abort() { close_socket(CloseReason::local); }

void Connection::finish_parked(bool keep_alive, Blob last) {
  assert(phase_ == Phase::parked || phase_ == Phase::closed || phase_ == Phase::flushing);
  if (phase_ != Phase::parked) return;
  retire_parked(std::nullopt);
  phase_ = Phase::reading;
  queue(std::move(last));
  if (!keep_alive) {
    close_after_flush();
    return;
  }
  // Trap: what came meanwhile is in unread_ or in the kernel, and no further edge will say so.
  loop_->add_to_ready(*this);
  update_deadline();
}

// ---- What the loop tells.

void Connection::handle_events(std::uint32_t events) {
  if (phase_ == Phase::closed) return;
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) {
    // Reset, or closed in both directions: nobody can read an answer any more.
    close_socket(CloseReason::peer);
    return;
  }
  if ((events & EPOLLRDHUP) != 0) peer_half_closed_ = true;
  if ((events & (EPOLLIN | EPOLLRDHUP)) != 0) readable_ = true;
  if ((events & EPOLLOUT) != 0 && !writable_) {
    writable_ = true;
    loop_->add_to_flush(*this);
  }
  continue_input();
}

void Connection::join_waiting() {
  if (outbox_.unsent_count() < 2 || parked_ == nullptr) return;
  const JoinForm* const form = parked_->join_form();
  if (form == nullptr) return;
  const std::size_t before = outbox_.bytes();
  loop_->joiner_.join(outbox_, *form);
  loop_->count_outbox(static_cast<std::int64_t>(outbox_.bytes()) -
                      static_cast<std::int64_t>(before));
}

void Connection::handle_flushed(std::size_t sent_bytes, bool failed) {
  if (phase_ == Phase::closed) return;
  if (failed) {
    close_socket(CloseReason::peer);
    return;
  }
  writable_ = outbox_.empty();
  if (sent_bytes > 0 && armed_in(loop_->stall_)) loop_->stall_.arm(*this, loop_->now_);
  if (above_low_mark_ && outbox_.bytes() <= loop_->options_.outbox_low_mark_bytes) {
    above_low_mark_ = false;
    if (phase_ == Phase::reading) loop_->add_to_ready(*this);
    if (phase_ == Phase::parked || phase_ == Phase::upgraded) parked_->handle_low_mark();
  }
  if (phase_ == Phase::flushing && outbox_.empty()) shut_down();
  update_deadline();
}

void Connection::handle_deadline(const DeadlineList& list) {
  if (&list == &loop_->request_) {
    if (unread_ == nullptr) {
      // A browser's spare connection: it asked nothing, and a 408 would answer its next request.
      add(loop_->counters_.idle_timeouts_total, 1);
      close_after_flush();
    } else {
      add(loop_->counters_.request_timeouts_total, 1);
      refuse({.status = 408, .reason = "the request was not complete in time"});
    }
  } else if (&list == &loop_->idle_) {
    add(loop_->counters_.idle_timeouts_total, 1);
    close_after_flush();
  } else if (&list == &loop_->stall_) {
    add(loop_->counters_.write_stalls_total, 1);
    close_socket(CloseReason::local);
  } else {
    add(loop_->counters_.linger_timeouts_total, 1);
    close_socket(CloseReason::local);
  }
}

void Connection::close_socket(CloseReason reason) {
  if (phase_ == Phase::closed) return;
  // epoll forgets the descriptor by itself; events of this turn that are still to be handled find
  // the phase.
  ::close(fd_);
  fd_ = -1;
  phase_ = Phase::closed;
  cancel();
  loop_->count_outbox(-static_cast<std::int64_t>(outbox_.bytes()));
  outbox_.clear();
  unread_.reset();
  if (parked_ != nullptr) retire_parked(reason);
  loop_->add_to_closed(*this);
}

// ---- Input.

void Connection::continue_input() {
  if (phase_ == Phase::reading && unread_ != nullptr) parse({});
  read_input();
  if (phase_ == Phase::reading && at_end_ && !above_low_mark_) {
    // Every whole request is answered; what is left of one can never become whole. A peer that
    // half-closed after its last request still gets what is queued.
    close_after_flush();
  }
  tell_half_close();
  update_deadline();
}

void Connection::read_input() {
  std::size_t turn_bytes = 0;
  while (readable_ && !at_end_) {
    const std::size_t want = readable_bytes_max();
    if (want == 0) return;
    if (turn_bytes >= turn_bytes_max) {
      loop_->add_to_ready(*this);
      return;
    }
    char* const scratch = loop_->scratch_.get();
    const ssize_t got = ::recv(fd_, scratch, want, 0);
    if (got < 0) {
      if (errno == EINTR) continue;
      if (errno != EAGAIN && errno != EWOULDBLOCK) return close_socket(CloseReason::peer);
      readable_ = false;
      return;
    }
    if (got == 0) {
      at_end_ = true;
      peer_half_closed_ = true;
      readable_ = false;
      if (phase_ == Phase::lingering) close_socket(CloseReason::local);
      return;
    }
    const auto size = static_cast<std::size_t>(got);
    turn_bytes += size;
    // A short read has emptied the kernel's buffer, and what comes later is a new edge (epoll(7)).
    // The end of input is not: with it, read on until 0.
    if (size < want && !peer_half_closed_) readable_ = false;
    feed({scratch, size});
  }
}

// How much may be read now; 0 leaves the rest to the kernel, which then slows the peer down.
std::size_t Connection::readable_bytes_max() const {
  switch (phase_) {
    case Phase::reading:
      // A client that pipelines and does not read its answers gets no further ones made.
      return above_low_mark_ ? 0 : Loop::scratch_bytes;
    case Phase::parked: {
      const std::size_t held = unread_ == nullptr ? 0 : unread_->bytes.size();
      const std::size_t limit = loop_->options_.pipelined_bytes_max;
      return held < limit ? std::min(limit - held, Loop::scratch_bytes) : 0;
    }
    case Phase::upgraded:
    case Phase::lingering:
      return Loop::scratch_bytes;
    case Phase::flushing:
    case Phase::closed:
      return 0;
  }
  return 0;
}

void Connection::feed(std::span<char> input) {
  switch (phase_) {
    case Phase::reading:
      parse(input);
      break;
    case Phase::parked:
      if (unread_ == nullptr) {
        unread_ = std::make_unique<Unread>(std::string(), Framer(loop_->options_.framer), false);
      }
      unread_->bytes.append(input.data(), input.size());
      if (unread_->bytes.size() == loop_->options_.pipelined_bytes_max) {
        add(loop_->counters_.pipelined_full_total, 1);
      }
      break;
    case Phase::upgraded:
      parked_->handle_bytes(input);
      break;
    case Phase::flushing:
    case Phase::lingering:
    case Phase::closed:
      break;
  }
}

// Answers every whole request in what was kept and `input`, in order; keeps the rest.
void Connection::parse(std::span<char> input) {
  // Taken out of the connection, so that nothing a handler does can change the bytes it reads.
  std::unique_ptr<Unread> held = std::move(unread_);
  Framer framer = held == nullptr ? Framer(loop_->options_.framer) : held->framer;
  bool continue_sent = held != nullptr && held->continue_sent;
  std::span<char> rest = input;
  if (held != nullptr) {
    held->bytes.append(input.data(), input.size());
    rest = held->bytes;
  }

  while (phase_ == Phase::reading && !rest.empty() && !above_low_mark_) {
    const auto state = framer.advance(rest);
    if (state == Framer::State::refused) {
      refuse(framer.refusal());
      return;
    }
    if (state == Framer::State::incomplete) {
      if (framer.wants_continue() && !continue_sent) {
        continue_sent = true;
        queue(continue_blob());
      }
      rest = rest.first(framer.compact(rest));
      break;
    }
    const RequestBytes request = framer.request(rest);
    rest = rest.subspan(framer.consumed());
    framer.reset();
    continue_sent = false;
    answer(request);
  }

  if (phase_ == Phase::upgraded) {
    // Trap: an early frame may have come in one packet with the upgrade.
    if (!rest.empty()) parked_->handle_bytes(rest);
  } else if (phase_ == Phase::reading || phase_ == Phase::parked) {
    keep_unread(std::move(held), rest, framer, continue_sent);
  }
}

// `rest` lies in held->bytes if there is a `held`, else in the loop's scratch buffer.
void Connection::keep_unread(std::unique_ptr<Unread> held, std::span<const char> rest,
                             const Framer& framer, bool continue_sent) {
  if (rest.empty()) return;
  if (held == nullptr) {
    held = std::make_unique<Unread>(std::string(rest.data(), rest.size()), framer, continue_sent);
  } else {
    if (rest.data() == held->bytes.data()) {
      held->bytes.resize(rest.size());
    } else {
      // A new string and not an erased one: the request before may have been large.
      held->bytes = std::string(rest.data(), rest.size());
    }
    held->framer = framer;
    held->continue_sent = continue_sent;
  }
  unread_ = std::move(held);
}

void Connection::answer(const RequestBytes& request) {
  add(loop_->counters_.requests_total, 1);
  request_seen_ = true;
  loop_->resting_.arm(*this, loop_->now_);  // The next request has its own time.
  Reply reply = loop_->handler_->handle_request(*this, request);
  if (phase_ == Phase::closed) return;
  if (!reply.bytes.empty()) queue(make_blob(std::move(reply.bytes)));
  if (reply.parked != nullptr) {
    parked_ = std::move(reply.parked);
    phase_ = reply.mode == ParkMode::upgraded ? Phase::upgraded : Phase::parked;
    half_close_told_ = false;
    add(loop_->counters_.parked, 1);
    parked_->handle_parked(*this);
  } else if (!reply.keep_alive) {
    hangs_up_ = reply.hang_up;
    close_after_flush();
  }
}

void Connection::refuse(const Refusal& refusal) {
  add(loop_->counters_.refusals_total, 1);
  std::string bytes = loop_->handler_->handle_refusal(*this, refusal);
  if (phase_ == Phase::closed) return;
  close_after_flush(make_blob(std::move(bytes)));
}

void Connection::tell_half_close() {
  if (!peer_half_closed_ || half_close_told_) return;
  // An upgraded connection's bytes come before their end.
  if (phase_ != Phase::parked && !(phase_ == Phase::upgraded && at_end_)) return;
  half_close_told_ = true;
  parked_->handle_peer_half_closed();
}

// ---- Output and the end.

void Connection::queue(Blob blob) {
  if (blob == nullptr || blob->empty()) return;
  loop_->count_outbox(static_cast<std::int64_t>(blob->size()));
  outbox_.push(std::move(blob));
  if (outbox_.bytes() > loop_->options_.outbox_low_mark_bytes) above_low_mark_ = true;
  if (writable_) loop_->add_to_flush(*this);
}

void Connection::shut_down() {
  if (parked_ != nullptr) retire_parked(CloseReason::local);
  // Without input that nobody read the kernel sends no reset, which could overtake the answer.
  if (at_end_ || (hangs_up_ && !readable_) || ::shutdown(fd_, SHUT_WR) != 0) {
    close_socket(CloseReason::local);
    return;
  }
  phase_ = Phase::lingering;
  // What came meanwhile was left to the kernel, and no further edge will say so.
  if (readable_) loop_->add_to_ready(*this);
}

void Connection::retire_parked(std::optional<CloseReason> reason) {
  add(loop_->counters_.parked, -1);
  loop_->retire(std::move(parked_), reason);
}

void Connection::update_deadline() {
  DeadlineList* wanted = &loop_->resting_;
  switch (phase_) {
    case Phase::reading:
      if (unread_ != nullptr && !above_low_mark_) {
        wanted = &loop_->request_;
      } else if (!outbox_.empty()) {
        wanted = &loop_->stall_;
      } else {
        wanted = request_seen_ ? &loop_->idle_ : &loop_->request_;
      }
      break;
    case Phase::flushing:
      wanted = &loop_->stall_;
      break;
    case Phase::lingering:
      wanted = &loop_->linger_;
      break;
    case Phase::parked:
    case Phase::upgraded:
      // Without it a peer that reads nothing would hold its outbox for ever.
      if (!outbox_.empty() && !writable_) wanted = &loop_->stall_;
      if (awaits_close_) wanted = &loop_->linger_;
      break;
    case Phase::closed:
      return;
  }
  if (!armed_in(*wanted)) wanted->arm(*this, loop_->now_);
}

}  // namespace freshet::park
