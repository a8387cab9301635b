// Metrics in the Prometheus text format (version 0.0.4), and counters that any thread may raise.
#pragma once

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace freshet::server {

// Only ever rises, or (as a gauge) goes up and down. Relaxed: a scrape is a snapshot, not an order.
class Count {
 public:
  void add(std::int64_t by = 1) { value_.fetch_add(by, std::memory_order_relaxed); }
  void set(std::int64_t to) { value_.store(to, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Writes one scrape.
//   MetricsText text;
//   text.family("freshet_subscribers", "gauge", "Open streams by transport.");
//   text.sample(3, {{"transport", "sse"}});
class MetricsText {
 public:
  struct Label {
    std::string_view name;
    std::string_view value;
  };

  // Begins a family; its samples follow. `type`: counter or gauge. Names of counters end in _total.
  void family(std::string_view name, std::string_view type, std::string_view help);
  void sample(std::int64_t value, std::initializer_list<Label> labels = {});
  void sample(double value, std::initializer_list<Label> labels = {});

  const std::string& text() const { return text_; }

 private:
  void begin_sample(std::initializer_list<Label> labels);

  std::string text_;
  std::string name_;
};

inline constexpr std::string_view metrics_content_type = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace freshet::server
