#include "observe/metrics.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::server {
namespace {

TEST_CASE("a family is its help, its type and its samples", "[observe]") {
  MetricsText text;
  text.family("freshet_subscribers", "gauge", "Open streams.");
  text.sample(std::int64_t{3}, {{"transport", "sse"}});
  text.sample(std::int64_t{0}, {{"transport", "websocket"}, {"loop", "1"}});
  text.family("freshet_up", "gauge", "Whether it runs.");
  text.sample(0.5);
  CHECK(text.text() ==
        "# HELP freshet_subscribers Open streams.\n"
        "# TYPE freshet_subscribers gauge\n"
        "freshet_subscribers{transport=\"sse\"} 3\n"
        "freshet_subscribers{transport=\"websocket\",loop=\"1\"} 0\n"
        "# HELP freshet_up Whether it runs.\n"
        "# TYPE freshet_up gauge\n"
        "freshet_up 0.5\n");
}

TEST_CASE("label values are escaped", "[observe]") {
  MetricsText text;
  text.family("m", "gauge", "Help.");
  text.sample(std::int64_t{1}, {{"l", "a\"b\\c\nd"}});
  CHECK(text.text().ends_with("m{l=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST_CASE("a count goes up and down", "[observe]") {
  Count count;
  count.add();
  count.add(4);
  count.add(-2);
  CHECK(count.value() == 3);
  count.set(7);
  CHECK(count.value() == 7);
}

}  // namespace
}  // namespace freshet::server
