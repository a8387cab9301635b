#include "admission/recent_clients.h"

#include <utility>

namespace freshet::server {

void RecentClients::see(std::uint64_t client, Instant now) {
  if (count(now) >= clients_max) return;
  const std::uint32_t key = key_of(client);
  if (current_.contains(key)) return;
  current_.add(key);
  if (previous_.contains(key)) --previous_only_;
}

bool RecentClients::knows(std::uint64_t client, Instant now) {
  turn(now);
  const std::uint32_t key = key_of(client);
  return current_.contains(key) || previous_.contains(key);
}

std::size_t RecentClients::count(Instant now) {
  turn(now);
  return current_.size() + previous_only_;
}

void RecentClients::turn(Instant now) {
  if (!started_) {
    started_ = true;
    turned_at_ = now;
  }
  const Duration age = now - turned_at_;
  if (age < age_min_) return;
  previous_ = std::exchange(current_, {});
  if (age >= 2 * age_min_) previous_ = {};
  previous_only_ = previous_.size();
  turned_at_ = now;
}

}  // namespace freshet::server
