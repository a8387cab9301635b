// Tally: counts tries and returns, of the model and of real connections, into a curve and figures.
#pragma once

#include <cstdint>
#include <vector>

#include "herd/figures.h"

namespace freshet::server {

// Times are counted from the loss. Threads: one at a time.
class Tally {
 public:
  // The server is back at `returned_at` and admits `rate` clients a second.
  Tally(std::uint32_t clients, Duration returned_at, double rate);

  // How many tries of `client` were counted so far.
  unsigned tries(std::uint32_t client) const { return clients_[client].tries; }

  // A try of `client` (0 … clients - 1) began; at most 65,535 of one are told apart.
  void count_try(std::uint32_t client, Duration at);
  // The server answered a try, and said no.
  void count_refusal(Duration at);
  // A client was let in. REQUIRES: it was away.
  void count_recovery(Duration at);
  // A client will not try again.
  void count_give_up() { ++figures_.gave_up; }

  std::uint32_t recovered() const { return figures_.recovered; }
  const std::vector<Slot>& slots() const { return slots_; }
  Figures figures() const;

 private:
  struct Client {
    std::uint16_t tries = 0;
    std::uint16_t tries_after_return = 0;
  };

  Slot& slot(Duration at);

  Duration returned_at_;
  std::vector<Client> clients_;
  std::vector<Slot> slots_;
  Figures figures_;
  std::uint64_t tries_ = 0;
  std::uint64_t tries_after_return_ = 0;
};

}  // namespace freshet::server
