// What the native_*_test files share: what a subscription is told, a publisher beside it, and the
// options that keep tests from waiting.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "freshet/client.h"
#include "unit/native/recorder.h"

namespace freshet::tests {

inline constexpr Transport all_transports[] = {Transport::websocket, Transport::sse,
                                               Transport::long_polling, Transport::polling};

// Flags of a server whose clients come back at once.
std::vector<std::string> quick_flags(std::vector<std::string> more = {});

// A client that tries these in turn, and again at once.
ClientOptions over(std::vector<Transport> list);

// What one subscription was told.
struct Told {
  std::vector<std::uint64_t> ids;
  std::vector<std::string> data;
  unsigned gaps = 0;
  unsigned lives = 0;
};

// Everything told comes here, to be waited for; outlives the client.
class Inbox {
 public:
  std::function<void(const Message&)> on_message();
  SubscribeOptions options(std::string cursor = "latest");

  Told wait_for_messages(std::size_t count);
  Told wait_for_gap();
  Told wait_for_lives(unsigned count);

 private:
  test::Watched<Told> told_;
};

// What a client is live over; outlives it.
class Lived {
 public:
  void watch(Client& client);
  // Waits until the client is live over `transport`; false if that takes too long.
  bool over(Transport transport);

 private:
  test::Watched<std::optional<Transport>> now_;
};

// Publishes straight to the server, whatever befalls the subscriber's path.
class Publisher {
 public:
  explicit Publisher(std::uint16_t port);
  // The numbers from `first` to `last`, each acknowledged before the next.
  void publish(int first, int last);

 private:
  Client client_;
};

// "1", "2", …
std::vector<std::string> numbers(int first, int last);

// Fails the test unless these are the numbers up to `last`, each once, with rising ids and no gap.
void check_whole(const Told& told, int last);

}  // namespace freshet::tests
