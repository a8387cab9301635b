// A thousand native clients over all transports, and a server that is killed and started again.
#include <catch2/catch_test_macros.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "integration/program.h"
#include "paths.h"

namespace freshet::tests {
namespace {

// `freshet herd --real` ends with 1 when a message was lost in silence, came twice, or did not
// reach everybody in the end.
nlohmann::json herd(const std::string& transport, const std::string& clients,
                    const std::string& rate) {
  Program program{{program_path, "herd", "--real", clients, "--transport", transport, "--rate",
                   rate, "--down", "500ms", "--json"}};
  const std::string output = program.read_to_end();
  CHECK(program.wait() == 0);
  return nlohmann::json::parse(output)["results"][0];
}

TEST_CASE("a thousand clients of all transports come back to a killed server, and miss nothing",
          "[herd][native]") {
  const nlohmann::json result = herd("mixed", "1000", "500");
  CHECK(result["recovered"] == 1'000);
  CHECK(result["gave_up"] == 0);
}

TEST_CASE("many more clients than the rate allows each have a slot, and all come back",
          "[herd][native]") {
  for (const char* transport : {"websocket", "sse", "long-polling"}) {
    INFO(transport);
    CHECK(herd(transport, "200", "50")["recovered"] == 200);
  }
}

}  // namespace
}  // namespace freshet::tests
