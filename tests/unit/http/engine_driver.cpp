#include "unit/http/engine_driver.h"

#include <stdexcept>

namespace freshet::server {

int Answered::status() const { return std::stoi(bytes.substr(9, 3)); }

std::string_view Answered::head() const {
  return std::string_view(bytes).substr(0, bytes.find("\r\n\r\n") + 2);
}

std::string_view Answered::body() const {
  return std::string_view(bytes).substr(bytes.find("\r\n\r\n") + 4);
}

std::string_view Answered::header(std::string_view name) const {
  const std::string line = "\r\n" + std::string(name) + ": ";
  const auto at = head().find(line);
  if (at == std::string_view::npos) return {};
  const auto value = head().substr(at + line.size());
  return value.substr(0, value.find("\r\n"));
}

bool Answered::has_header(std::string_view name) const {
  return head().find("\r\n" + std::string(name) + ": ") != std::string_view::npos;
}

bool Answered::tells_the_truth() const {
  return (header("Connection") == "close") == !keep_alive && !has_header("Keep-Alive");
}

Answered ask(HttpEngine& engine, std::string input) {
  const park::FramerLimits limits;
  park::Framer framer(limits);
  if (framer.advance(input) != park::Framer::State::whole || framer.consumed() != input.size()) {
    throw std::runtime_error("not one request: " + input);
  }
  auto reply = engine.process(framer.request(input));
  return {std::move(reply.bytes), reply.keep_alive, std::move(reply.parked), reply.mode};
}

std::string get_request(std::string_view target, std::string_view headers) {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: live.example.com\r\n" +
         std::string(headers) + "\r\n";
}

std::string post_request(std::string_view target, std::string_view body, std::string_view headers) {
  return "POST " + std::string(target) +
         " HTTP/1.1\r\nHost: live.example.com\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + std::string(headers) + "\r\n" + std::string(body);
}

void with_request(std::string_view pattern, const std::string& input,
                  const std::function<void(const Request&)>& see) {
  HttpEngine engine;
  bool seen = false;
  const auto handler = [&](const Request& request, Response&) {
    seen = true;
    see(request);
  };
  engine.get(std::string(pattern), handler);
  engine.post(std::string(pattern), handler);
  const auto answered = ask(engine, input);
  if (!seen) throw std::runtime_error("no handler ran: " + answered.bytes);
}

}  // namespace freshet::server
