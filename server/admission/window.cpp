#include "admission/window.h"

#include <algorithm>
#include <cmath>

namespace freshet::server {
namespace {

constexpr double spare = 1.1;  // Room for those who come by chance in the fullest second.
constexpr double peak_half_life_ms = 10 * 60 * 1000;

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

}  // namespace freshet::server
