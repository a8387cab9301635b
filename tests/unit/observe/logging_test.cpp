#include "observe/logging.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::server {
namespace {

TEST_CASE("a log level that is none is refused with those that are", "[observe]") {
  const auto started = start_logging("loud");
  REQUIRE_FALSE(started);
  CHECK(started.error().message ==
        "'loud' is not a log level: trace, debug, info, warn, error, off");
  CHECK(start_logging("off"));
}

}  // namespace
}  // namespace freshet::server
