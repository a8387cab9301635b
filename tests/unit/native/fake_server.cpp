#include "unit/native/fake_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <stdexcept>
#include <utility>

#include "wire/websocket_frame.h"

namespace freshet::test {

namespace {

void wait_for(const native::Descriptor& socket, short events, const char* what) {
  pollfd polled{.fd = socket.number(), .events = events, .revents = 0};
  const auto limit = std::chrono::duration_cast<std::chrono::milliseconds>(patience).count();
  if (poll(&polled, 1, static_cast<int>(limit)) != 1) throw std::runtime_error(what);
}

}  // namespace

std::string Peer::Request::header(std::string_view name) const {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  const std::string wanted = "\r\n" + std::string(name) + ": ";
  const auto found = std::search(head.begin(), head.end(), wanted.begin(), wanted.end(), same);
  if (found == head.end()) return {};
  const auto begin = static_cast<std::size_t>(found - head.begin()) + wanted.size();
  return head.substr(begin, head.find("\r\n", begin) - begin);
}

std::size_t Peer::read_some() {
  wait_for(socket_, POLLIN, "the client sends nothing");
  std::array<char, 16 * 1024> buffer;
  const ssize_t count = recv(socket_.number(), buffer.data(), buffer.size(), 0);
  if (count <= 0) return 0;
  read_ahead_.append(buffer.data(), static_cast<std::size_t>(count));
  return static_cast<std::size_t>(count);
}

Peer::Request Peer::read_request() {
  Request request;
  std::size_t end = 0;
  while ((end = read_ahead_.find("\r\n\r\n")) == std::string::npos) {
    if (read_some() == 0)
      throw std::runtime_error("the client hung up before its request was whole");
  }
  request.head = read(end + 4);
  if (const std::string length = request.header("Content-Length"); !length.empty()) {
    request.body = read(std::stoul(length));
  }
  return request;
}

std::string Peer::read(std::size_t count) {
  while (read_ahead_.size() < count) {
    if (read_some() == 0) throw std::runtime_error("the client hung up");
  }
  std::string bytes = read_ahead_.substr(0, count);
  read_ahead_.erase(0, count);
  return bytes;
}

bool Peer::read_end() {
  while (read_some() > 0) continue;
  return true;
}

void Peer::write(std::string_view bytes) {
  while (!bytes.empty()) {
    wait_for(socket_, POLLOUT, "the client takes nothing");
    const ssize_t count =
        send(socket_.number(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) throw std::runtime_error("the client hung up");
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

void Peer::reset() {
  const linger now{.l_onoff = 1, .l_linger = 0};
  setsockopt(socket_.number(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  socket_.reset();
}

Peer::Request Peer::accept_websocket() {
  Request request = read_request();
  write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: " +
      wire::websocket_accept(request.header("Sec-WebSocket-Key")) +
      "\r\nSec-WebSocket-Protocol: freshet.v1\r\n\r\n");
  return request;
}

void Peer::write_text(std::string_view text) {
  write(wire::encode_frame(wire::Opcode::text, text));
}

Peer::Frame Peer::read_frame() {
  const std::string start = read(2);
  const auto second = static_cast<unsigned char>(start[1]);
  if ((second & 0x80) == 0) throw std::runtime_error("the client's frame is not masked");
  std::size_t length = second & 0x7F;
  if (length >= 126) {
    const std::string more = read(length == 126 ? 2 : 8);
    length = 0;
    for (const char byte : more) length = length << 8 | static_cast<unsigned char>(byte);
  }
  const std::string mask = read(4);
  Frame frame{.opcode = static_cast<unsigned char>(start[0]) & 0x0Fu, .payload = read(length)};
  for (std::size_t i = 0; i < length; ++i) {
    frame.payload[i] = static_cast<char>(frame.payload[i] ^ mask[i % 4]);
  }
  return frame;
}

FakeServer::FakeServer() : listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{.sin_family = AF_INET,
                      .sin_port = 0,
                      .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
                      .sin_zero = {}};
  socklen_t size = sizeof address;
  if (bind(listener_.number(), reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_.number(), 64) != 0 ||
      getsockname(listener_.number(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no listener");
  }
  port_ = ntohs(address.sin_port);
}

native::Descriptor FakeServer::accept_socket() {
  wait_for(listener_, POLLIN, "no client connects");
  return native::Descriptor(accept4(listener_.number(), nullptr, nullptr, SOCK_CLOEXEC));
}

bool FakeServer::has_caller() const {
  pollfd polled{.fd = listener_.number(), .events = POLLIN, .revents = 0};
  return poll(&polled, 1, 0) == 1;
}

}  // namespace freshet::test
