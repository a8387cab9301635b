// HTTP clients on kept-alive connections that ask and take whole answers, for request measurements.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "connections.h"

namespace freshet::bench {

// One thread. Throws std::runtime_error when an answer has no status of 200 to 299, or does not
// come within 30 s.
class Exchange {
 public:
  Exchange(std::uint16_t port, std::size_t clients);

  void ask(std::size_t client, const std::string& request);

  // Gives each whole answer, head and body, to `on_answer`, which may ask again; returns once
  // `count` have come.
  using OnAnswer = std::function<void(std::size_t client, std::string_view answer)>;
  void take(std::uint64_t count, const OnAnswer& on_answer);

  std::size_t size() const { return clients_.size(); }

 private:
  Connections clients_;
  std::vector<std::string> received_;  // Of each the answer that is not whole yet.
};

// The value of a header of an answer; empty if it has none of that name. Case counts.
std::string_view answer_header(std::string_view answer, std::string_view name);

}  // namespace freshet::bench
