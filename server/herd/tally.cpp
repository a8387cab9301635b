#include "herd/tally.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace freshet::server {
namespace {

std::uint32_t needed_for(double share, std::uint32_t clients) {
  return static_cast<std::uint32_t>(std::ceil(share * clients));
}

double mean(std::uint64_t sum, std::uint32_t clients) {
  return clients == 0 ? 0 : static_cast<double>(sum) / clients;
}

unsigned count_up(std::uint16_t& count) {
  if (count < std::numeric_limits<std::uint16_t>::max()) ++count;
  return count;
}

}  // namespace

Tally::Tally(std::uint32_t clients, Duration returned_at, double rate)
    : returned_at_(returned_at), clients_(clients) {
  figures_.clients = clients;
  figures_.ideal = returned_at + Duration{std::llround(clients / rate * 1000)};
}

Slot& Tally::slot(Duration at) {
  const auto index = static_cast<std::size_t>(at / slot_length);
  if (index >= slots_.size()) slots_.resize(index + 1);
  return slots_[index];
}

void Tally::count_try(std::uint32_t client, Duration at) {
  Slot& counted = slot(at);
  ++counted.arrivals;
  figures_.peak = std::max(figures_.peak, counted.arrivals);
  ++tries_;
  Client& one = clients_[client];
  figures_.tries_max = std::max(figures_.tries_max, count_up(one.tries));
  if (at < returned_at_) return;
  ++tries_after_return_;
  figures_.tries_after_return_max =
      std::max(figures_.tries_after_return_max, count_up(one.tries_after_return));
}

void Tally::count_refusal(Duration at) {
  ++slot(at).refused;
  ++figures_.refused;
}

void Tally::count_recovery(Duration at) {
  ++slot(at).recovered;
  const std::uint32_t back = ++figures_.recovered;
  const std::uint32_t clients = figures_.clients;
  if (back == needed_for(0.5, clients)) figures_.half = at;
  if (back == needed_for(0.99, clients)) figures_.most = at;
  if (back == clients) figures_.all = at;
}

Figures Tally::figures() const {
  Figures figures = figures_;
  figures.tries_mean = mean(tries_, figures.clients);
  figures.tries_after_return_mean = mean(tries_after_return_, figures.clients);
  // A slot that the return falls into counts: its arrivals may all have come afterwards.
  for (auto index = static_cast<std::size_t>(returned_at_ / slot_length); index < slots_.size();
       ++index) {
    figures.peak_after_return = std::max(figures.peak_after_return, slots_[index].arrivals);
  }
  return figures;
}

}  // namespace freshet::server
