#include "latency.h"

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "connections.h"
#include "report.h"
#include "server_process.h"

namespace freshet::bench {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t subscriber_count = 100;
constexpr std::size_t payload_bytes = 100;
constexpr std::chrono::milliseconds window{500};
// What has not come by then counts as this late.
constexpr std::chrono::seconds late_max{2};

class LatencySystem {
 public:
  explicit LatencySystem(Peer peer)
      : peer_(std::move(peer)),
        server_(pinned_to(server_core, peer_.command), peer_.port),
        subscribers_(peer_.port),
        arrived_(subscriber_count) {
    subscribers_.open(subscriber_count, peer_.subscribe);
    message_ = peer_.publish(payload_of(payload_bytes));
  }

  std::string name() const { return peer_.name + "/" + peer_.transport; }

  // Messages per second when the next one follows as soon as the last has arrived everywhere: what
  // it sustains without a queue.
  double capacity() {
    start_publisher();
    const auto began = Clock::now();
    std::uint64_t published = 0;
    while (Clock::now() < began + window) {
      publisher_->send(0, message_);
      sent_.push_back(Clock::now());
      ++published;
      while (missing() > 0) receive(100);
    }
    const std::chrono::duration<double> took = Clock::now() - began;
    return static_cast<double>(published) / took.count();
  }

  // The 99th percentile at so many messages per second, in microseconds.
  double p99(double rate) {
    start_publisher();
    const auto count =
        static_cast<std::uint64_t>(rate * std::chrono::duration<double>(window).count());
    const auto interval =
        std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(1 / rate));
    auto next = Clock::now();
    for (std::uint64_t i = 0; i < count; ++i, next += interval) {
      do {
        receive(0);
      } while (Clock::now() < next);
      // Counted from when it was due: a generator that is held up is part of the wait.
      sent_.push_back(next);
      publisher_->send(0, message_);
    }
    const auto deadline = Clock::now() + late_max;
    while (missing() > 0 && Clock::now() < deadline) receive(10);
    const std::uint64_t lost = missing();
    for (std::uint64_t i = 0; i < lost; ++i) delays_.push_back(microseconds(late_max));
    drain();
    const auto at = delays_.begin() + static_cast<std::ptrdiff_t>(delays_.size() * 99 / 100);
    std::nth_element(delays_.begin(), at, delays_.end());
    return *at;
  }

 private:
  static double microseconds(Clock::duration duration) {
    return std::chrono::duration<double, std::micro>(duration).count();
  }

  void start_publisher() {
    publisher_ = std::make_unique<Connections>(peer_.publish_port);
    publisher_->open(1, peer_.begin_publishing);
    std::fill(arrived_.begin(), arrived_.end(), 0);
    sent_.clear();
    delays_.clear();
  }

  std::uint64_t missing() const { return sent_.size() * subscriber_count - delays_.size(); }

  // Each subscriber gets them in order, so its nth is the nth that was sent.
  void receive(int wait_max_ms) {
    subscribers_.receive(wait_max_ms, [this](std::size_t subscriber, std::string_view bytes) {
      const auto now = Clock::now();
      for (auto left = std::count(bytes.begin(), bytes.end(), delivery_marker); left > 0; --left) {
        if (arrived_[subscriber] == sent_.size()) {
          throw std::runtime_error(peer_.name + " delivered more than was published");
        }
        delays_.push_back(microseconds(now - sent_[arrived_[subscriber]++]));
      }
    });
    publisher_->count_received(delivery_marker, 0);  // Answers are read and dropped.
  }

  // What is still under way must not count in the next window.
  void drain() {
    while (subscribers_.count_received(delivery_marker, 200) > 0) {
      publisher_->count_received(delivery_marker, 0);
    }
  }

  Peer peer_;
  ServerProcess server_;
  Connections subscribers_;
  std::unique_ptr<Connections> publisher_;
  std::string message_;
  std::vector<std::size_t> arrived_;
  std::vector<Clock::time_point> sent_;
  std::vector<double> delays_;
};

std::string rate_text(const char* of, double rate) {
  return std::string("half of what ") + of +
         " delivers: " + std::to_string(static_cast<int>(rate)) + " messages per second";
}

}  // namespace

int measure_latency(const Setting& setting) {
  const Scratch scratch;
  std::vector<std::string> names = peer_names();
  std::erase(names, "floor/tcp");
  const auto systems = setting.start<LatencySystem>(names, setting.paths(scratch.folder()));
  pin_this_process_to(load_core);
  double ours = 0;
  double slowest = 0;
  for (const auto& system : systems) {
    system->capacity();  // Warms up.
    const double capacity = system->capacity();
    if (system->name() == "freshet/websocket") ours = capacity;
    slowest = slowest == 0 ? capacity : std::min(slowest, capacity);
  }
  Report report("From publish to delivery, 99th percentile, µs (less is better)",
                std::to_string(subscriber_count) + " subscribers, " +
                    std::to_string(payload_bytes) + "-byte messages, median of " +
                    std::to_string(setting.rounds) + " rounds");
  const std::pair<std::string, double> rates[] = {
      {rate_text("ours", ours / 2), ours / 2},
      {rate_text("the slowest", slowest / 2), slowest / 2}};
  for (std::size_t round = 0; round < setting.rounds; ++round) {
    for (const auto& [title, rate] : rates) {
      if (rate <= 0) continue;
      for (const auto& system : systems) report.add(title, system->name(), system->p99(rate));
    }
  }
  report.finish(setting.results, "latency");
  return 0;
}

}  // namespace freshet::bench
