#include "park/flush.h"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace freshet::park {
namespace {

// Two connected ends; nothing blocks.
class Pair {
 public:
  Pair() { REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends_.data()) == 0); }
  ~Pair() {
    close(ends_[0]);
    if (ends_[1] >= 0) close(ends_[1]);
  }
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;

  int fd() const { return ends_[0]; }
  std::string read_all() {
    std::string all;
    std::array<char, 65536> buffer;
    for (;;) {
      const ssize_t count = ::read(ends_[1], buffer.data(), buffer.size());
      if (count <= 0) return all;
      all.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }
  void close_peer() { close(std::exchange(ends_[1], -1)); }

 private:
  std::array<int, 2> ends_{-1, -1};
};

// One after the other, each way to send that this machine has.
std::unique_ptr<Flush> each_flush() {
  const Io io = GENERATE(Io::epoll, Io::uring);
  std::unique_ptr<Flush> flush;
  try {
    flush = make_flush(io);
  } catch (const std::runtime_error& error) {
    SKIP(error.what());
  }
  return flush;
}

TEST_CASE("what waits for several connections is sent, with no more than a call each",
          "[park][flush]") {
  Pair first;
  Pair second;
  Outbox one;
  Outbox many;
  one.push(make_blob("alone"));
  for (const char* part : {"a", "b", "c"}) many.push(make_blob(part));
  const auto flush = each_flush();
  std::array<FlushItem, 2> items{{{.fd = first.fd(), .outbox = &one, .owner = nullptr},
                                  {.fd = second.fd(), .outbox = &many, .owner = nullptr}}};
  flush->flush(items);
  CHECK(first.read_all() == "alone");
  CHECK(second.read_all() == "abc");
  CHECK(one.empty());
  CHECK(many.empty());
  CHECK(items[0].sent_bytes == 5);
  CHECK(items[1].sent_bytes == 3);
  CHECK_FALSE(items[0].failed);
  CHECK(flush->take_call_count() == (flush->io() == Io::uring ? 1 : 2));
  CHECK(flush->take_call_count() == 0);
}

TEST_CASE("more blobs than one call takes are sent all the same", "[park][flush]") {
  Pair pair;
  Outbox outbox;
  std::string expected;
  for (int i = 0; i < 300; ++i) {
    const std::string text = std::to_string(i) + ' ';
    outbox.push(make_blob(text));
    expected += text;
  }
  const auto flush = each_flush();
  std::array<FlushItem, 1> items{{{.fd = pair.fd(), .outbox = &outbox, .owner = nullptr}}};
  flush->flush(items);
  CHECK(outbox.empty());
  CHECK(pair.read_all() == expected);
  CHECK(flush->take_call_count() == 3);
}

TEST_CASE("what the kernel does not take waits, and goes on where it was cut", "[park][flush]") {
  Pair pair;
  Outbox outbox;
  std::string large;
  for (int i = 0; large.size() < 4'000'000; ++i) large += std::to_string(i);
  outbox.push(make_blob(large));
  const auto flush = each_flush();
  std::string received;
  while (!outbox.empty()) {
    std::array<FlushItem, 1> items{{{.fd = pair.fd(), .outbox = &outbox, .owner = nullptr}}};
    flush->flush(items);
    REQUIRE_FALSE(items[0].failed);
    received += pair.read_all();
    REQUIRE(received.size() + outbox.bytes() == large.size());
  }
  CHECK((received == large));
}

TEST_CASE("a dead connection is told as failed and harms no other", "[park][flush]") {
  Pair dead;
  Pair alive;
  dead.close_peer();
  Outbox first;
  Outbox second;
  first.push(make_blob("nobody reads this"));
  second.push(make_blob("this"));
  const auto flush = each_flush();
  std::array<FlushItem, 2> items{{{.fd = dead.fd(), .outbox = &first, .owner = nullptr},
                                  {.fd = alive.fd(), .outbox = &second, .owner = nullptr}}};
  flush->flush(items);
  CHECK(items[0].failed);
  CHECK_FALSE(items[1].failed);
  CHECK(alive.read_all() == "this");
}

// A connection over TCP, and the segments that its nearer end has sent.
class TcpPair {
 public:
  TcpPair() {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    REQUIRE(bind(listener, reinterpret_cast<sockaddr*>(&address), size) == 0);
    REQUIRE(listen(listener, 1) == 0);
    REQUIRE(getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) == 0);
    peer_ = socket(AF_INET, SOCK_STREAM, 0);
    REQUIRE(connect(peer_, reinterpret_cast<sockaddr*>(&address), size) == 0);
    fd_ = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK);
    REQUIRE(fd_ >= 0);
    const int on = 1;
    setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    close(listener);
  }
  ~TcpPair() {
    close(fd_);
    close(peer_);
  }
  TcpPair(const TcpPair&) = delete;
  TcpPair& operator=(const TcpPair&) = delete;

  int fd() const { return fd_; }
  unsigned segments() const {
    tcp_info info{};
    socklen_t size = sizeof info;
    REQUIRE(getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size) == 0);
    return info.tcpi_segs_out;
  }
  std::string read_to_end() {
    std::string all;
    std::array<char, 4096> buffer;
    for (;;) {
      const ssize_t count = ::read(peer_, buffer.data(), buffer.size());
      if (count <= 0) return all;
      all.append(buffer.data(), static_cast<std::size_t>(count));
    }
  }

 private:
  int fd_ = -1;
  int peer_ = -1;
};

TEST_CASE("the last bytes of a connection leave in one segment with its end", "[park][flush]") {
  const auto flush = each_flush();
  const auto segments_of_an_answer = [&](bool ends) {
    TcpPair pair;
    const unsigned before = pair.segments();
    Outbox outbox;
    outbox.push(make_blob("bye"));
    std::array<FlushItem, 1> items{
        {{.fd = pair.fd(), .outbox = &outbox, .owner = nullptr, .ends = ends}}};
    flush->flush(items);
    CHECK(items[0].sent_bytes == 3);
    REQUIRE(shutdown(pair.fd(), SHUT_WR) == 0);
    CHECK(pair.read_to_end() == "bye");
    return pair.segments() - before;
  };
  CHECK(segments_of_an_answer(false) == 2);
  // The kernel keeps bytes for 200 ms at most; only a machine that stops so long sends two.
  unsigned fewest = 2;
  for (int i = 0; i < 10; ++i) fewest = std::min(fewest, segments_of_an_answer(true));
  CHECK(fewest == 1);
}

TEST_CASE("a peer that does not read holds nobody up", "[park][flush]") {
  const auto flush = each_flush();
  Pair slow;
  Outbox waiting;
  waiting.push(make_blob(std::string(8'000'000, 'x')));
  Pair alive;
  Outbox brief;
  for (int turn = 0; turn < 3; ++turn) {
    brief.push(make_blob("here"));
    std::array<FlushItem, 2> items{{{.fd = slow.fd(), .outbox = &waiting, .owner = nullptr},
                                    {.fd = alive.fd(), .outbox = &brief, .owner = nullptr}}};
    flush->flush(items);
    CHECK_FALSE(items[0].failed);
    CHECK_FALSE(waiting.empty());
    CHECK(alive.read_all() == "here");
  }
}

TEST_CASE("more connections than one batch takes are all sent to", "[park][flush]") {
  const auto flush = each_flush();
  std::vector<Pair> pairs(600);
  std::vector<Outbox> outboxes(pairs.size());
  std::vector<FlushItem> items;
  std::vector<std::string> expected;
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    // None, one, and so many that a batch is out of room for blobs before it is for connections.
    for (std::size_t blob = 0; blob < i % 50; ++blob) {
      outboxes[i].push(make_blob(std::to_string(i) + ","));
    }
    expected.push_back({});
    for (std::size_t blob = 0; blob < i % 50; ++blob) expected.back() += std::to_string(i) + ",";
    items.push_back({.fd = pairs[i].fd(), .outbox = &outboxes[i], .owner = nullptr});
  }
  flush->flush(items);
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    REQUIRE(outboxes[i].empty());
    REQUIRE(items[i].sent_bytes == expected[i].size());
    REQUIRE(pairs[i].read_all() == expected[i]);
  }
}

// From now on this system call of the calling thread fails.
void forbid(unsigned number) {
  std::array<sock_filter, 4> code{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{.len = code.size(), .filter = code.data()};
  REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
}

TEST_CASE("what cannot be had is told, and auto does without", "[park][flush]") {
  Io automatic = Io::automatic;
  std::string told;
  // As containers do. The filter lasts as long as its thread.
  std::thread([&] {
    forbid(SYS_io_uring_setup);
    automatic = make_flush(Io::automatic)->io();
    try {
      make_flush(Io::uring);
    } catch (const std::runtime_error& error) {
      told = error.what();
    }
  }).join();
  CHECK(automatic == Io::epoll);
  CHECK(told.starts_with("io_uring cannot be had: "));
  CHECK(told.ends_with("(--io=auto does without)"));
  CHECK(make_flush(Io::epoll)->io() == Io::epoll);
}

TEST_CASE("io_uring that is taken away meanwhile is done without", "[park][flush]") {
  const auto flush = make_flush(Io::automatic);
  if (flush->io() != Io::uring) SKIP("this machine has no io_uring");
  std::array<Pair, 3> pairs;
  std::thread([&] {
    forbid(SYS_io_uring_enter);
    for (int turn = 0; turn < 2; ++turn) {
      std::array<Outbox, 3> outboxes;
      std::vector<FlushItem> items;
      for (std::size_t i = 0; i < pairs.size(); ++i) {
        outboxes[i].push(make_blob("some"));
        outboxes[i].push(make_blob("thing"));
        items.push_back({.fd = pairs[i].fd(), .outbox = &outboxes[i], .owner = nullptr});
      }
      flush->flush(items);
    }
  }).join();
  for (Pair& pair : pairs) CHECK(pair.read_all() == "somethingsomething");
  CHECK(flush->io() == Io::epoll);
}

TEST_CASE("each way to send has a name", "[park][flush]") {
  for (const Io io : {Io::automatic, Io::uring, Io::epoll}) CHECK(io_named(name_of(io)) == io);
  CHECK(io_named("auto") == Io::automatic);
  CHECK_FALSE(io_named("select").has_value());
}

}  // namespace
}  // namespace freshet::park
