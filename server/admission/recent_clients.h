// RecentClients: whom the server has seen within the last while, in bounded memory. Pure: time is
// an argument.
#pragma once

#include <cstddef>
#include <cstdint>

#include "admission/key_bag.h"
#include "log/instant.h"

namespace freshet::server {

// A client is remembered for between one and two `age_min`. At most `clients_max` are; more are
// neither known nor counted. 32 bits of each are kept: of a million, one newcomer in 4,000 is taken
// for one of them. Threads: one at a time.
class RecentClients {
 public:
  static constexpr std::size_t clients_max = 1'000'000;

  explicit RecentClients(Duration age_min) : age_min_(age_min) {}

  // REQUIRES of all clients: spread evenly, as a hash is.
  void see(std::uint64_t client, Instant now);
  bool knows(std::uint64_t client, Instant now);
  std::size_t count(Instant now);

 private:
  void turn(Instant now);

  Duration age_min_;
  KeyBag current_;  // Each client once.
  KeyBag previous_;
  std::size_t previous_only_ = 0;  // In previous_ and not in current_.
  Instant turned_at_{};
  bool started_ = false;
};

}  // namespace freshet::server
