#include "setting.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <system_error>

namespace freshet::bench {

PeerPaths Setting::paths(const std::filesystem::path& scratch) const {
  return {.freshet = program,
          .bench = std::filesystem::read_symlink("/proc/self/exe").string(),
          .scripts = scripts,
          .cache = cache,
          .scratch = scratch};
}

std::optional<Peer> Setting::wanted_peer(const std::string& name, const PeerPaths& paths) const {
  if (!systems.empty() && std::find(systems.begin(), systems.end(), name) == systems.end()) {
    return std::nullopt;
  }
  auto peer = make_peer(name, paths);
  if (!peer) std::printf("%s is not installed (bench/peers/setup.sh): left out\n", name.c_str());
  return peer;
}

Scratch::Scratch()
    : folder_(std::filesystem::temp_directory_path() /
              ("freshet-bench-" + std::to_string(::getpid()))) {
  std::filesystem::create_directories(folder_);
}

Scratch::~Scratch() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

}  // namespace freshet::bench
