#include "core/transport_choice.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::core {
namespace {

constexpr Instant now{Duration{50'000}};
constexpr Instant later{Duration{50'000 + 30 * 60'000}};

TransportChoice bidirectional() {
  return TransportChoice{
      {Transport::websocket, Transport::sse, Transport::long_polling, Transport::polling}};
}

TEST_CASE("the first pass gives out each transport once, best first", "[core][choice]") {
  TransportChoice choice = bidirectional();
  CHECK(choice.next_of_pass(now) == Transport::websocket);
  CHECK(choice.next_of_pass(now) == Transport::sse);
  CHECK(choice.next_of_pass(now) == Transport::long_polling);
  CHECK(choice.next_of_pass(now) == Transport::polling);
  CHECK_FALSE(choice.next_of_pass(now));
}

TEST_CASE("after a pass without hello the scheduled attempts go round from the first",
          "[core][choice]") {
  TransportChoice choice = bidirectional();
  choice.handle_pass_failed();
  CHECK(choice.scheduled(now) == Transport::websocket);
  CHECK(choice.scheduled(now) == Transport::sse);
  CHECK(choice.scheduled(now) == Transport::long_polling);
  CHECK(choice.scheduled(now) == Transport::polling);
  CHECK(choice.scheduled(now) == Transport::websocket);
}

TEST_CASE("a lost connection is tried twice on its transport before moving on by one each",
          "[core][choice]") {
  TransportChoice choice = bidirectional();
  choice.handle_hello(Transport::sse, later);
  CHECK(choice.scheduled(now) == Transport::sse);
  CHECK(choice.scheduled(now) == Transport::sse);
  CHECK(choice.scheduled(now) == Transport::long_polling);
  CHECK(choice.scheduled(now) == Transport::polling);
  CHECK(choice.scheduled(now) == Transport::websocket);
  choice.handle_hello(Transport::websocket, later);
  CHECK(choice.scheduled(now) == Transport::websocket);
}

TEST_CASE("a choice that misses led to is doubted once, one that proof led to is not",
          "[core][choice]") {
  TransportChoice choice = bidirectional();
  choice.handle_barred(Transport::websocket, later);
  CHECK(choice.scheduled(now) == Transport::sse);
  choice.handle_hello(Transport::sse, later);
  CHECK_FALSE(choice.take_doubt());
  for (int attempts = 0; attempts < 3; ++attempts) choice.scheduled(now);
  choice.handle_hello(Transport::long_polling, later);
  CHECK(choice.take_doubt());
  CHECK_FALSE(choice.take_doubt());
  for (int attempts = 0; attempts < 3; ++attempts) choice.scheduled(later);
  choice.handle_hello(Transport::websocket, later);
  CHECK_FALSE(choice.take_doubt());
}

TEST_CASE("long polling counts as working only once an answer was waited for", "[core][choice]") {
  TransportChoice choice = bidirectional();
  choice.handle_hello(Transport::long_polling, later);
  CHECK(choice.scheduled(now) == Transport::long_polling);
  choice.handle_hello(Transport::long_polling, later);
  choice.handle_working();
  CHECK(choice.scheduled(now) == Transport::long_polling);
  choice.handle_hello(Transport::long_polling, later);
  CHECK(choice.scheduled(now) == Transport::long_polling);
  choice.handle_hello(Transport::long_polling, later);
  CHECK(choice.scheduled(now) == Transport::polling);
}

TEST_CASE("an answer that asks for patience does not count against the transport",
          "[core][choice]") {
  TransportChoice choice = bidirectional();
  choice.handle_hello(Transport::websocket, later);
  for (int count = 0; count < 6; ++count) {
    CHECK(choice.scheduled(now) == Transport::websocket);
    choice.handle_busy(Transport::websocket);
  }
}

TEST_CASE("a choice below the first is kept for its time, then the first is tried again",
          "[core][choice]") {
  TransportChoice choice = bidirectional();
  choice.handle_hello(Transport::sse, later);
  CHECK(choice.scheduled(later - Duration{1}) == Transport::sse);
  choice.handle_hello(Transport::sse, later);
  CHECK(choice.scheduled(later) == Transport::websocket);
}

TEST_CASE("a barred transport is left out until its time is over", "[core][choice]") {
  TransportChoice choice = bidirectional();
  choice.handle_barred(Transport::websocket, later);
  CHECK(choice.unavailable(now) == 1u << static_cast<unsigned>(Transport::websocket));
  CHECK(choice.scheduled(now) == Transport::sse);
  CHECK_FALSE(choice.better_than(Transport::sse, std::nullopt, now));
  CHECK(choice.better_than(Transport::sse, std::nullopt, later) == Transport::websocket);
  CHECK(choice.unavailable(later) == 0);
}

TEST_CASE("when every transport was barred all are tried again, but never unsupported ones",
          "[core][choice]") {
  TransportChoice choice{{Transport::websocket, Transport::sse}};
  choice.handle_unsupported(Transport::sse);
  choice.handle_barred(Transport::websocket, later);
  CHECK_FALSE(choice.any_open(now));
  CHECK(choice.scheduled(now) == Transport::websocket);
  choice.handle_unsupported(Transport::websocket);
  CHECK_FALSE(choice.any_supported());
  CHECK_FALSE(choice.scheduled(now));
}

TEST_CASE("better transports are probed best first, one behind the other", "[core][choice]") {
  const TransportChoice choice = bidirectional();
  CHECK(choice.better_than(Transport::long_polling, std::nullopt, now) == Transport::websocket);
  CHECK(choice.better_than(Transport::long_polling, Transport::websocket, now) == Transport::sse);
  CHECK_FALSE(choice.better_than(Transport::long_polling, Transport::sse, now));
  CHECK_FALSE(choice.better_than(Transport::websocket, std::nullopt, now));
}

TEST_CASE("another order forgets what was learnt of the server but not of the runtime",
          "[core][choice]") {
  TransportChoice choice = bidirectional();
  choice.handle_unsupported(Transport::websocket);
  choice.handle_barred(Transport::sse, later);
  choice.replace({Transport::sse, Transport::websocket, Transport::sse});
  CHECK(choice.unavailable(now) == 1u << static_cast<unsigned>(Transport::websocket));
  CHECK(choice.scheduled(now) == Transport::sse);
  CHECK_FALSE(choice.has(Transport::polling));
  // All of the list is better than one that is not in it.
  CHECK(choice.better_than(Transport::polling, std::nullopt, now) == Transport::sse);
}

}  // namespace
}  // namespace freshet::core
