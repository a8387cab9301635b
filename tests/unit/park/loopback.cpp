#include "unit/park/loopback.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <exception>
#include <future>
#include <stdexcept>
#include <utility>

namespace freshet::park {

LoopbackClient::LoopbackClient(std::uint16_t port, const std::string& address,
                               int receive_buffer_bytes) {
  const bool is_ipv6 = address.find(':') != std::string::npos;
  fd_ = ::socket(is_ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) throw std::runtime_error("no socket");
  // What is sent byte by byte shall leave so, and at once.
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (receive_buffer_bytes > 0) {
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  const sockaddr* target = nullptr;
  socklen_t size = 0;
  if (is_ipv6) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    ::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr);
    target = reinterpret_cast<const sockaddr*>(&v6);
    size = sizeof v6;
  } else {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    ::inet_pton(AF_INET, address.c_str(), &v4.sin_addr);
    target = reinterpret_cast<const sockaddr*>(&v4);
    size = sizeof v4;
  }
  if (::connect(fd_, target, size) == 0) return;
  int error = errno;
  if (error == EINPROGRESS) {
    if (!wait(POLLOUT)) throw std::runtime_error("connect took too long");
    socklen_t error_size = sizeof error;
    ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &error_size);
  }
  if (error != 0) throw std::runtime_error("connection refused");
}

bool LoopbackClient::wait(short events) {
  pollfd one{.fd = fd_, .events = events, .revents = 0};
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(patience);
  return ::poll(&one, 1, static_cast<int>(limit.count())) == 1;
}

bool LoopbackClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN) {
      return false;
    } else if (!wait(POLLOUT)) {
      throw std::runtime_error("the server reads nothing");
    }
  }
  return true;
}

void LoopbackClient::half_close() { ::shutdown(fd_, SHUT_WR); }

void LoopbackClient::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
}

void LoopbackClient::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

std::size_t LoopbackClient::read_some() {
  char buffer[65536];
  while (true) {
    const ssize_t got = ::recv(fd_, buffer, sizeof buffer, 0);
    if (got >= 0) {
      held_.append(buffer, static_cast<std::size_t>(got));
      return static_cast<std::size_t>(got);
    }
    if (errno != EAGAIN) return 0;
    if (!wait(POLLIN)) {
      throw std::runtime_error("the server sends nothing; so far: " + held_.substr(0, 200));
    }
  }
}

std::string LoopbackClient::read(std::size_t count) {
  while (held_.size() < count && read_some() > 0) {
  }
  std::string bytes = held_.substr(0, count);
  held_.erase(0, bytes.size());
  return bytes;
}

std::string LoopbackClient::read_until(std::string_view end) {
  std::size_t found = 0;
  while ((found = held_.find(end)) == std::string::npos) {
    if (read_some() == 0) throw std::runtime_error("the server closed; before: " + held_);
  }
  return read(found + end.size());
}

std::string LoopbackClient::read_answer() {
  std::string head = read_until("\r\n\r\n");
  const std::string_view name = "Content-Length: ";
  const auto at = head.find(name);
  if (at == std::string::npos) return head;
  return head + read(std::stoul(head.substr(at + name.size())));
}

std::string LoopbackClient::read_to_end() {
  while (read_some() > 0) {
  }
  return std::exchange(held_, {});
}

bool LoopbackClient::quiet() {
  char byte = 0;
  return held_.empty() && ::recv(fd_, &byte, 1, MSG_PEEK) < 0 && errno == EAGAIN;
}

namespace {

class ScriptedHandler final : public RequestHandler {
 public:
  explicit ScriptedHandler(Script script) : script_(std::move(script)) {}

  Reply handle_request(Connection& connection, const RequestBytes& request) override {
    const auto from = request.head.find(' ') + 1;
    return script_(connection,
                   {std::string(request.head.substr(from, request.head.find(' ', from) - from)),
                    std::string(request.body), request.keep_alive});
  }

 private:
  Script script_;
};

class ScriptedParked final : public Parked {
 public:
  explicit ScriptedParked(std::shared_ptr<ParkedEvents> events) : events_(std::move(events)) {}
  ~ScriptedParked() override { events_->destroyed.put(true); }

  void handle_parked(Connection& connection) override {
    connection_ = &connection;
    if (events_->on_parked) events_->on_parked(connection);
    events_->parked.put(&connection);
  }
  void handle_bytes(std::span<const char> bytes) override {
    const std::string text(bytes.data(), bytes.size());
    if (events_->on_bytes) events_->on_bytes(*connection_, text);
    events_->bytes.put(text);
  }
  const JoinForm* join_form() const override { return events_->join_form; }
  void handle_low_mark() override {
    if (events_->on_low_mark) events_->on_low_mark(*connection_);
  }
  void handle_peer_half_closed() override {
    if (events_->on_half_closed) events_->on_half_closed(*connection_);
    events_->half_closed.put(true);
  }
  void handle_closed(CloseReason reason) override { events_->closed.put(reason); }

 private:
  std::shared_ptr<ParkedEvents> events_;
  Connection* connection_ = nullptr;
};

}  // namespace

Io io_of_environment() {
  const char* const name = std::getenv("FRESHET_IO");
  if (name == nullptr) return Io::automatic;
  const std::optional<Io> io = io_named(name);
  if (!io) throw std::runtime_error(std::string("FRESHET_IO is ") + name);
  return *io;
}

LoopbackServer::LoopbackServer(Script script, LoopsOptions options) {
  options.loop.io = io_of_environment();
  if (options.loop_count == 0) options.loop_count = 1;
  const auto error =
      loops.start(options, [script](Loop&) { return std::make_unique<ScriptedHandler>(script); });
  if (!error.empty()) throw std::runtime_error(error);
}

void LoopbackServer::run(std::function<void(Loop&)> task) {
  std::promise<void> done;
  loops.loop(0).post([&] {
    try {
      task(loops.loop(0));
      done.set_value();
    } catch (...) {  // A failed REQUIRE belongs to the test's thread.
      done.set_exception(std::current_exception());
    }
  });
  auto result = done.get_future();
  if (result.wait_for(patience) != std::future_status::ready) {
    throw std::runtime_error("the loop does not turn");
  }
  result.get();
}

std::int64_t LoopbackServer::sum(std::atomic<std::int64_t> LoopCounters::* counter) {
  std::int64_t total = 0;
  for (std::size_t i = 0; i < loops.size(); ++i) total += loops.loop(i).counters().*counter;
  return total;
}

std::uint64_t LoopbackServer::sum(std::atomic<std::uint64_t> LoopCounters::* counter) {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < loops.size(); ++i) total += loops.loop(i).counters().*counter;
  return total;
}

LoopsOptions one_loop() {
  LoopsOptions options;
  options.listen.port = 0;
  options.loop_count = 1;
  return options;
}

std::string ok(std::string_view body, bool keep_alive) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) +
         (keep_alive ? "" : "\r\nConnection: close") + "\r\n\r\n" + std::string(body);
}

std::string get(std::string_view path) {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: a\r\n\r\n";
}

std::string post(std::string_view path, std::string_view body) {
  return "POST " + std::string(path) +
         " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

std::unique_ptr<Parked> scripted_parked(std::shared_ptr<ParkedEvents> events) {
  return std::make_unique<ScriptedParked>(std::move(events));
}

}  // namespace freshet::park
