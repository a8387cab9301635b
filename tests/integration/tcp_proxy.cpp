#include "integration/tcp_proxy.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>
#include <vector>

#include "integration/loopback.h"

namespace freshet::tests {
namespace {

native::Descriptor new_socket() {
  return native::Descriptor(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

void send_at_once(const native::Descriptor& socket) {
  const int on = 1;
  setsockopt(socket.number(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

// The bytes of the first answer in `text` with its head and body, if it is whole. Enough HTTP for
// our own server: a body is counted, chunked, or there is none.
std::optional<std::size_t> whole_answer(std::string_view text) {
  const std::size_t head_end = text.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return std::nullopt;
  const std::string_view head = text.substr(0, head_end + 2);
  const std::size_t body = head_end + 4;
  if (head.find("\r\nTransfer-Encoding: chunked\r\n") != std::string_view::npos) {
    constexpr std::string_view last_chunk = "\r\n0\r\n\r\n";
    const std::size_t last = text.find(last_chunk, head_end + 2);
    if (last == std::string_view::npos) return std::nullopt;
    return last + last_chunk.size();
  }
  constexpr std::string_view name = "\r\nContent-Length: ";
  const std::size_t field = head.find(name);
  std::size_t length = 0;
  if (field != std::string_view::npos) {
    std::from_chars(head.data() + field + name.size(), head.data() + head.size(), length);
  }
  return text.size() >= body + length ? std::optional(body + length) : std::nullopt;
}

}  // namespace

TcpProxy::TcpProxy(std::uint16_t target)
    : listener_(new_socket()), wake_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  orders_.target = target;
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (bind(listener_.number(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_.number(), 4096) != 0 ||
      getsockname(listener_.number(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port for the proxy");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
  order([](Orders& orders) { orders.ended = true; });
  thread_.join();
}

template <typename Change>
void TcpProxy::order(Change change) {
  {
    const std::lock_guard lock(mutex_);
    change(orders_);
  }
  eventfd_write(wake_.number(), 1);
}

void TcpProxy::set_target(std::uint16_t target) {
  order([&](Orders& orders) { orders.target = target; });
}
void TcpProxy::block(std::string path) {
  order([&](Orders& orders) { orders.blocked = std::move(path); });
}
void TcpProxy::cut() {
  order([](Orders& orders) { orders.cut = true; });
}
void TcpProxy::stall(Side side) {
  order([&](Orders& orders) {
    (side == Side::client ? orders.stall_client : orders.stall_server) = true;
  });
}
void TcpProxy::stall() {
  order([](Orders& orders) { orders.stall_client = orders.stall_server = true; });
}
void TcpProxy::half_close(Side side) {
  order([&](Orders& orders) {
    (side == Side::client ? orders.close_client : orders.close_server) = true;
  });
}
void TcpProxy::freeze(bool frozen) {
  order([&](Orders& orders) { orders.frozen = frozen; });
}
void TcpProxy::hold_answers(bool held) {
  order([&](Orders& orders) { orders.held = held; });
}
void TcpProxy::delay(std::chrono::milliseconds delay) {
  order([&](Orders& orders) { orders.delay = delay; });
}

TcpProxy::Orders TcpProxy::take_orders() {
  const std::lock_guard lock(mutex_);
  Orders taken = orders_;
  orders_.cut = false;
  orders_.stall_client = orders_.stall_server = false;
  orders_.close_client = orders_.close_server = false;
  return taken;
}

void TcpProxy::run() {
  for (;;) {
    const Orders orders = take_orders();
    if (orders.ended) return;
    obey(orders);
    std::vector<pollfd> polled{{.fd = wake_.number(), .events = POLLIN, .revents = 0},
                               {.fd = listener_.number(), .events = POLLIN, .revents = 0}};
    for (const Pair& pair : pairs_) {
      // poll() passes over what is -1.
      const bool read = !orders.frozen && !pair.finishing;
      const int client = read && !pair.to_server.stalled ? pair.client.number() : -1;
      const int server = read && !pair.to_client.stalled ? pair.server.number() : -1;
      polled.push_back({.fd = client, .events = POLLIN, .revents = 0});
      polled.push_back({.fd = server, .events = POLLIN, .revents = 0});
    }
    poll(polled.data(), polled.size(), orders.frozen ? -1 : timeout_ms());
    if (polled[0].revents != 0) {
      eventfd_t ignored = 0;
      eventfd_read(wake_.number(), &ignored);
      continue;
    }
    std::size_t at = 2;
    for (Pair& pair : pairs_) {
      const bool from_client = polled[at++].revents != 0;
      const bool from_server = polled[at++].revents != 0;
      if (from_client && !pair.server) {
        open(pair, orders);
      } else if (from_client) {
        read(pair, Side::client, orders);
      }
      if (from_server && !pair.over) read(pair, Side::server, orders);
      if (!orders.frozen) pass_due(pair, std::chrono::steady_clock::now());
    }
    std::erase_if(pairs_, [](const Pair& pair) { return pair.over; });
    if (polled[1].revents != 0) accept();
  }
}

void TcpProxy::obey(const Orders& orders) {
  if (orders.cut) pairs_.clear();
  for (Pair& pair : pairs_) {
    pair.to_client.stalled |= orders.stall_client;
    pair.to_server.stalled |= orders.stall_server;
    if (orders.close_client && !std::exchange(pair.to_client.ended, true)) {
      shutdown(pair.client.number(), SHUT_WR);
    }
    if (orders.close_server && pair.server && !std::exchange(pair.to_server.ended, true)) {
      shutdown(pair.server.number(), SHUT_WR);
    }
    release(pair, orders);
  }
}

void TcpProxy::accept() {
  native::Descriptor client(accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
  if (!client) return;
  send_at_once(client);
  Pair& pair = pairs_.emplace_back();
  pair.client = std::move(client);
}

// The client's first bytes are there: looks at them and lets them stay.
void TcpProxy::open(Pair& pair, const Orders& orders) {
  std::array<char, 256> start;
  const ssize_t count = recv(pair.client.number(), start.data(), start.size(), MSG_PEEK);
  pair.over = true;
  if (count <= 0) return;
  std::string_view request(start.data(), static_cast<std::size_t>(count));
  request.remove_prefix(std::min(request.find(' ') + 1, request.size()));
  if (!orders.blocked.empty() && request.starts_with(orders.blocked)) return;
  pair.server = new_socket();
  const sockaddr_in address = loopback(orders.target);
  const auto* const plain = reinterpret_cast<const sockaddr*>(&address);
  if (connect(pair.server.number(), plain, sizeof address) != 0) return;
  send_at_once(pair.server);
  pair.over = false;
}

void TcpProxy::read(Pair& pair, Side from, const Orders& orders) {
  const native::Descriptor& source = from == Side::client ? pair.client : pair.server;
  std::array<char, 16 * 1024> buffer;
  const ssize_t count = recv(source.number(), buffer.data(), buffer.size(), 0);
  if (count <= 0) {
    pair.finishing = true;
    // What is held of an answer now will not be more.
    pair.to_client.waiting.push_back(
        {std::chrono::steady_clock::now(), std::exchange(pair.answer, {})});
    return;
  }
  std::string bytes(buffer.data(), static_cast<std::size_t>(count));
  if (from == Side::client) {
    const Instant due = std::chrono::steady_clock::now() + orders.delay;
    pair.to_server.waiting.push_back({due, std::move(bytes)});
  } else {
    pair.answer += bytes;
    release(pair, orders);
  }
}

// Lets go what the server sent, as far as it may pass.
void TcpProxy::release(Pair& pair, const Orders& orders) {
  while (!pair.answer.empty()) {
    if (pair.answer.starts_with("HTTP/1.1 101 ")) pair.upgraded = true;
    std::size_t bytes = pair.answer.size();
    if (orders.held && !pair.upgraded) {
      const auto whole = whole_answer(pair.answer);
      if (!whole) return;
      bytes = *whole;
    }
    const Instant due = std::chrono::steady_clock::now() + orders.delay;
    pair.to_client.waiting.push_back({due, pair.answer.substr(0, bytes)});
    pair.answer.erase(0, bytes);
  }
}

void TcpProxy::pass_due(Pair& pair, Instant now) {
  const auto pass = [&](Way& way, const native::Descriptor& to) {
    while (!way.stalled && !way.waiting.empty() && way.waiting.front().due <= now && !pair.over) {
      const std::string& bytes = way.waiting.front().bytes;
      // What comes after an end is lost.
      if (!way.ended && send(to.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL) !=
                            static_cast<ssize_t>(bytes.size())) {
        pair.over = true;
      }
      way.waiting.pop_front();
    }
  };
  pass(pair.to_client, pair.client);
  pass(pair.to_server, pair.server);
  const auto idle = [](const Way& way) { return way.stalled || way.waiting.empty(); };
  if (pair.finishing && idle(pair.to_client) && idle(pair.to_server)) pair.over = true;
}

int TcpProxy::timeout_ms() const {
  std::optional<Instant> first;
  for (const Pair& pair : pairs_) {
    for (const Way* way : {&pair.to_client, &pair.to_server}) {
      if (way->stalled || way->waiting.empty()) continue;
      first = std::min(first.value_or(Instant::max()), way->waiting.front().due);
    }
  }
  if (!first) return -1;
  const auto left =
      std::chrono::ceil<std::chrono::milliseconds>(*first - std::chrono::steady_clock::now());
  return std::max(0, static_cast<int>(left.count()));
}

}  // namespace freshet::tests
