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

std::vector<Peer> Setting::peers(const std::vector<std::string>& names,
                                 const PeerPaths& paths) const {
  std::vector<Peer> found;
  for (const std::string& name : names) {
    if (!systems.empty() && std::find(systems.begin(), systems.end(), name) == systems.end()) {
      continue;
    }
    auto peer = make_peer(name, paths);
    if (peer) {
      found.push_back(*std::move(peer));
    } else {
      std::printf("%s is not installed (bench/peers/setup.sh): left out\n", name.c_str());
    }
  }
  return found;
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
