// A thousand native clients over all transports, and a server that is killed and started again.
#include <catch2/catch_test_macros.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "integration/program.h"
#include "paths.h"

namespace freshet::tests {
namespace {

// `freshet herd --real` ends with 1 when a message was lost in silence, came twice, or did not
// reach everybody in the end.
std::unique_ptr<Program> herd(const std::string& transport, const std::string& clients,
                              const std::string& rate) {
  return std::make_unique<Program>(
      std::vector<std::string>{program_path, "herd", "--real", clients, "--transport", transport,
                               "--rate", rate, "--down", "500ms", "--ping", "1s", "--json"});
}

nlohmann::json result_of(Program& herd) {
  const std::string output = herd.read_to_end();
  CHECK(herd.wait() == 0);
  return nlohmann::json::parse(output)["results"][0];
}

TEST_CASE("a thousand clients of all transports come back to a killed server, and miss nothing",
          "[herd][native]") {
  const nlohmann::json result = result_of(*herd("mixed", "1000", "500"));
  CHECK(result["recovered"] == 1'000);
  CHECK(result["gave_up"] == 0);
}

TEST_CASE("many more clients than the rate allows each have a slot, and all come back",
          "[herd][native]") {
  // They wait for their slots nearly all the time, so all herds do it at once.
  std::vector<std::unique_ptr<Program>> herds;
  for (const char* transport : {"websocket", "sse", "long-polling"}) {
    herds.push_back(herd(transport, "200", "50"));
  }
  for (const auto& herd : herds) CHECK(result_of(*herd)["recovered"] == 200);
}

}  // namespace
}  // namespace freshet::tests
