// A whole simulated site from one seed: a server, clients, a publisher, and faults until a given
// time; then calm, in which everything must become right again.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/client_node.h"
#include "sim/history.h"
#include "sim/schedule.h"
#include "sim/server_node.h"

namespace freshet::sim {

struct WorldOptions {
  std::uint64_t seed = 1;
  unsigned clients = 8;
  // How long faults go on; 0 = none at all.
  Duration faults_for{120'000};
  // Between two faults, on average.
  Duration fault_every{1'500};
  Duration publish_every{150};
  // Calm behind the faults: longer than the longest wait of the policy.
  Duration calm_for{240'000};
  Duration drain_for{30'000};  // After the last publish: everyone has to have everything by then.
  ServerOptions server;
  // Which kinds of fault may happen.
  bool cuts = true;
  bool restarts = true;
  bool drains = false;  // Instead of crashes, before a restart.
  // A second node on the same log. Of the two one at a time drains, and comes back later.
  bool two_nodes = false;
  bool bad_paths = true;    // Refusing, silent and buffering networks.
  bool application = true;  // Subscribes, unsubscribes, other transports, offline and online.
  bool client_publishes = true;
  bool sleeps = false;  // Machines that sleep, and no other fault.
};

class World {
 public:
  explicit World(WorldOptions options);

  // Runs faults and calm, and returns a sentence for each rule that was broken.
  std::vector<std::string> run();

  Schedule& schedule() { return schedule_; }
  ServerNode& server() { return server_; }
  std::size_t let_go() const { return server_.let_go() + (second_ ? second_->let_go() : 0); }
  ClientNode& client(std::size_t index) { return *clients_[index]; }
  std::size_t client_count() const { return clients_.size(); }
  const History& history() const { return history_; }

  // Publishes one message, as another server would over HTTP, if the server is up.
  void publish(const std::string& topic);

  // A number that two runs of one seed share, and hardly any two seeds.
  std::uint64_t fingerprint() const;

 private:
  void publish_again();
  void fault_again();
  void fault();
  void fault_of_application(ClientNode& client);
  void fault_of_path(ClientNode& client);
  void restart_server();
  void drain_one_node();
  // Where a balancer leads: to a node that takes newcomers.
  ServerNode& reach();
  std::string any_topic();
  ClientNode& any_client();
  bool chance(unsigned one_in) { return random_.next() % one_in == 0; }

  WorldOptions options_;
  Schedule schedule_;
  core::Random random_;
  History history_;
  ServerNode server_;
  std::unique_ptr<ServerNode> second_;
  std::vector<std::unique_ptr<ClientNode>> clients_;
  std::uint64_t published_ = 0;
  bool faulty_ = true;
  bool publishing_ = true;
};

}  // namespace freshet::sim
