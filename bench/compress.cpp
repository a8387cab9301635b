#include "compress.h"

#include <chrono>
#include <cstdio>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "compress/inflater.h"
#include "compressed_messages.h"
#include "connections.h"
#include "peer.h"
#include "server_process.h"
#include "setting.h"

namespace freshet::bench {

namespace {

using Clock = std::chrono::steady_clock;

// What one subscriber receives for one published message, still compressed.
std::string delivered_by(const Peer& peer, const std::string& payload) {
  const ServerProcess server(peer.command, peer.port);
  Connections subscriber(peer.port);
  subscriber.open(1, peer.subscribe);
  Connections publisher(peer.publish_port);
  publisher.open(1, peer.begin_publishing);
  publisher.send(0, peer.publish(payload));
  CompressedMessages messages;
  messages.keep_payload();
  std::uint64_t received = 0;
  const auto deadline = Clock::now() + std::chrono::seconds(5);
  while (received == 0) {
    subscriber.receive(
        100, [&](std::size_t, std::string_view bytes) { received += messages.count(bytes); });
    if (Clock::now() > deadline) throw std::runtime_error(peer.name + " compresses nothing");
  }
  return messages.payload();
}

void check_same_work(const FanoutOptions& options, const std::vector<std::string>& names) {
  const Scratch scratch;
  const PeerPaths paths = options.paths(scratch.folder());
  for (const std::string& name : names) {
    const auto peer = options.wanted_peer(name, paths);
    if (!peer) continue;
    const std::string payload = peer->payload(options.payload_bytes);
    const std::string compressed = delivered_by(*peer, payload);
    const auto plain = server::Inflater().inflate(compressed, 1 << 20);
    if (!plain || plain->find(payload) == std::string::npos) {
      throw std::runtime_error(name + " delivers something else than was published");
    }
    std::printf("%s: %zu bytes of %zu\n", name.c_str(), compressed.size(), plain->size());
  }
}

}  // namespace

int measure_compress(const FanoutOptions& options) {
  const std::vector<std::string> names{"freshet/deflate", "ws/deflate"};
  check_same_work(options, names);
  return compare_fanout(options, names,
                        "CPU of the server per delivery, compressed, µs (less is better)",
                        "compress");
}

}  // namespace freshet::bench
