// What every comparison is run with: which servers, where they are, how often, on which cores.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "peer.h"

namespace freshet::bench {

inline constexpr int server_core = 0;
inline constexpr int load_core = 1;

struct Setting {
  std::string program;               // Our server.
  std::filesystem::path scripts;     // bench/peers.
  std::filesystem::path cache;       // What its setup.sh installed.
  std::filesystem::path results;     // Folder for NAME.json and NAME.svg; empty: none.
  std::vector<std::string> systems;  // Only these; empty: all that are installed.
  std::size_t rounds = 5;            // Measured; one more goes before them.

  PeerPaths paths(const std::filesystem::path& scratch) const;

  // Makes a System of each of `names` that is wanted and installed; says which are not. The ports
  // of one are chosen when it is its turn: connections to those before it take ports too.
  template <typename System>
  std::vector<std::unique_ptr<System>> start(const std::vector<std::string>& names,
                                             const PeerPaths& paths) const {
    std::vector<std::unique_ptr<System>> started;
    for (const std::string& name : names) {
      if (auto peer = wanted_peer(name, paths)) {
        started.push_back(std::make_unique<System>(*std::move(peer)));
      }
    }
    return started;
  }

  std::optional<Peer> wanted_peer(const std::string& name, const PeerPaths& paths) const;
};

// A folder for the servers' configuration files; goes with this.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& folder() const { return folder_; }

 private:
  std::filesystem::path folder_;
};

}  // namespace freshet::bench
