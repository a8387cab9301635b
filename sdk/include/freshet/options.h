// Every option of the client, with unit, default and the cost of changing it.
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "freshet/message.h"
#include "freshet/result.h"
#include "freshet/time.h"
#include "freshet/transport.h"

namespace freshet {

enum class Reconnect {
  windowed,  // Spread over the window the server advises. The default, and right for fleets.
  none,      // At once, always: for tests and private links. A fleet of these is a stampede.
};

struct ClientOptions {
  // The order in which transports are tried.
  Profile profile = Profile::bidirectional;
  // An order of your own, best first; overrides `profile` unless empty.
  std::vector<Transport> transports = {};

  Reconnect reconnect = Reconnect::windowed;
  // The first connect is drawn evenly from [0, initial_spread]. 0: at once. For fleets that start
  // together.
  Duration initial_spread{0};
  // On the first connect the next transport is started beside one that has not said hello after
  // this long. Shorter finds a way sooner through bad networks and costs spare connections on slow
  // ones.
  Duration hedge_after{2'500};
  // An attempt without hello for this long has failed.
  Duration connect_timeout{10'000};
  // How long a choice below the first is kept before the better transports are probed again in the
  // background. After an outage that led there they are probed once as soon as the connection is
  // stable, since it was hardly their fault.
  Duration reprobe_after{30 * 60'000};
  // How long one long poll may wait, at most 55 s. Proxies cut quiet requests, often at 60 s.
  Duration long_poll_wait{25'000};
  // Between two short polls; 0 = as the server advises.
  Duration poll_interval{0};

  // Publishes that wait for a connection or an answer: at most this many, this large together.
  // Over it a publish fails with queue_full.
  std::size_t publish_queue_max = 100;
  std::size_t publish_queue_bytes_max = 1024 * 1024;

  // Called (on the platform's thread) before each connection for credentials, sent as
  // "Authorization: Bearer …". Absent: none are sent.
  std::function<std::string()> token = {};

  // Callbacks run through this, for example on a thread of yours; absent: on the platform's thread.
  // It must run what it is given in order, each once.
  std::function<void(std::function<void()>)> executor = {};

  // TLS certificates are checked against the system's authorities, or those in this PEM file.
  std::string ca_file = {};
  // Turns the check off. For tests only: anyone between can then read and change everything.
  bool insecure = false;
};

struct SubscribeOptions {
  // "latest" (live from now), "earliest", "last:N" (the newest N of each matched topic, then live),
  // or a cursor "epoch:id" kept from an earlier run.
  std::string cursor = "latest";
  // Some matching messages are gone; those that survive follow. Absent: gaps pass unseen.
  std::function<void(const Gap&)> on_gap = {};
  // Replay has caught up; called once after each (re)connect.
  std::function<void()> on_live = {};
  // The server refused this subscription; it has ended.
  std::function<void(const Error&)> on_error = {};
};

struct PublishOptions {
  // How long it may take, waiting for a connection included; then it fails with timeout.
  Duration timeout{30'000};
  // Idempotency key: repeats with the same key within 15 minutes are stored once. Empty: the
  // client makes one, so that its own repeats are harmless.
  std::string key = {};
};

}  // namespace freshet
