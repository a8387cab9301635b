#include "core/transport/transport.h"

#include <catch2/catch_test_macros.hpp>

#include "wire/request.h"

namespace freshet::core {
namespace {

Verdict verdict_on(Transport transport, const End& end) {
  Connection connection;
  connection.transport = transport;
  return judge(connection, end);
}

End status(std::uint16_t code) { return {.kind = EndKind::refused, .code = code}; }
End closed(std::uint16_t code) { return {.kind = EndKind::closed, .code = code}; }

TEST_CASE("only a proof about this transport alone bars it", "[core][transport]") {
  CHECK(verdict_on(Transport::websocket, status(426)) == Verdict::barred);
  CHECK(verdict_on(Transport::sse, status(404)) == Verdict::barred);
  CHECK(verdict_on(Transport::sse, {.kind = EndKind::unsupported}) == Verdict::unsupported);
  CHECK(verdict_on(Transport::websocket, status(502)) == Verdict::failed);
  CHECK(verdict_on(Transport::websocket, status(200)) == Verdict::failed);
  CHECK(verdict_on(Transport::websocket, {.kind = EndKind::unreachable}) == Verdict::failed);
  CHECK(verdict_on(Transport::sse, {.kind = EndKind::malformed}) == Verdict::failed);
}

TEST_CASE("codes from 4000 to 4099, 401 and 403 are final", "[core][transport]") {
  for (const std::uint16_t code : {4000, 4001, 4003, 4004, 4099}) {
    CHECK(verdict_on(Transport::websocket, closed(code)) == Verdict::final);
  }
  for (const std::uint16_t code : {1000, 1001, 1006, 1009, 1012, 3999, 4100, 4101, 65535}) {
    CHECK(verdict_on(Transport::websocket, closed(code)) == Verdict::failed);
  }
  CHECK(verdict_on(Transport::polling, status(401)) == Verdict::final);
  CHECK(verdict_on(Transport::websocket, status(403)) == Verdict::final);
  CHECK(verdict_on(Transport::polling, status(400)) == Verdict::final);
  CHECK(verdict_on(Transport::websocket, status(400)) == Verdict::failed);
}

TEST_CASE("503, 429, 1013 and a retry frame are answers that ask for patience",
          "[core][transport]") {
  CHECK(verdict_on(Transport::sse, status(503)) == Verdict::busy);
  CHECK(verdict_on(Transport::polling, status(429)) == Verdict::busy);
  CHECK(verdict_on(Transport::websocket, closed(1013)) == Verdict::busy);

  Connection connection;
  connection.dismissed = true;
  connection.floor = Duration{3'217};
  connection.ticket = "slot";
  CHECK(judge(connection, closed(1001)) == Verdict::busy);
  CHECK(connection.floor == Duration{3'217});
  CHECK(connection.ticket == "slot");
}

TEST_CASE("floors are clamped to an hour", "[core][transport]") {
  Connection connection;
  End end = status(503);
  end.retry_after = Duration{365LL * 24 * 3'600'000};
  judge(connection, end);
  CHECK(connection.floor == Duration{3'600'000});
  CHECK_FALSE(connection.floor_is_own);
}

TEST_CASE("an end is handed over with the code that counts, and no negative floor",
          "[core][transport]") {
  ConnectionEnd end{.kind = EndKind::closed, .http_status = 101, .close_code = 1013};
  CHECK(view_of(end).code == 1013);
  CHECK(view_of(end).retry_after < Duration{0});
  end.kind = EndKind::refused;
  CHECK(view_of(end).code == 101);
  end.kind = EndKind::lost;
  CHECK(view_of(end).code == 0);
  end.retry_after = Duration{-4};
  CHECK(view_of(end).retry_after == Duration{0});
}

TEST_CASE("what the server complained of is the reason given", "[core][transport]") {
  Connection connection;
  connection.complaint = "the token has expired";
  judge(connection, closed(4001));
  CHECK(connection.complaint == "the token has expired");
  CHECK(final_code(4001) == ErrorCode::unauthorized);
}

TEST_CASE("equal cursors are given once, differing ones pairwise", "[core][transport]") {
  Entry a;
  Entry b;
  a.pattern = "chat.>";
  b.pattern = "prices.*";
  const auto query = [&](const wire::Start& first, const wire::Start& second) {
    Text members;
    append_asks(members, {{&a, first}, {&b, second}});
    return wire::query_of(members);
  };
  CHECK(query(wire::Latest{}, wire::Latest{}) == "?pattern=chat.%3E&pattern=prices.*");
  CHECK(query(wire::Cursor{"e1", 4}, wire::Cursor{"e1", 4}) ==
        "?pattern=chat.%3E&pattern=prices.*&cursor=e1:4");
  CHECK(query(wire::Cursor{"e1", 4}, wire::Latest{}) ==
        "?pattern=chat.%3E&pattern=prices.*&cursor=e1:4&cursor=latest");
}

}  // namespace
}  // namespace freshet::core
