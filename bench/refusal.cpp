#include "refusal.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "report.h"
#include "server_process.h"
#include "setting.h"

namespace freshet::bench {
namespace {

constexpr double bar = 0.7;
constexpr std::size_t newcomers = 2'000;
// Below the server's listen backlog.
constexpr std::size_t batch = 500;
// Their slots reach ahead for as long as the server gives any, whatever the number of rounds.
constexpr std::string_view narrow_rate = "200";

struct Door {
  std::string name;            // Browsers name an origin, and are let end the WebSocket.
  std::string request;         // Up to the client's id.
  std::string rest;            // Behind it.
  std::string_view admitted;   // In what the server says to whom it lets in,
  std::string_view refused;    // and to whom it does not.
  std::string farewell = {};   // What the client sends when it has been told.
  bool refusal_ends = false;   // The server ends the connection of whom it refuses;
  bool farewell_ends = false;  // and of whom it has let in, once that one has said farewell.
};

std::vector<Door> doors() {
  const std::string plain = " HTTP/1.1\r\nHost: localhost\r\n\r\n";
  const std::string upgrade =
      " HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Protocol: freshet.v1\r\n";
  const std::string from_page = upgrade + "Origin: http://localhost\r\n\r\n";
  const std::string query = "?pattern=bench&sdk=bench/1&client=";
  // Without a code, masked by nothing.
  const std::string close_frame{"\x88\x80\0\0\0\0", 6};
  constexpr std::string_view live = "\"op\":\"live\"";
  constexpr std::string_view retry = "\"op\":\"retry\"";
  return {
      {"sse", "GET /v1/sse" + query, plain, live, retry, {}, true, false},
      {"websocket", "GET /v1/ws" + query, upgrade + "\r\n", live, retry, close_frame, true, true},
      {"websocket of a page", "GET /v1/ws" + query, from_page, live, retry, close_frame, true,
       true},
      {"polling", "GET /v1/poll" + query, plain, "\"op\":\"next\"", " 503 "}};
}

[[noreturn]] void fail(const char* call) {
  throw std::runtime_error(std::string(call) + ": " + std::strerror(errno));
}

class Socket {
 public:
  // `number`: spreads the ports used over 127.0.0.1 to 127.0.0.250.
  Socket(std::uint16_t port, std::uint64_t number)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (fd_ < 0) fail("socket");
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(number % 250));
    if (::bind(fd_, reinterpret_cast<sockaddr*>(&source), sizeof source) != 0) fail("bind");
    sockaddr_in target{};
    target.sin_family = AF_INET;
    target.sin_port = htons(port);
    target.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&target), sizeof target) != 0) fail("connect");
  }
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;

  void send(const std::string& bytes) const {
    if (::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) < 0) fail("send");
  }
  // Reads until one of the two has come; whether it was the first.
  bool read_until(std::string_view one, std::string_view other) const {
    std::string text;
    std::array<char, 4096> buffer;
    for (;;) {
      if (text.find(one) != std::string::npos) return true;
      if (text.find(other) != std::string::npos) return false;
      const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
      if (got <= 0) throw std::runtime_error("the server closed a connection without a word");
      text.append(buffer.data(), static_cast<std::size_t>(got));
    }
  }

  // Until the server has ended it.
  void read_to_end() const {
    std::array<char, 4096> buffer;
    while (::recv(fd_, buffer.data(), buffer.size(), 0) > 0) continue;
  }

 private:
  int fd_;
};

struct Taken {
  double microseconds_each = 0;
  std::size_t admitted = 0;
};

// A server and everybody who ever came to its door.
class Gate {
 public:
  // The command of a server on a port.
  using Command = std::vector<std::string> (*)(const std::string& program, std::uint16_t port);

  Gate(const std::string& program, Command command)
      : server_(pinned_to(server_core, command(program, port_)), port_) {}

  // All of a newcomer's life, from its connecting to when the server has forgotten the socket.
  Taken take(const Door& door) {
    Taken taken;
    taken.microseconds_each = cost_each([&] { all_come(door, taken); });
    return taken;
  }

  // Of one more request of whoever has asked once and stays.
  Taken take_again(const Door& door) {
    Taken taken;
    std::uint64_t used = 0;
    for (std::size_t done = 0; done < newcomers; done += batch) {
      const std::vector<Socket> sockets = connect_all();
      Taken first;
      ask_all(door, sockets, first);
      const std::uint64_t before = server_.cpu_nanoseconds();
      ask_all(door, sockets, taken);
      used += server_.cpu_nanoseconds() - before;
    }
    taken.microseconds_each = static_cast<double>(used) / 1e3 / newcomers;
    return taken;
  }

  // Of a connection that asks nothing: what a newcomer costs before anything can be decided.
  double bare() {
    return cost_each([&] {
      for (std::size_t done = 0; done < newcomers; done += batch) connect_all();
    });
  }

 private:
  void all_come(const Door& door, Taken& taken) {
    for (std::size_t done = 0; done < newcomers; done += batch) {
      const std::vector<Socket> sockets = connect_all();
      const std::vector<bool> admitted = ask_all(door, sockets, taken);
      if (!door.farewell.empty()) {
        for (const Socket& socket : sockets) socket.send(door.farewell);
      }
      for (std::size_t n = 0; n < batch; ++n) {
        if (admitted[n] ? door.farewell_ends : door.refusal_ends) sockets[n].read_to_end();
      }
    }
  }

  // All together at each step, as a herd does.
  std::vector<Socket> connect_all() {
    std::vector<Socket> sockets;
    sockets.reserve(batch);
    while (sockets.size() < batch) sockets.emplace_back(port_, ++clients_);
    return sockets;
  }
  std::vector<bool> ask_all(const Door& door, const std::vector<Socket>& sockets, Taken& taken) {
    for (std::size_t n = 0; n < batch; ++n) {
      sockets[n].send(door.request + "c" + std::to_string(clients_ - n) + door.rest);
    }
    std::vector<bool> admitted;
    for (const Socket& socket : sockets) {
      admitted.push_back(socket.read_until(door.admitted, door.refused));
      if (admitted.back()) ++taken.admitted;
    }
    return admitted;
  }

  // Microseconds of the server for each newcomer.
  template <typename F>
  double cost_each(const F& come) {
    const std::size_t files = server_.open_files();
    const std::uint64_t before = server_.cpu_nanoseconds();
    come();
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (server_.open_files() > files) {
      if (std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error("sockets stay open");
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return static_cast<double>(server_.cpu_nanoseconds() - before) / 1e3 / newcomers;
  }

  std::uint16_t port_ = free_port();
  ServerProcess server_;
  std::uint64_t clients_ = 0;
};

std::vector<std::string> with_one_loop(std::vector<std::string> words) {
  words.insert(words.end(), {"--loops", "1", "--log-level", "off"});
  return words;
}
std::vector<std::string> open_server(const std::string& program, std::uint16_t port) {
  return with_one_loop(freshet_serve(program, port));
}
std::vector<std::string> narrow_server(const std::string& program, std::uint16_t port) {
  return with_one_loop({program, "serve", "--listen", "127.0.0.1:" + std::to_string(port),
                        "--admission-rate", std::string(narrow_rate), "--admission-burst", "1",
                        // A poll keeps its connection only if its slot comes before.
                        "--keep-alive-max", "600s"});
}
std::vector<std::string> floor_server(const std::string&, std::uint16_t port) {
  return {std::filesystem::read_symlink("/proc/self/exe").string(), "serve-refusal-floor",
          std::to_string(port)};
}

// Nobody may be on the wrong side of the door, or the figure is of something else.
double checked(const Door& door, bool to_be_admitted, const Taken& taken) {
  const std::size_t wrong = to_be_admitted ? newcomers - taken.admitted : taken.admitted;
  if (wrong * 10 > newcomers) {
    throw std::runtime_error(door.name + ": " + std::to_string(wrong) + " of " +
                             std::to_string(newcomers) +
                             (to_be_admitted ? " were refused" : " were admitted"));
  }
  return taken.microseconds_each;
}

// Microseconds in one round, and what is compared of them.
struct Costs {
  double admission = 0;
  double refusal = 0;
  double floor = 0;
  double again = 0;  // Of a refusal on a connection that stays; 0 where none does.
};

class Ratios {
 public:
  void add(const Costs& costs, double bare) {
    whole_.push_back(costs.refusal / costs.admission);
    floor_.push_back(costs.floor / costs.admission);
    beyond_.push_back((costs.refusal - bare) / (costs.admission - bare));
    if (costs.again > 0) again_.push_back(costs.again / costs.admission);
  }

  // Whether the bar is met. Where the connection stays, a refusal is one request of it.
  bool print(const std::string& name) const {
    const double ratio = median(again_.empty() ? whole_ : again_);
    std::printf("%-19s a refusal costs %.2f of an admission (bar %.2f)%s", name.c_str(), ratio, bar,
                ratio <= bar ? "" : "  MISSED");
    if (!again_.empty()) std::printf("; with its connection %.2f", median(whole_));
    std::printf(", the floor %.2f; beyond the connection %.2f\n", median(floor_), median(beyond_));
    return ratio <= bar;
  }

 private:
  std::vector<double> whole_, floor_, beyond_, again_;
};

}  // namespace

int measure_refusal(const std::string& program, std::size_t rounds,
                    const std::filesystem::path& results) {
  Gate open(program, open_server);
  Gate narrow(program, narrow_server);
  Gate floor(program, floor_server);
  pin_this_process_to(load_core);
  Report report("Refusing newcomers (less is better)",
                std::to_string(newcomers) +
                    " newcomers, each on a connection of its own, median of " +
                    std::to_string(rounds) + " rounds");
  const std::string group = "CPU of the server per newcomer, µs";
  std::vector<Ratios> ratios(doors().size());
  for (std::size_t round = 0; round <= rounds; ++round) {
    const double bare = narrow.bare();
    const bool counts = round > 0;  // The first one warms up.
    if (counts) report.add(group, "a connection alone", bare);
    for (std::size_t n = 0; n < ratios.size(); ++n) {
      const Door door = doors()[n];
      Costs costs;
      costs.admission = checked(door, true, open.take(door));
      costs.refusal = checked(door, false, narrow.take(door));
      costs.floor = checked(door, false, floor.take(door));
      if (!door.refusal_ends) costs.again = checked(door, false, narrow.take_again(door));
      if (!counts) continue;
      report.add(group, "freshet/" + door.name + " refused", costs.refusal);
      report.add(group, door.name + " admitted", costs.admission);
      report.add(group, door.name + " floor", costs.floor);
      if (costs.again > 0) report.add(group, door.name + " refused again", costs.again);
      ratios[n].add(costs, bare);
    }
  }
  report.finish(results, "refusal");
  bool met = true;
  for (std::size_t n = 0; n < ratios.size(); ++n) met = ratios[n].print(doors()[n].name) && met;
  return met ? 0 : 1;
}

}  // namespace freshet::bench
