#include "exchange.h"

#include <charconv>
#include <chrono>
#include <stdexcept>

namespace freshet::bench {

namespace {

// Its length once all of it is there, else 0.
std::size_t whole_answer(std::string_view bytes) {
  const std::size_t head_end = bytes.find("\r\n\r\n");
  if (head_end == std::string_view::npos) return 0;
  const std::string_view head = bytes.substr(0, head_end + 2);
  const std::string_view length = answer_header(head, "Content-Length");
  std::size_t end = head_end + 4;
  if (!length.empty()) {
    std::size_t body = 0;
    std::from_chars(length.data(), length.data() + length.size(), body);
    end += body;
  } else if (answer_header(head, "Transfer-Encoding") == "chunked") {
    const std::size_t last = bytes.find("\r\n0\r\n\r\n", head_end);
    if (last == std::string_view::npos) return 0;
    end = last + 7;
  }
  return bytes.size() >= end ? end : 0;
}

}  // namespace

Exchange::Exchange(std::uint16_t port, std::size_t clients) : clients_(port), received_(clients) {
  clients_.open(clients, {});
}

void Exchange::ask(std::size_t client, const std::string& request) {
  clients_.send(client, request);
}

void Exchange::take(std::uint64_t count, const OnAnswer& on_answer) {
  using Clock = std::chrono::steady_clock;
  const auto deadline = Clock::now() + std::chrono::seconds(30);
  const auto on_bytes = [&](std::size_t client, std::string_view bytes) {
    std::string& text = received_[client];
    text += bytes;
    const std::size_t size = whole_answer(text);
    if (size == 0) return;
    if (text.find(" 2") != std::string_view("HTTP/1.1").size()) {
      throw std::runtime_error("refused: " + text);
    }
    const std::string answer = text.substr(0, size);
    text.erase(0, size);
    --count;
    on_answer(client, answer);
  };
  while (count > 0) {
    clients_.receive(100, on_bytes);
    if (Clock::now() > deadline) {
      throw std::runtime_error(std::to_string(count) + " answers are missing");
    }
  }
}

std::string_view answer_header(std::string_view answer, std::string_view name) {
  const std::string line = "\r\n" + std::string(name) + ": ";
  const std::size_t begin = answer.find(line);
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = answer.substr(begin + line.size());
  return rest.substr(0, rest.find("\r\n"));
}

}  // namespace freshet::bench
