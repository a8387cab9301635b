#include "park/flush_send.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <catch2/catch_test_macros.hpp>
#include <string>

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

TEST_CASE("what waits for several connections is sent, each by one call", "[park][flush]") {
  Pair first;
  Pair second;
  Outbox one;
  Outbox many;
  one.push(make_blob("alone"));
  for (const char* part : {"a", "b", "c"}) many.push(make_blob(part));
  FlushSend flush;
  std::array<FlushItem, 2> items{{{.fd = first.fd(), .outbox = &one, .owner = nullptr},
                                  {.fd = second.fd(), .outbox = &many, .owner = nullptr}}};
  flush.flush(items);
  CHECK(first.read_all() == "alone");
  CHECK(second.read_all() == "abc");
  CHECK(one.empty());
  CHECK(many.empty());
  CHECK(items[0].sent_bytes == 5);
  CHECK(items[1].sent_bytes == 3);
  CHECK_FALSE(items[0].failed);
  CHECK(flush.take_send_count() == 2);
  CHECK(flush.take_send_count() == 0);
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
  FlushSend flush;
  std::array<FlushItem, 1> items{{{.fd = pair.fd(), .outbox = &outbox, .owner = nullptr}}};
  flush.flush(items);
  CHECK(outbox.empty());
  CHECK(pair.read_all() == expected);
  CHECK(flush.take_send_count() == 3);
}

TEST_CASE("what the kernel does not take waits, and goes on where it was cut", "[park][flush]") {
  Pair pair;
  Outbox outbox;
  std::string large;
  for (int i = 0; large.size() < 4'000'000; ++i) large += std::to_string(i);
  outbox.push(make_blob(large));
  FlushSend flush;
  std::string received;
  while (!outbox.empty()) {
    std::array<FlushItem, 1> items{{{.fd = pair.fd(), .outbox = &outbox, .owner = nullptr}}};
    flush.flush(items);
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
  FlushSend flush;
  std::array<FlushItem, 2> items{{{.fd = dead.fd(), .outbox = &first, .owner = nullptr},
                                  {.fd = alive.fd(), .outbox = &second, .owner = nullptr}}};
  flush.flush(items);
  CHECK(items[0].failed);
  CHECK_FALSE(items[1].failed);
  CHECK(alive.read_all() == "this");
}

}  // namespace
}  // namespace freshet::park
