// The paths of the server and what /metrics tells, without a socket.
#include "transport/routes.h"

#include <catch2/catch_test_macros.hpp>
#include <regex>
#include <set>
#include <string>
#include <utility>

#include "log/memory_log.h"
#include "unit/http/engine_driver.h"

namespace freshet::server {
namespace {

// A loop that is never run: what answers at once needs none.
struct Rig {
  Rig() { add_routes(engine, live); }

  Answered get(std::string_view target) { return ask(engine, get_request(target)); }
  Answered post(std::string_view target, std::string_view body) {
    return ask(engine, post_request(target, body));
  }

  MemoryLog log{1};
  ServerContext context{log};
  park::Loop loop{park::LoopOptions{}};
  LiveLoop live{loop, context};
  HttpEngine engine;
};

TEST_CASE("it is alive always, and ready until it drains", "[transport][routes]") {
  Rig rig;
  CHECK(rig.get("/healthz").body() == "ok\n");
  CHECK(rig.get("/readyz").status() == 200);
  rig.context.draining = true;
  CHECK(rig.get("/healthz").status() == 200);
  CHECK(rig.get("/readyz").status() == 503);
}

TEST_CASE("history is the newest of a topic and where to go on", "[transport][routes]") {
  Rig rig;
  for (const char* topic : {"a", "b", "a", "a"}) {
    rig.post("/v1/topics/" + std::string(topic), "1");
  }
  const auto ids = [&](std::string_view query) {
    const Answered answered = rig.get("/v1/topics/a/messages" + std::string(query));
    REQUIRE(answered.status() == 200);
    CHECK(answered.body().ends_with("],\"cursor\":\"" + rig.log.epoch() + ":4\"}"));
    std::string found;
    const std::string body(answered.body());
    const std::regex id("\\{\"id\":(\\d+)");
    for (std::sregex_iterator at(body.begin(), body.end(), id), end; at != end; ++at) {
      found += at->str(1) + " ";
    }
    return found;
  };
  CHECK(ids("") == "1 3 4 ");
  CHECK(ids("?limit=2") == "3 4 ");
  CHECK(ids("?before=4") == "1 3 ");
  CHECK(ids("?before=other:4") == "");
  for (const char* wrong : {"limit=0", "limit=1001", "limit=x", "before=0", "before=x"}) {
    INFO(wrong);
    CHECK(rig.get("/v1/topics/a/messages?" + std::string(wrong)).status() == 400);
  }
  CHECK(rig.context.counts.limits.of(LimitName::history_messages).value() == 1);
}

TEST_CASE("a history over its bytes holds the newest that fit, and says that there are more",
          "[transport][routes]") {
  Rig rig;
  for (int i = 0; i < 5; ++i) rig.post("/v1/topics/a", "\"0123456789\"");
  const auto messages = [&](std::string_view query, std::size_t bytes_max) {
    rig.context.limits.history_bytes_max = bytes_max;
    const std::string body(rig.get("/v1/topics/a/messages" + std::string(query)).body());
    const auto list = body.find('[') + 1;
    return body.substr(list, body.find(']') - list) +
           (body.find("],\"more\":true,\"cursor\":") == std::string::npos ? "" : " more");
  };
  const auto reached = [&] {
    return rig.context.counts.limits.of(LimitName::history_bytes).value();
  };
  const auto frame = [&](std::uint64_t id) {
    return std::as_const(rig.log).history("a", id + 1, 1).front()->frame;
  };
  const std::size_t size = frame(5).size();
  CHECK(messages("?limit=2", 2 * size) == frame(4) + "," + frame(5));
  CHECK(messages("", 5 * size).find("more") == std::string::npos);
  CHECK(reached() == 0);
  CHECK(messages("", 3 * size - 1) == frame(4) + "," + frame(5) + " more");
  CHECK(messages("?before=4", 3 * size - 1) == frame(2) + "," + frame(3) + " more");
  CHECK(messages("?before=2", 3 * size - 1) == frame(1));
  CHECK(reached() == 2);
  // A message alone is given whatever its size.
  CHECK(messages("", 1) == frame(5) + " more");
}

TEST_CASE("metrics are families that each come once, with help and type", "[transport][routes]") {
  Rig rig;
  rig.context.overload.add(5);
  const Answered answered = rig.get("/metrics");
  CHECK(answered.header("Content-Type") == metrics_content_type);
  const std::string text(answered.body());
  std::set<std::string> families;
  const std::regex type("# TYPE (\\S+) (counter|gauge)\n");
  for (std::sregex_iterator at(text.begin(), text.end(), type), end; at != end; ++at) {
    INFO(at->str(1));
    CHECK(families.insert(at->str(1)).second);
    CHECK(text.find("# HELP " + at->str(1) + " ") != std::string::npos);
    CHECK(at->str(1).ends_with("_total") == (at->str(2) == "counter"));
  }
  CHECK(families.size() > 15);
  CHECK(text.find("\nfreshet_outbox_bytes 5\n") != std::string::npos);
  for (const std::string_view limit : limit_names) {
    INFO(limit);
    CHECK(text.find("freshet_limit_reached_total{limit=\"" + std::string(limit) + "\"} 0\n") !=
          std::string::npos);
  }
}

}  // namespace
}  // namespace freshet::server
