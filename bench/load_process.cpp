#include "load_process.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "compressed_messages.h"
#include "server_process.h"

namespace freshet::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds delivery_max{30};

class Generator {
 public:
  Generator(const Peer& peer, std::size_t count)
      : peer_(peer), subscribers_(peer.port), compressed_(peer.deflates ? count : 0) {
    subscribers_.open(count, peer.subscribe);
  }

  void run(const Load& load) {
    std::string burst;
    for (std::uint64_t i = 0; i < load.burst_size; ++i) {
      burst += peer_.publish(peer_.payload(load.payload_bytes));
    }
    // A new one each time: servers close a publisher that waits for its turn too long.
    Connections publisher(peer_.publish_port);
    publisher.open(1, peer_.begin_publishing);
    auto next = Clock::now();
    for (std::uint64_t i = 0; i < load.bursts; ++i) {
      wait_until(next);
      next = Clock::now() + load.interval;
      publisher.send(0, burst);
      receive(load.burst_size * subscribers_.size(), publisher);
    }
    // Anything more was sent twice.
    if (count(5) != 0) {
      throw std::runtime_error(peer_.name + " delivered more than was published");
    }
  }

 private:
  void wait_until(Clock::time_point when) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - Clock::now()).count();
    if (left > 0) count(static_cast<int>(left));
  }

  void receive(std::uint64_t expected, Connections& publisher) {
    const auto deadline = Clock::now() + delivery_max;
    std::uint64_t received = 0;
    while (received < expected) {
      received += count(0);
      publisher.count_received(delivery_marker, 0);  // Answers are read and dropped.
      if (Clock::now() > deadline) {
        throw std::runtime_error(peer_.name + " delivered " + std::to_string(received) + " of " +
                                 std::to_string(expected));
      }
    }
  }

  // Messages that have come within `wait_max_ms`.
  std::uint64_t count(int wait_max_ms) {
    if (compressed_.empty()) return subscribers_.count_received(delivery_marker, wait_max_ms);
    std::uint64_t received = 0;
    subscribers_.receive(wait_max_ms, [&](std::size_t number, std::string_view bytes) {
      received += compressed_[number].count(bytes);
    });
    return received;
  }

  const Peer& peer_;
  Connections subscribers_;
  std::vector<CompressedMessages> compressed_;  // Of each subscriber, where the peer deflates.
};

void answer(int channel, const std::string& fault) {
  // One packet; an empty one would look like the channel's end.
  const std::string packet = fault.empty() ? "." : "!" + fault;
  [[maybe_unused]] const auto sent = ::send(channel, packet.data(), packet.size(), MSG_NOSIGNAL);
}

void generate(const Peer& peer, std::size_t subscribers, int channel) {
  try {
    Generator generator(peer, subscribers);
    answer(channel, {});
    Load load;
    while (::recv(channel, &load, sizeof load, 0) == sizeof load) {
      generator.run(load);
      answer(channel, {});
    }
  } catch (const std::exception& error) {
    answer(channel, error.what());
  }
}

}  // namespace

LoadProcess::LoadProcess(const Peer& peer, std::size_t subscribers, int core) {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) {
    throw std::runtime_error("socketpair failed");
  }
  pid_ = ::fork();
  if (pid_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::close(ends[0]);
    pin_this_process_to(core);
    generate(peer, subscribers, ends[1]);
    ::_exit(0);
  }
  ::close(ends[1]);
  channel_ = ends[0];
  if (pid_ < 0) throw std::runtime_error("fork failed");
  wait_for_answer();
}

LoadProcess::~LoadProcess() {
  ::close(channel_);
  ::kill(pid_, SIGKILL);
  ::waitpid(pid_, nullptr, 0);
}

void LoadProcess::run(const Load& load) {
  if (::send(channel_, &load, sizeof load, MSG_NOSIGNAL) != sizeof load) {
    throw std::runtime_error("the load generator is gone");
  }
  wait_for_answer();
}

void LoadProcess::wait_for_answer() {
  std::array<char, 512> text;
  const ssize_t got = ::recv(channel_, text.data(), text.size(), 0);
  if (got <= 0) throw std::runtime_error("the load generator is gone");
  if (text[0] == '!') {
    throw std::runtime_error(std::string(text.data() + 1, static_cast<std::size_t>(got) - 1));
  }
}

}  // namespace freshet::bench
