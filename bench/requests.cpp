#include "requests.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exchange.h"
#include "report.h"
#include "server_process.h"

namespace freshet::bench {

namespace {

constexpr std::size_t payload_bytes = 100;
constexpr std::size_t request_clients = 64;
constexpr std::uint64_t window_requests = 20'000;
constexpr std::size_t long_poll_clients = 1'000;
constexpr std::uint64_t window_messages = 25;

std::string rounds_text(const Setting& setting) {
  return "median of " + std::to_string(setting.rounds) + " rounds";
}

struct Case {
  std::string name;
  std::string request;
};

// The same addresses on each server: bench/peers/http_server.cjs answers like ours.
std::vector<Case> request_cases() {
  const std::string end = " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  return {{"GET, a fixed text", "GET /healthz" + end},
          {"GET, the newest message", "GET /v1/topics/bench/messages?limit=1" + end},
          {"POST, 100 bytes", post("/v1/topics/bench", payload_of(payload_bytes))}};
}

class RequestSystem {
 public:
  explicit RequestSystem(Peer peer)
      : name_(peer.name + "/" + peer.transport),
        server_(pinned_to(server_core, peer.command), peer.port),
        clients_(peer.port, request_clients) {}

  const std::string& name() const { return name_; }

  double microseconds_per_request(const std::string& request) {
    const std::uint64_t before = server_.cpu_nanoseconds();
    std::uint64_t left = window_requests;
    for (std::size_t client = 0; client < clients_.size(); ++client, --left) {
      clients_.ask(client, request);
    }
    clients_.take(window_requests, [&](std::size_t client, std::string_view) {
      if (left == 0) return;
      --left;
      clients_.ask(client, request);
    });
    return static_cast<double>(server_.cpu_nanoseconds() - before) / 1e3 / window_requests;
  }

 private:
  std::string name_;
  ServerProcess server_;
  Exchange clients_;
};

class LongPollSystem {
 public:
  explicit LongPollSystem(Peer peer)
      : peer_(std::move(peer)),
        server_(pinned_to(server_core, peer_.command), peer_.port),
        clients_(peer_.port, long_poll_clients) {
    for (std::size_t client = 0; client < clients_.size(); ++client) {
      clients_.ask(client, peer_.poll({}));
    }
    if (peer_.first_poll_is_answered) deliver_once();
  }

  std::string name() const { return peer_.name + "/" + peer_.transport; }

  double microseconds_per_message() {
    Exchange publisher(peer_.publish_port, 1);
    const std::uint64_t before = server_.cpu_nanoseconds();
    for (std::uint64_t message = 0; message < window_messages; ++message) {
      publisher.ask(0, peer_.publish(payload_of(payload_bytes)));
      publisher.take(1, [](std::size_t, std::string_view) {});
      deliver_once();
    }
    return static_cast<double>(server_.cpu_nanoseconds() - before) / 1e3 /
           static_cast<double>(window_messages * clients_.size());
  }

 private:
  // One answer for each client, who asks for the next at once.
  void deliver_once() {
    clients_.take(clients_.size(), [this](std::size_t client, std::string_view answer) {
      clients_.ask(client, peer_.poll(answer));
    });
  }

  Peer peer_;
  ServerProcess server_;
  Exchange clients_;
};

template <typename System>
std::vector<std::unique_ptr<System>> start_all(const Setting& setting, const Scratch& scratch,
                                               const std::vector<std::string>& names) {
  auto systems = setting.start<System>(names, setting.paths(scratch.folder()));
  pin_this_process_to(load_core);
  return systems;
}

}  // namespace

int measure_requests(const Setting& setting) {
  const Scratch scratch;
  const auto systems = start_all<RequestSystem>(setting, scratch, {"freshet/http", "node/http"});
  Report report(
      "CPU of the server per request, µs (less is better)",
      std::to_string(request_clients) + " kept-alive connections, " + rounds_text(setting));
  for (std::size_t round = 0; round <= setting.rounds; ++round) {
    for (const Case& one : request_cases()) {
      for (const auto& system : systems) {
        const double each = system->microseconds_per_request(one.request);
        if (round > 0) report.add(one.name, system->name(), each);  // The first one warms up.
      }
    }
  }
  report.finish(setting.results, "requests");
  return 0;
}

int measure_long_polling(const Setting& setting) {
  const Scratch scratch;
  const auto systems =
      start_all<LongPollSystem>(setting, scratch, {"freshet/long-polling", "nchan/long-polling"});
  Report report("CPU of the server per delivered message and re-request, µs (less is better)",
                std::to_string(payload_bytes) + "-byte messages, " + rounds_text(setting));
  for (std::size_t round = 0; round <= setting.rounds; ++round) {
    for (const auto& system : systems) {
      const double each = system->microseconds_per_message();
      if (round > 0) {
        report.add(std::to_string(long_poll_clients) + " clients", system->name(), each);
      }
    }
  }
  report.finish(setting.results, "long-polling");
  return 0;
}

}  // namespace freshet::bench
