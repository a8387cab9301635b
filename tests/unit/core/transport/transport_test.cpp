#include "core/transport/transport.h"

#include <catch2/catch_test_macros.hpp>

namespace freshet::core {
namespace {

Verdict::Kind kind_of(Transport transport, const ConnectionEnd& end) {
  Connection connection;
  connection.transport = transport;
  return judge(connection, end).kind;
}

ConnectionEnd status(std::uint16_t code) { return {.kind = EndKind::refused, .http_status = code}; }
ConnectionEnd closed(std::uint16_t code) { return {.kind = EndKind::closed, .close_code = code}; }

TEST_CASE("only a proof about this transport alone bars it", "[core][transport]") {
  using Kind = Verdict::Kind;
  CHECK(kind_of(Transport::websocket, status(426)) == Kind::barred);
  CHECK(kind_of(Transport::sse, status(404)) == Kind::barred);
  CHECK(kind_of(Transport::sse, {.kind = EndKind::unsupported}) == Kind::unsupported);
  CHECK(kind_of(Transport::websocket, status(502)) == Kind::failed);
  CHECK(kind_of(Transport::websocket, status(200)) == Kind::failed);
  CHECK(kind_of(Transport::websocket, {.kind = EndKind::unreachable}) == Kind::failed);
  CHECK(kind_of(Transport::sse, {.kind = EndKind::malformed}) == Kind::failed);
}

TEST_CASE("codes from 4000 to 4099, 401 and 403 are final", "[core][transport]") {
  using Kind = Verdict::Kind;
  for (const std::uint16_t code : {4000, 4001, 4003, 4004, 4099}) {
    CHECK(kind_of(Transport::websocket, closed(code)) == Kind::final);
  }
  for (const std::uint16_t code : {1000, 1001, 1006, 1009, 1012, 3999, 4100, 4101, 65535}) {
    CHECK(kind_of(Transport::websocket, closed(code)) == Kind::failed);
  }
  CHECK(kind_of(Transport::polling, status(401)) == Kind::final);
  CHECK(kind_of(Transport::websocket, status(403)) == Kind::final);
  CHECK(kind_of(Transport::polling, status(400)) == Kind::final);
  CHECK(kind_of(Transport::websocket, status(400)) == Kind::failed);
}

TEST_CASE("503, 429, 1013 and a retry frame are answers that ask for patience",
          "[core][transport]") {
  using Kind = Verdict::Kind;
  CHECK(kind_of(Transport::sse, status(503)) == Kind::busy);
  CHECK(kind_of(Transport::polling, status(429)) == Kind::busy);
  CHECK(kind_of(Transport::websocket, closed(1013)) == Kind::busy);

  Connection connection;
  connection.dismissed = true;
  connection.floor = Duration{3'217};
  connection.ticket = "slot";
  const Verdict verdict = judge(connection, closed(1001));
  CHECK(verdict.kind == Kind::busy);
  CHECK(verdict.floor == Duration{3'217});
  CHECK(verdict.ticket == "slot");
}

TEST_CASE("floors are clamped to an hour", "[core][transport]") {
  Connection connection;
  ConnectionEnd end = status(503);
  end.retry_after = Duration{365LL * 24 * 3'600'000};
  CHECK(judge(connection, end).floor == Duration{3'600'000});
  end.retry_after = Duration{-4};
  CHECK(judge(connection, end).floor == Duration{0});
}

TEST_CASE("what the server complained of is the reason given", "[core][transport]") {
  Connection connection;
  connection.complaint = "the token has expired";
  CHECK(judge(connection, closed(4001)).error.message == "the token has expired");
  CHECK(judge(connection, closed(4001)).error.code == ErrorCode::unauthorized);
}

TEST_CASE("equal cursors are given once, differing ones pairwise", "[core][transport]") {
  Entry a;
  Entry b;
  a.pattern = "chat.>";
  b.pattern = "prices.*";
  const auto query = [&](const wire::Start& first, const wire::Start& second) {
    Text target = "/v1/sse";
    append_asks(target, {{&a, first}, {&b, second}});
    return target;
  };
  CHECK(query(wire::Latest{}, wire::Latest{}) == "/v1/sse?pattern=chat.%3E&pattern=prices.*");
  CHECK(query(wire::Cursor{"e1", 4}, wire::Cursor{"e1", 4}) ==
        "/v1/sse?pattern=chat.%3E&pattern=prices.*&cursor=e1:4");
  CHECK(query(wire::Cursor{"e1", 4}, wire::Latest{}) ==
        "/v1/sse?pattern=chat.%3E&cursor=e1:4&pattern=prices.*&cursor=latest");
}

}  // namespace
}  // namespace freshet::core
