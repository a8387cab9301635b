// Many raw client connections on one epoll, for load and memory measurements. Loopback only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace freshet::bench {

// One exchange of a handshake: what is sent, and what must have come before the next.
struct Step {
  std::string send;
  std::string expect;
};

// Holds every connection until destroyed. One thread.
class Connections {
 public:
  explicit Connections(std::uint16_t port);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // Opens `count` more and takes each through the steps. Source addresses are spread over
  // 127.0.0.1 to 127.0.0.250, since one address has 28,000 ports. Throws std::runtime_error when
  // one fails or not all are through within 60 s.
  void open(std::size_t count, const std::vector<Step>& steps);

  // Reads whatever has come within `wait_max_ms` and returns how often `marker` was in it.
  std::uint64_t count_received(char marker, int wait_max_ms);

  // Reads whatever has come within `wait_max_ms`, and says from which connection.
  using OnBytes = std::function<void(std::size_t number, std::string_view bytes)>;
  void receive(int wait_max_ms, const OnBytes& on_bytes);

  // Sends on one of them. REQUIRES: number < size().
  void send(std::size_t number, const std::string& bytes);

  // From here on only the two calls below say what has come.
  void unwatch();
  // What lies in the socket of one of them. REQUIRES: number < size().
  std::size_t waiting_bytes(std::size_t number) const;
  // Reads all that lies in any socket, and returns how often `marker` was in it.
  std::uint64_t take_all(char marker);

  void close_all();
  std::size_t size() const { return sockets_.size(); }

 private:
  int connect_one(std::size_t number) const;
  void wait_for(std::size_t first, const std::string& marker);

  std::uint16_t port_;
  int epoll_;
  std::vector<int> sockets_;
  std::vector<char> buffer_;
};

}  // namespace freshet::bench
