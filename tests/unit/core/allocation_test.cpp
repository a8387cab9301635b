// The hot path, a message on a live stream to one subscription, must not allocate. A counting
// operator new stands in for the program's.
#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <string>

#include "unit/core/client_driver.h"

namespace {
std::atomic<std::size_t> allocations{0};
}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  void* const memory = std::malloc(size > 0 ? size : 1);
  if (memory == nullptr) std::abort();
  return memory;
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace freshet::core {
namespace {

TEST_CASE("delivering a message on a live stream allocates nothing", "[core][client]") {
  for (const Transport transport : {Transport::websocket, Transport::sse}) {
    ClientDriver driver{{.transports = {transport}}};
    const auto connection = driver.go_live(transport);
    driver.frame(connection, message(101));
    std::string frame = message(1'000'000);
    std::size_t delivered = 0;
    const std::size_t before = allocations.load();
    for (int count = 0; count < 1'000; ++count) {
      // "id":1000000 becomes 1000001, …
      for (std::size_t digit = 12; ++frame[digit] > '9'; --digit) frame[digit] = '0';
      delivered += driver.client.handle_frame(driver.now, connection, frame).subscriptions.size();
      if (driver.client.poll_action(driver.now) || !driver.client.poll_timeout()) delivered = 0;
    }
    CHECK(allocations.load() == before);
    CHECK(delivered == 1'000);
  }
}

}  // namespace
}  // namespace freshet::core
