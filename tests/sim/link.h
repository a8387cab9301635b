// One simulated connection between a client and the server: two ordered flows of frames with
// latency, and everything that can go wrong with them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/event.h"
#include "core/random.h"
#include "schedule.h"

namespace freshet::sim {

// How the network treats a connection from its opening on.
enum class Path {
  clear,
  silent,     // It opens and nothing ever comes back: a firewall that drops.
  buffering,  // What the server sends is held back until the connection ends: a proxy.
};

class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(Schedule& schedule, core::Random& random, Path path, Duration latency_max)
      : schedule_(schedule), random_(random), path_(path), latency_max_(latency_max) {}

  // Set by the two ends. Cleared by the end that has let go, so that it hears nothing more.
  std::function<void(std::string)> on_client_frame;  // At the client.
  std::function<void(ConnectionEnd)> on_client_end;  // At the client.
  std::function<void(std::string)> on_server_frame;  // At the server.
  std::function<void()> on_server_end;               // At the server.
  // Bytes arrived at the client: the server's outbox has room again.
  std::function<void()> on_server_drained;

  void send_to_client(std::string frame);
  void send_to_server(std::string frame);
  // What the server has sent and the client has not yet: its outbox.
  std::size_t outbox_bytes() const { return outbox_bytes_; }

  // The server ends it, behind what it has sent.
  void close_from_server(ConnectionEnd end);
  // The client ends it.
  void close_from_client();

  // Both sides learn it.
  void cut();
  // Neither side learns it, nothing arrives any more.
  void go_half_open() { dead_ = true; }
  // The server learns it and the client does not: its machine vanished from a NAT's table.
  void lose_server_side();
  // Nothing arrives before `until`.
  void stall(Instant until);
  bool over() const { return over_; }

 private:
  Instant arrival(Instant& last);
  void deliver_down(Instant at, std::function<void()> event);

  Schedule& schedule_;
  core::Random& random_;
  Path path_;
  Duration latency_max_;
  Instant last_down_;
  Instant last_up_;
  std::size_t outbox_bytes_ = 0;
  std::vector<std::string> held_;  // By a buffering proxy.
  bool dead_ = false;
  bool over_ = false;
};

using LinkRef = std::shared_ptr<Link>;

}  // namespace freshet::sim
