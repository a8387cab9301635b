// Who is refused is told in the form that it can read.
#include "transport/refusal.h"

#include <catch2/catch_test_macros.hpp>
#include <string>
#include <string_view>

#include "unit/http/engine_driver.h"
#include "wire/endpoints.h"

namespace freshet::server {
namespace {

// What a client gets whose request the handler refuses.
Answered refused(const std::string& request, const Handler& refuse) {
  HttpEngine engine;
  engine.get("/v1/:way", refuse);
  return ask(engine, request);
}

const Error fault{ErrorCode::invalid_pattern, "'a..b' is not a pattern"};

Answered sse_fault(std::string_view query) {
  return refused(
      get_request("/v1/sse" + std::string(query)),
      [](const Request& request, Response& response) { refuse_sse(request, response, fault); });
}

Answered sse_busy(std::string_view query, std::string_view headers = {}) {
  return refused(get_request("/v1/sse" + std::string(query), headers),
                 [](const Request& request, Response& response) {
                   refuse_sse_busy(request, response, {.delay = Duration{2'100}, .ticket = "t1"});
                 });
}

TEST_CASE("a faulty request for events is told by the status, an SDK inside the stream",
          "[transport][refusal]") {
  const Answered bare = sse_fault("?pattern=a..b");
  CHECK(bare.status() == 400);
  CHECK(bare.body().find("\"code\":\"invalid_pattern\"") != std::string_view::npos);

  const Answered sdk = sse_fault("?pattern=a..b&sdk=x");
  CHECK(sdk.status() == 200);
  CHECK(sdk.header("Content-Type") == "text/event-stream");
  CHECK(sdk.tells_the_truth());
  CHECK(sdk.body().find("\"op\":\"error\"") < sdk.body().find("\"op\":\"close\",\"code\":4004"));
}

TEST_CASE("who comes for events at a bad time learns when to return", "[transport][refusal]") {
  const Answered sdk = sse_busy("?sdk=x");
  CHECK(sdk.status() == 200);
  CHECK(sdk.body().find(R"({"op":"retry","delay":2100,"ticket":"t1","reason":"busy"})") !=
        std::string_view::npos);
  CHECK(sdk.body().find("\"op\":\"close\",\"code\":1013") != std::string_view::npos);

  // Any status but 200 would end a browser's EventSource for good.
  const Answered browser = sse_busy("", "Accept: text/event-stream\r\n");
  CHECK(browser.status() == 200);
  CHECK(browser.body() == "retry: 2100\n\n");

  const Answered curl = sse_busy("");
  CHECK(curl.status() == 503);
  CHECK(curl.header("Retry-After") == "3");
  CHECK(curl.header(wire::retry_after_ms_header) == "2100");
  CHECK(curl.header(wire::ticket_header) == "t1");
}

TEST_CASE("Retry-After is never nothing", "[transport][refusal]") {
  Answer answer;
  add_retry_after(answer, {.delay = Duration{0}, .ticket = {}});
  CHECK(answer.headers.at(0) == HeaderField{"Retry-After", "1"});
  CHECK(answer.headers.size() == 2);
}

TEST_CASE("a WebSocket is refused by the status, an SDK's behind its upgrade",
          "[transport][refusal]") {
  const auto refuse = [](const Request& request, Response& response) {
    response.headers.emplace_back("Sec-WebSocket-Accept", "x");
    refuse_websocket(request, response, fault);
  };
  const Answered bare = refused(get_request("/v1/ws"), refuse);
  CHECK(bare.status() == 400);
  CHECK_FALSE(bare.has_header("Sec-WebSocket-Accept"));
  const Answered sdk = refused(get_request("/v1/ws?sdk=x"), refuse);
  CHECK(sdk.status() == 101);
  CHECK(sdk.has_header("Sec-WebSocket-Accept"));
  CHECK(sdk.mode == park::ParkMode::upgraded);
  CHECK(sdk.parked != nullptr);

  const Answered busy =
      refused(get_request("/v1/ws"), [](const Request& request, Response& response) {
        refuse_websocket_busy(request, response, {.delay = Duration{1}, .ticket = {}});
      });
  CHECK(busy.status() == 503);
  CHECK(busy.header("Retry-After") == "1");
}

TEST_CASE("each error has its close code", "[transport][refusal]") {
  CHECK(close_code_of(ErrorCode::unauthorized) == 4001);
  CHECK(close_code_of(ErrorCode::forbidden) == 4003);
  CHECK(close_code_of(ErrorCode::too_large) == 1009);
  CHECK(close_code_of(ErrorCode::busy) == 1013);
  CHECK(close_code_of(ErrorCode::invalid_cursor) == 4004);
}

}  // namespace
}  // namespace freshet::server
