// The servers that are measured: how each is started, subscribed to and published to.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "connections.h"

namespace freshet::bench {

// In every payload exactly once, and in no framing of any server here: what is delivered is
// counted by it. ('~' would not do: it is 126, the first length byte of a WebSocket frame.)
inline constexpr char delivery_marker = '|';

// A JSON string of so many bytes with the marker in it once. REQUIRES: bytes >= 3.
std::string payload_of(std::size_t bytes);

// A JSON array of at least so many bytes: rows of prices, always the same. Compresses as data of
// applications does; payload_of() would vanish.
std::string rows_of(std::size_t bytes);

struct Peer {
  std::string name;       // "nchan"
  std::string transport;  // "websocket", "sse" or "lines": a WebSocket as the SDKs ask for it
  std::vector<std::string> command;
  std::uint16_t port = 0;          // Subscribers connect here,
  std::uint16_t publish_port = 0;  // and the one publisher here.
  std::vector<Step> subscribe;
  std::vector<Step> begin_publishing;
  std::function<std::string(const std::string& payload)> publish;
  std::function<std::string(std::size_t bytes)> payload = payload_of;
  bool deflates = false;  // Its messages are counted by their frames, not by the marker.
  // Long polling: the request that follows an answer, or the first one.
  std::function<std::string(std::string_view answer)> poll;
  bool first_poll_is_answered = false;  // At once, with nothing but a position.
};

// A request with a body.
std::string post(const std::string& target, const std::string& body);

struct PeerPaths {
  std::string freshet;            // Our program.
  std::string bench;              // This one: it can play the floor.
  std::filesystem::path scripts;  // bench/peers.
  std::filesystem::path cache;    // Where bench/peers/setup.sh installed what Debian lacks.
  std::filesystem::path scratch;  // For configuration files; exists.
};

// Every system of fan-out, ours first: "freshet/websocket", "nchan/sse", … Others are made by name
// too: "freshet/long-polling" and "nchan/long-polling", "freshet/http" and "node/http",
// "freshet/deflate" and "ws/deflate".
std::vector<std::string> peer_names();

// Ready to start on ports of its own; nullopt when it is not installed. Throws on an unknown name.
std::optional<Peer> make_peer(const std::string& name, const PeerPaths& paths);

}  // namespace freshet::bench
