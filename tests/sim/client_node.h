// A client of a simulation: the real core behind simulated connections, and an application on it
// that subscribes, publishes and keeps records.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "core/client.h"
#include "core/random.h"
#include "sim/history.h"
#include "sim/link.h"
#include "sim/schedule.h"
#include "sim/server_node.h"

namespace freshet::sim {

// What the network between one client and the server is like at this moment.
struct Weather {
  Duration latency_max{40};
  std::set<Transport> refused;    // Fails at once.
  std::set<Transport> silent;     // Opens and says nothing.
  std::set<Transport> buffering;  // A proxy holds back what the server says.
};

class ClientNode {
 public:
  // `reach` gives the node that answers a new connection or POST.
  ClientNode(Schedule& schedule, core::Random& random, History& history,
             std::function<ServerNode&()> reach, std::string name, core::ClientConfig config);

  core::Client& core() { return core_; }
  Weather& weather() { return weather_; }

  // The application.
  void subscribe(std::string pattern, std::string start);
  void unsubscribe_one();
  void publish(std::string topic, std::string data);
  void close();
  void network(core::NetworkEvent event);
  // Its machine stops for so long: what arrives meanwhile waits, and on waking every timer comes
  // before it. It is not done while the last one is not over. From then on it is a fault of the
  // client's to give up a connection for which something waits.
  void sleep(Duration length);
  void set_transports(std::vector<Transport> transports);

  // Every open connection of this client.
  std::vector<LinkRef> links() const;
  bool is_live() const;
  std::size_t subscriptions() const { return subscriptions_.size(); }
  unsigned connects() const { return connects_; }
  std::optional<Transport> transport() const;

  // Judges every subscription, ended ones included, and every publish.
  std::vector<std::string> finish(std::optional<Place> everything);
  std::size_t delivered() const;
  std::size_t gaps() const;
  std::size_t slow_gaps() const;

 private:
  // What arrived in a sleep, for a connection or (0) not.
  struct Waiting {
    core::ConnectionId connection;
    std::function<void()> read;
  };
  struct Line {
    core::PublishId publish = 0;
    std::string text;
  };
  struct Published {
    std::string data;
    std::optional<Result<std::uint64_t>> outcome;
    bool accepted = false;
  };

  void wake();
  void read_what_waits();
  void arrive(core::ConnectionId connection, std::function<void()> read);
  void settle();  // Takes all actions out, then arms the timer.
  void arm();
  void perform(const core::Action& action);
  void open(core::ConnectionId connection, Transport transport, const std::string& target,
            const std::string& body);
  void take_end(core::ConnectionId connection, const ConnectionEnd& end);
  void take_frame(core::ConnectionId connection, const std::string& frame);
  void send(core::ConnectionId connection, const std::string& text);
  void post(core::RequestId request, const std::string& target, std::vector<Line> lines);
  void take_answers(core::RequestId request, const std::vector<std::string>& answers,
                    const ConnectionEnd& end);
  void note_cursors();
  // Prints to stderr what happens to the client named by FRESHET_SIM_TRACE.
  void trace(const char* what, const std::string& text) const;

  Schedule& schedule_;
  core::Random& random_;
  const History& history_;
  std::function<ServerNode&()> reach_;
  std::string name_;
  core::Client core_;
  Weather weather_;
  std::map<core::ConnectionId, LinkRef> links_;
  std::map<core::ConnectionId, Transport> polls_;
  std::map<core::SubscriptionId, std::unique_ptr<Record>> subscriptions_;
  std::vector<std::unique_ptr<Record>> ended_;
  std::map<core::PublishId, Published> publishes_;
  std::set<core::RequestId> posts_;
  std::vector<Line> lines_;  // Of the next POST.
  std::vector<std::string> faults_;
  std::uint64_t timer_ = 0;
  bool asleep_ = false;
  bool reading_ = true;  // False in a sleep, and from waking until what waits is read.
  Instant rested_at_;    // Since when it may sleep again.
  std::vector<Waiting> waiting_;
  bool traced_ = false;
  unsigned connects_ = 0;
};

}  // namespace freshet::sim
