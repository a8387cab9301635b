#include "integration/server_fixture.h"

#include <charconv>
#include <stdexcept>
#include <utility>

#include "compress/inflater.h"

namespace freshet::tests {
namespace {

app::ServerOptions for_test(app::ServerOptions options) {
  options.port = 0;
  options.loops = 2;
  options.connection.io = park::io_of_environment();
  return options;
}

std::string inflated(std::string_view bytes) {
  auto plain = server::Inflater().inflate(bytes, 64 << 20);
  if (!plain) throw std::runtime_error("not DEFLATE data: " + plain.error().message);
  return *std::move(plain);
}

}  // namespace

std::string between(std::string_view text, std::string_view before, std::string_view after) {
  const std::size_t start = text.find(before);
  if (start == std::string_view::npos) return {};
  text.remove_prefix(start + before.size());
  return std::string(text.substr(0, text.find(after)));
}

std::size_t count_of(std::string_view text, std::string_view what) {
  std::size_t count = 0;
  for (std::size_t at = text.find(what); at != std::string_view::npos;
       at = text.find(what, at + what.size())) {
    ++count;
  }
  return count;
}

std::string request_text(std::string_view method, std::string_view target, std::string_view headers,
                         std::string_view body) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: test\r\n");
  text.append(headers);
  if (method == "POST") text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  return text.append("\r\n").append(body);
}

std::vector<std::string> get_at_once(TestServer& server, const std::vector<std::string>& targets) {
  std::string requests;
  for (const std::string& target : targets) requests += request_text("GET", target);
  park::LoopbackClient client = server.connect();
  client.send(requests);
  std::vector<std::string> answers;
  for (std::size_t i = 0; i < targets.size(); ++i) answers.push_back(client.read_answer());
  return answers;
}

std::string handshake_text(std::string_view target, std::string_view headers) {
  return request_text("GET", target,
                      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
                      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                      "Sec-WebSocket-Version: 13\r\n" +
                          std::string(headers));
}

WebSocketPeer::WebSocketPeer(std::uint16_t port, std::string_view target, std::string_view headers)
    : client_(port) {
  client_.send(handshake_text(target, headers));
  answer_ = client_.read_until("\r\n\r\n");
  if (!answer_.starts_with("HTTP/1.1 101 ")) throw std::runtime_error("no upgrade: " + answer_);
}

void WebSocketPeer::send(wire::Opcode opcode, std::string_view payload) {
  client_.send(wire::encode_masked_frame(opcode, payload, 0x12345678));
}

WebSocketPeer::Frame WebSocketPeer::next() {
  const auto byte = [](char c) { return static_cast<unsigned char>(c); };
  const std::string head = client_.read(2);
  if (head.size() < 2) throw std::runtime_error("the server ended the connection");
  const bool compressed = byte(head[0]) & 0x40;
  if ((byte(head[0]) & 0xB0) != 0x80 || (byte(head[1]) & 0x80) != 0) {
    throw std::runtime_error("a server's frame is whole and unmasked");
  }
  if (compressed && answer_.find("permessage-deflate") == std::string::npos) {
    throw std::runtime_error("a frame is compressed that must not be");
  }
  std::uint64_t length = byte(head[1]);
  if (length >= 126) {
    const std::string digits = client_.read(length == 126 ? 2 : 8);
    length = 0;
    for (const char digit : digits) length = length << 8 | byte(digit);
  }
  Frame frame{static_cast<wire::Opcode>(byte(head[0]) & 15), client_.read(length), 0, compressed};
  if (compressed) frame.payload = inflated(frame.payload);
  if (frame.opcode == wire::Opcode::close && frame.payload.size() >= 2) {
    frame.close_code =
        static_cast<std::uint16_t>(byte(frame.payload[0]) << 8 | byte(frame.payload[1]));
    frame.payload.erase(0, 2);
  }
  return frame;
}

std::string WebSocketPeer::next_with(std::string_view part) {
  for (;;) {
    Frame frame = next();
    if (frame.opcode == wire::Opcode::close) {
      throw std::runtime_error("closed with " + std::to_string(frame.close_code) + " before " +
                               std::string(part));
    }
    if (frame.payload.find(part) != std::string::npos) return std::move(frame.payload);
  }
}

std::uint16_t WebSocketPeer::close_code() {
  for (;;) {
    const Frame frame = next();
    if (frame.opcode == wire::Opcode::close) return frame.close_code;
  }
}

TestServer::TestServer(app::ServerOptions options) : server_(for_test(std::move(options))) {
  if (const auto started = server_.start(); !started) {
    throw std::runtime_error(started.error().message);
  }
}

std::string TestServer::get(std::string_view target, std::string_view headers) {
  park::LoopbackClient client = connect();
  client.send(request_text("GET", target, "Connection: close\r\n" + std::string(headers)));
  return client.read_to_end();
}

std::string TestServer::post(std::string_view target, std::string_view body,
                             std::string_view headers) {
  park::LoopbackClient client = connect();
  client.send(request_text("POST", target, "Connection: close\r\n" + std::string(headers), body));
  return client.read_to_end();
}

std::uint64_t TestServer::publish(std::string_view topic, std::string_view data) {
  const std::string answer = post("/v1/topics/" + std::string(topic), data);
  const std::string id = between(answer, "{\"id\":", ",");
  std::uint64_t value = 0;
  if (std::from_chars(id.data(), id.data() + id.size(), value).ec != std::errc{}) {
    throw std::runtime_error("not published: " + answer);
  }
  return value;
}

}  // namespace freshet::tests
