// The herd of the SDK's own clients.
#include "app/herd_real.h"

#include <atomic>
#include <charconv>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "app/herd_server.h"
#include "freshet/client.h"
#include "freshet/native.h"
#include "herd/tally.h"

namespace freshet::app {
namespace {

constexpr std::string_view topic = "herd.beat";
// One thread of clients for so many of them. For each request libcurl looks through all connections
// that its pool has to the server, so that polls of thousands on one platform would keep a machine
// busy by themselves.
constexpr std::uint32_t clients_per_platform = 250;
constexpr Duration look_interval{50};

// A platform that opens its connections from an address of its own, and is otherwise `inner`.
// REQUIRES: it outlives `inner`, on whose thread a client that is gone still has tasks.
class SourcePlatform final : public Platform {
 public:
  SourcePlatform(Platform& inner, std::string address)
      : inner_(inner), address_(std::move(address)) {}

  Duration now() override { return inner_.now(); }
  void post(std::function<void()> task) override { inner_.post(std::move(task)); }
  bool on_thread() override { return inner_.on_thread(); }
  std::unique_ptr<Timer> make_timer(std::function<void()> task) override {
    return inner_.make_timer(std::move(task));
  }
  std::unique_ptr<Request> request(HttpRequest request, HttpHandler& handler) override {
    request.source_address = address_;
    return inner_.request(std::move(request), handler);
  }
  std::unique_ptr<WebSocket> open_websocket(HttpRequest request, std::string_view subprotocol,
                                            WebSocketHandler& handler) override {
    request.source_address = address_;
    return inner_.open_websocket(std::move(request), subprotocol, handler);
  }

 private:
  Platform& inner_;
  std::string address_;
};

// What happened, in order, of all clients; from any thread.
class Events {
 public:
  enum class Kind : std::uint8_t { attempt, refusal, recovery };
  struct Event {
    Duration at;
    std::uint32_t client;
    Kind kind;
  };

  // Times are counted from here on; before, nothing is kept.
  void begin(SteadyClock::time_point at) {
    const std::lock_guard lock(mutex_);
    began_ = at;
  }
  bool began() {
    const std::lock_guard lock(mutex_);
    return began_.has_value();
  }
  void add(std::uint32_t client, Kind kind) {
    const std::lock_guard lock(mutex_);
    if (began_) events_.push_back({since(*began_), client, kind});
  }
  std::vector<Event> take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(events_, {});
  }

 private:
  std::mutex mutex_;
  std::optional<SteadyClock::time_point> began_;
  std::vector<Event> events_;
};

// Counts of all clients.
struct Totals {
  std::atomic<std::uint32_t> live{0};
  std::atomic<std::uint32_t> back{0};     // Since the kill.
  std::atomic<std::uint32_t> at_last{0};  // That got the message numbered `last`, or a later one.
  std::atomic<std::uint64_t> last{~std::uint64_t{0}};
  std::atomic<std::uint64_t> delivered{0}, gaps{0}, lost{0}, twice{0};
};

// One client and what it has seen. Its callbacks run on its platform's thread.
class Member {
 public:
  Member(std::uint32_t number, const std::string& url, ClientOptions options,
         std::shared_ptr<Platform> platform, Events& events, Totals& totals)
      : number_(number),
        events_(events),
        totals_(totals),
        client_(url, std::move(options), std::move(platform)) {
    client_.on_state([this](const State& state) { handle_state(state); });
    auto subscription = client_.subscribe(
        std::string(topic), [this](const Message& message) { handle_message(message); },
        {.on_gap = [this](const Gap&) { handle_gap(); }});
    if (subscription) subscription_ = *std::move(subscription);
  }
  ~Member() { client_.close(); }

 private:
  void handle_state(const State& state) {
    if (std::holds_alternative<state::Connecting>(state.kind)) {
      connecting_ = true;
      missed_ |= events_.began();
      events_.add(number_, Events::Kind::attempt);
    } else if (std::holds_alternative<state::Live>(state.kind)) {
      connecting_ = false;
      if (!live_) ++totals_.live;
      live_ = true;
      if (missed_) be_back();
    } else {
      if (live_) --totals_.live;
      live_ = false;
      missed_ |= events_.began();
      if (std::exchange(connecting_, false)) events_.add(number_, Events::Kind::refusal);
    }
  }

  void handle_message(const Message& message) {
    // {"n":17}
    std::uint64_t n = 0;
    const std::string_view data = message.data;
    std::from_chars(data.data() + 5, data.data() + data.size(), n);
    ++totals_.delivered;
    if (seen_any_ && n <= seen_) ++totals_.twice;
    if (seen_any_ && n > seen_ + 1 && !gap_told_) totals_.lost += n - seen_ - 1;
    gap_told_ = false;
    seen_any_ = true;
    seen_ = n;
    if (!at_last_ && n >= totals_.last.load()) {
      at_last_ = true;
      ++totals_.at_last;
    }
  }

  void handle_gap() {
    ++totals_.gaps;
    gap_told_ = true;
    // A poll that neither saw the old server go nor stopped: the new one has a log of its own.
    if (!events_.began() || back_) return;
    if (!missed_) events_.add(number_, Events::Kind::attempt);
    be_back();
  }

  void be_back() {
    if (std::exchange(back_, true)) return;
    ++totals_.back;
    events_.add(number_, Events::Kind::recovery);
  }

  std::uint32_t number_;
  Events& events_;
  Totals& totals_;
  bool live_ = false, connecting_ = false;
  bool missed_ = false, back_ = false;  // Since the kill.
  bool seen_any_ = false, gap_told_ = false, at_last_ = false;
  std::uint64_t seen_ = 0;
  Client client_;
  std::optional<Subscription> subscription_;
};

// Publishes one number after the other, whatever the server does.
class Beat {
 public:
  Beat(const std::string& url, Duration interval)
      : client_(url, {.transports = {Transport::websocket}}, make_native_platform()),
        thread_([this, interval](const std::stop_token& stop) {
          while (!stop.stop_requested()) {
            publish();
            std::this_thread::sleep_for(interval);
          }
        }) {}
  ~Beat() {
    thread_.request_stop();
    thread_.join();
    client_.close();
  }
  std::uint64_t next() const { return next_; }

 private:
  void publish() {
    const std::uint64_t n = next_++;
    client_.publish_json(std::string(topic), "{\"n\":" + std::to_string(n) + "}",
                         {.timeout = Duration{120'000}});
  }

  std::atomic<std::uint64_t> next_{1};
  Client client_;
  std::jthread thread_;
};

// Looks until `done`; false when that is not within `time`.
template <typename Done>
bool wait_for(Duration time, const RealHerdOptions& options, const Done& done) {
  const auto deadline = SteadyClock::now() + time;
  while (!done(options)) {
    if (SteadyClock::now() > deadline) return false;
    std::this_thread::sleep_for(look_interval);
  }
  return true;
}

std::string of_all(std::uint32_t count, const RealHerdOptions& options, const char* what) {
  return std::to_string(count) + " of " + std::to_string(options.clients) + ' ' + what;
}

Duration full_return(const RealHerdOptions& options) {
  return Duration{static_cast<Duration::rep>(options.clients / options.rate * 1000)};
}

HerdResult told(const RealHerdOptions& options, std::string name, Duration returned,
                const std::vector<Events::Event>& events) {
  server::Tally tally(options.clients, returned, options.rate);
  for (const Events::Event& event : events) {
    switch (event.kind) {
      case Events::Kind::attempt:
        tally.count_try(event.client, event.at);
        break;
      case Events::Kind::refusal:
        // Before that nobody was there to refuse.
        if (event.at >= returned) tally.count_refusal(event.at);
        break;
      case Events::Kind::recovery:
        tally.count_recovery(event.at);
        break;
    }
  }
  return {std::move(name), tally.figures(), tally.slots()};
}

std::string name_of(const std::vector<Transport>& transports) {
  return transports.size() == 1 ? std::string(to_string(transports.front())) : "mixed";
}

}  // namespace

Result<RealHerdResult> run_real_herd(const RealHerdOptions& options) {
  if (const auto allowed = allow_open_files(options.clients); !allowed) return allowed.error();
  HerdServer server(options);
  if (const auto started = server.start(); !started) return started.error();
  return run_real_herd(options, server);
}

Result<RealHerdResult> run_real_herd(const RealHerdOptions& options, HerdServer& server) {
  const std::string url = server.process().url();

  Events events;
  Totals totals;
  // Destroyed from the last to the first.
  std::vector<std::shared_ptr<SourcePlatform>> sources;
  std::vector<std::shared_ptr<Platform>> platforms;
  std::vector<std::unique_ptr<Member>> members;
  for (std::uint32_t number = 0; number < options.clients; ++number) {
    if (number % clients_per_platform == 0) platforms.push_back(make_native_platform());
    ClientOptions client;
    client.transports = {options.transports[number % options.transports.size()]};
    client.initial_spread = full_return(options) * 11 / 10;
    client.poll_interval = 5 * options.ping;
    sources.push_back(std::make_shared<SourcePlatform>(*platforms.back(), source_address(number)));
    members.push_back(
        std::make_unique<Member>(number, url, client, sources.back(), events, totals));
  }
  auto beat = std::make_unique<Beat>(url, options.publish_interval);
  const bool connected =
      wait_for(3 * full_return(options) + Duration{30'000}, options, [&](const auto& asked) {
        asked.progress(of_all(totals.live, asked, "connected"));
        return totals.live == asked.clients;
      });
  if (!connected) {
    return Error{ErrorCode::internal, "only " + of_all(totals.live, options, "clients connected")};
  }
  // Until everybody has the window of a full server, and counts as stable.
  options.progress("all are connected; waiting until they are told the window");
  std::this_thread::sleep_for(2 * options.ping + Duration{1'000});

  options.progress("the server is killed");
  if (const auto restarted =
          server.restart(options.down, [&] { events.begin(server.killed_at()); });
      !restarted) {
    return restarted.error();
  }
  const bool all_back =
      wait_for(4 * full_return(options) + Duration{30'000}, options, [&](const auto& asked) {
        asked.progress(of_all(totals.back, asked, "back"));
        return totals.back == asked.clients;
      });
  // What is published from now on must reach everybody: polls, too.
  totals.last = beat->next();
  const bool heard = all_back && wait_for(Duration{30'000}, options, [&](const auto& asked) {
                       asked.progress(of_all(totals.at_last, asked, "heard the last message"));
                       return totals.at_last == asked.clients;
                     });
  const std::uint64_t published = beat->next() - 1;
  beat.reset();
  members.clear();
  return RealHerdResult{
      .herd = told(options, name_of(options.transports), server.returned_after(), events.take()),
      .published = published,
      .delivered = totals.delivered,
      .gaps = totals.gaps,
      .lost_in_silence = totals.lost,
      .delivered_twice = totals.twice,
      .all_heard_the_last = heard};
}

}  // namespace freshet::app
