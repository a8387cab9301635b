#include "admission/window.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace freshet::server {
namespace {

constexpr double spare = 1.1;  // Room for those who come by chance in the fullest second.
constexpr double peak_half_life_ms = 10 * 60 * 1000;
constexpr Duration poller_age_min{90'000};

double decayed(double peak, Duration age) {
  return peak * std::exp2(-static_cast<double>(age.count()) / peak_half_life_ms);
}

}  // namespace

Window::Window(WindowOptions options) : options_(options) {}

void Window::observe(std::size_t clients, Instant now) {
  peak_ = std::max(decayed(peak_, now - peak_at_), static_cast<double>(clients));
  peak_at_ = now;
  clients_ = clients;
}

double Window::clients(Instant now) const {
  return std::max(decayed(peak_, now - peak_at_), static_cast<double>(clients_));
}

Duration Window::value(Instant now) const {
  const double milliseconds = spare * clients(now) / options_.admission_rate * 1000;
  const double bounded = std::clamp(milliseconds, static_cast<double>(options_.window_min.count()),
                                    static_cast<double>(options_.window_max.count()));
  return Duration{std::llround(bounded)};
}

void RecentPollers::seen(std::string_view client, Instant now) {
  turn(now);
  if (count(now) >= pollers_max) return;
  const std::uint64_t hash = std::hash<std::string_view>{}(client);
  if (current_.insert(hash).second && previous_.contains(hash)) --previous_only_;
}

std::size_t RecentPollers::count(Instant now) {
  turn(now);
  return current_.size() + previous_only_;
}

void RecentPollers::turn(Instant now) {
  if (!started_) {
    started_ = true;
    turned_at_ = now;
  }
  const Duration age = now - turned_at_;
  if (age < poller_age_min) return;
  previous_ = std::exchange(current_, {});
  if (age >= 2 * poller_age_min) previous_.clear();
  previous_only_ = previous_.size();
  turned_at_ = now;
}

}  // namespace freshet::server
