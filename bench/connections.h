// Many raw client connections on one epoll, for load and memory measurements. Loopback only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace freshet::bench {

// Holds every connection until destroyed. One thread.
class Connections {
 public:
  explicit Connections(std::uint16_t port);
  ~Connections();
  Connections(const Connections&) = delete;
  Connections& operator=(const Connections&) = delete;

  // Opens `count` more, sends `request` on each and waits until each has received `marker`. Source
  // addresses are spread over 127.0.0.1 to 127.0.0.250, since one address has 28,000 ports.
  // Throws std::runtime_error when one fails or not all have it within 60 s.
  void open(std::size_t count, const std::string& request, const std::string& marker);

  void close_all();
  std::size_t size() const { return sockets_.size(); }

 private:
  int connect_one(std::size_t number) const;
  void wait_for_marker(std::size_t first, const std::string& marker);

  std::uint16_t port_;
  int epoll_;
  std::vector<int> sockets_;
};

}  // namespace freshet::bench
