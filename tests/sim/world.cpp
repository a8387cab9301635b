#include "sim/world.h"

#include <algorithm>
#include <array>

namespace freshet::sim {

namespace {

constexpr std::array<Transport, 4> all_transports = {Transport::websocket, Transport::sse,
                                                     Transport::long_polling, Transport::polling};

constexpr std::array<const char*, 5> topics = {"prices.AAPL", "prices.MSFT", "chat.lobby",
                                               "chat.room.7", "notifications"};

constexpr std::array<const char*, 6> patterns = {"prices.*",   "prices.AAPL", "chat.>",
                                                 "chat.lobby", ">",           "notifications"};

constexpr std::array<const char*, 5> starts = {"latest", "latest", "earliest", "last:1", "last:5"};

template <typename List>
const auto& any_of_list(const List& list, core::Random& random) {
  return list[random.next() % list.size()];
}

std::vector<Transport> any_order(core::Random& random) {
  std::vector<Transport> order(all_transports.begin(), all_transports.end());
  for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.next() % i]);
  order.resize(1 + random.next() % order.size());
  return order;
}

core::ClientConfig any_config(core::Random& random) {
  core::ClientConfig config;
  config.transports = any_order(random);
  config.long_poll_wait = Duration{5'000};
  config.reprobe_after = Duration{60'000};
  return config;
}

}  // namespace

World::World(WorldOptions options)
    : options_(options),
      random_(options.seed),
      history_(options.server.rules),
      server_(schedule_, random_, history_, options.server) {
  if (options_.two_nodes) second_ = std::make_unique<ServerNode>(server_, options.server);
  for (unsigned i = 0; i < options_.clients; ++i) {
    clients_.push_back(std::make_unique<ClientNode>(
        schedule_, random_, history_, [this]() -> ServerNode& { return reach(); },
        "client " + std::to_string(i), any_config(random_)));
  }
}

std::vector<std::string> World::run() {
  faulty_ = options_.faults_for > Duration{0};
  for (const auto& client : clients_) {
    schedule_.after(random_.between(Duration{0}, Duration{3'000}), [this, &client] {
      client->subscribe(any_of_list(patterns, random_), any_of_list(starts, random_));
      if (chance(2))
        client->subscribe(any_of_list(patterns, random_), any_of_list(starts, random_));
    });
  }
  publish_again();
  fault_again();
  schedule_.run_until(schedule_.now() + std::max(options_.faults_for, Duration{10'000}));

  faulty_ = false;
  if (!server_.running()) server_.start(options_.two_nodes);
  for (const auto& client : clients_) {
    client->weather() = {};
    client->network(core::NetworkEvent::online);
    client->network(core::NetworkEvent::resumed);
  }
  schedule_.run_until(schedule_.now() + options_.calm_for);
  publishing_ = false;
  schedule_.run_until(schedule_.now() + options_.drain_for);

  std::vector<std::string> faults;
  for (std::size_t i = 0; i < clients_.size(); ++i) {
    ClientNode& client = *clients_[i];
    if (client.subscriptions() > 0 && !client.is_live()) {
      faults.push_back("client " + std::to_string(i) +
                       " is not live again: " + to_string(client.core().state()));
    }
    const auto of_client = client.finish(server_.head());
    faults.insert(faults.end(), of_client.begin(), of_client.end());
  }
  return faults;
}

void World::publish(const std::string& topic) {
  const std::string data = "{\"n\":" + std::to_string(++published_) + "}";
  ServerNode& server = reach();
  if (server.up() && !server.publish(topic, data, {})) std::abort();
}

void World::publish_again() {
  if (!publishing_) return;
  publish(any_topic());
  if (options_.client_publishes && chance(4)) {
    any_client().publish(any_topic(), "{\"from_client\":" + std::to_string(++published_) + "}");
  }
  schedule_.after(random_.between(Duration{0}, 2 * options_.publish_every),
                  [this] { publish_again(); });
}

void World::fault_again() {
  schedule_.after(random_.between(Duration{0}, 2 * options_.fault_every), [this] {
    if (!faulty_) return;
    fault();
    fault_again();
  });
}

void World::fault() {
  ClientNode& client = any_client();
  if (options_.sleeps) return client.sleep(random_.between(Duration{300}, Duration{60'000}));
  switch (random_.next() % 8) {
    case 0:
    case 1:
    case 2:
      if (!options_.cuts) return;
      for (const LinkRef& link : client.links()) {
        switch (random_.next() % 5) {
          case 0:
            link->go_half_open();
            break;
          case 1:
            link->stall(schedule_.now() + random_.between(Duration{0}, Duration{8'000}));
            break;
          case 2:
            link->lose_server_side();
            break;
          default:
            link->cut();
        }
      }
      return;
    case 3:
      if (options_.restarts && chance(3)) restart_server();
      return;
    case 4:
    case 5:
      if (options_.bad_paths) fault_of_path(client);
      return;
    default:
      if (options_.application) fault_of_application(client);
  }
}

void World::restart_server() {
  if (second_) return drain_one_node();
  if (!server_.up()) return;
  options_.drains ? server_.drain(Duration{0}) : server_.crash();
  schedule_.after(random_.between(Duration{0}, Duration{8'000}), [this, keep = chance(2)] {
    if (!server_.up()) server_.start(keep);
  });
}

void World::drain_one_node() {
  if (!server_.up() || !second_->up()) return;
  ServerNode& node = chance(2) ? server_ : *second_;
  const Duration spread = random_.between(Duration{0}, Duration{3'000});
  node.drain(spread);
  schedule_.after(spread + random_.between(Duration{100}, Duration{8'000}), [&node] {
    if (!node.running()) node.start(true);
  });
}

ServerNode& World::reach() {
  if (!second_) return server_;
  if (server_.up() && second_->up()) return chance(2) ? server_ : *second_;
  return server_.up() ? server_ : *second_;
}

void World::fault_of_path(ClientNode& client) {
  Weather weather;
  weather.latency_max = random_.between(Duration{2}, Duration{400});
  for (const Transport transport : all_transports) {
    switch (random_.next() % 8) {
      case 0:
        weather.refused.insert(transport);
        break;
      case 1:
        weather.silent.insert(transport);
        break;
      case 2:
        // A proxy that holds back an answer without end; one that ends comes through whole.
        if (transport == Transport::sse) weather.buffering.insert(transport);
        break;
      default:
        break;
    }
  }
  client.weather() = weather;
}

void World::fault_of_application(ClientNode& client) {
  switch (random_.next() % 7) {
    case 0:
    case 1:
      if (client.subscriptions() < 6) {
        client.subscribe(any_of_list(patterns, random_), any_of_list(starts, random_));
      }
      break;
    case 2:
      client.unsubscribe_one();
      break;
    case 3:
      client.set_transports(any_order(random_));
      break;
    case 4:
      client.network(core::NetworkEvent::offline);
      schedule_.after(random_.between(Duration{0}, Duration{10'000}),
                      [&client] { client.network(core::NetworkEvent::online); });
      break;
    case 5:
      client.network(core::NetworkEvent::suspended);
      schedule_.after(random_.between(Duration{0}, Duration{10'000}),
                      [&client] { client.network(core::NetworkEvent::resumed); });
      break;
    case 6:
      client.network(core::NetworkEvent::hidden);
      schedule_.after(random_.between(Duration{0}, Duration{10'000}),
                      [&client] { client.network(core::NetworkEvent::shown); });
      break;
  }
}

std::string World::any_topic() { return any_of_list(topics, random_); }

ClientNode& World::any_client() { return *clients_[random_.next() % clients_.size()]; }

std::uint64_t World::fingerprint() const {
  std::uint64_t hash = 14695981039346656037u;
  const auto mix = [&](std::uint64_t value) { hash = (hash ^ value) * 1099511628211u; };
  mix(static_cast<std::uint64_t>(schedule_.now().since_zero.count()));
  mix(history_.messages().size());
  for (const auto& client : clients_) {
    mix(client->delivered());
    mix(client->gaps());
    mix(client->connects());
  }
  return hash;
}

}  // namespace freshet::sim
