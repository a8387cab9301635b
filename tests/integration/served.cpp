#include "integration/served.h"

#include <signal.h>

#include <fstream>
#include <stdexcept>

#include "paths.h"

namespace freshet::tests {
namespace {

std::vector<std::string> command(const std::vector<std::string>& flags, const std::string& listen) {
  std::vector<std::string> words{program_path, "serve", "--listen", listen, "--log-level", "off"};
  words.insert(words.end(), flags.begin(), flags.end());
  return words;
}

}  // namespace

Served::Served(const std::vector<std::string>& flags, const std::string& listen)
    : program_(command(flags, listen)) {
  // "freshet 0.1.0 listening on http://127.0.0.1:40123"
  const std::string said = program_.read_line();
  const auto address = said.find("http://");
  if (address == std::string::npos) throw std::runtime_error("the server says: " + said);
  url_ = said.substr(address);
  port_ = static_cast<std::uint16_t>(std::stoul(url_.substr(url_.rfind(':') + 1)));
}

unsigned Served::thread_count() const {
  std::ifstream status("/proc/" + std::to_string(program_.id()) + "/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("Threads:")) return static_cast<unsigned>(std::stoul(line.substr(8)));
  }
  return 0;
}

int Served::stop() {
  program_.signal(SIGTERM);
  return program_.wait();
}

}  // namespace freshet::tests
