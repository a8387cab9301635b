// Publishes in order with a bounded number under way, for the subcommands that publish.
#pragma once

#include <deque>
#include <future>
#include <string>
#include <string_view>

#include "app/client_command.h"
#include "freshet/client.h"

namespace freshet::app {

// Threads: the one that made it.
class PublishPipe {
 public:
  PublishPipe(std::string_view command, Client& client, Ending& ending, bool prints_ids = true)
      : command_(command), client_(client), ending_(ending), prints_ids_(prints_ids) {}

  // Waits while too many are under way. Does nothing once over(). `origin` ("line 3") stands before
  // what is said of a failure.
  void publish(std::string topic, std::string json, std::string origin = {});
  // Whether a publish has failed or the program is to end.
  bool over();
  // Waits for every answer, then gives the program's code.
  ExitCode finish();

 private:
  // Below the client's own queue, so that it is never full.
  static constexpr std::size_t under_way_max = 64;

  void take_first();

  std::string command_;
  Client& client_;
  Ending& ending_;
  bool prints_ids_;
  struct UnderWay {
    std::future<Result<Ack>> outcome;
    std::string origin;
  };
  std::deque<UnderWay> under_way_;
  std::optional<ExitCode> code_;
};

}  // namespace freshet::app
