#include "core/session.h"

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <string>
#include <vector>

#include "unit/core/client_driver.h"

namespace freshet::core {
namespace {

using Ids = std::vector<std::uint64_t>;
constexpr Duration minute{60'000};

ClientConfig only(Transport transport) { return {.transports = {transport}}; }
ClientConfig occasional() { return {.transports = {Transport::long_polling, Transport::polling}}; }

// Connecting -------------------------------------------------------------------------------

TEST_CASE("a client does nothing until something is wanted", "[core][session]") {
  ClientDriver driver;
  CHECK_FALSE(driver.client.poll_action(driver.now));
  CHECK_FALSE(driver.client.poll_timeout());
  CHECK(driver.state() == "idle");
}

TEST_CASE("the first subscription connects at once, and hello makes it live", "[core][session]") {
  ClientDriver driver;
  const auto prices = driver.subscribe("prices.*");
  CHECK(driver.state() == "connecting over websocket");
  CHECK(driver.opened().target == "/v1/ws?lines=1&sdk=core%2F0.1.0");
  const auto connection = driver.opened().connection;

  driver.frame(connection, hello());
  CHECK(driver.state() == "live over websocket");
  CHECK(driver.sent(connection) ==
        std::vector<std::string>{R"({"op":"subscribe","ref":2,"patterns":["prices.*"]})"});

  driver.frame(connection, message(101));
  CHECK(driver.ids(prices).empty());
  driver.frame(connection, R"({"op":"subscribed","ref":2,"cursor":"k3f9:101","recovered":true})");
  driver.frame(connection, R"({"op":"live","ref":2,"cursor":"k3f9:101"})");
  CHECK(driver.lives == std::vector<SubscriptionId>{prices});
  driver.frame(connection, message(102));
  driver.frame(connection, message(103, "chat.lobby"));
  CHECK(driver.ids(prices) == Ids{102});
  CHECK(driver.client.cursor(prices) == "k3f9:102");
}

TEST_CASE("a fleet that starts together is spread by initial_spread", "[core][session]") {
  ClientDriver driver{{.initial_spread = Duration{10'000}}};
  driver.subscribe("prices.*");
  REQUIRE(driver.is_waiting());
  const Duration waited = driver.time_until_opened();
  CHECK((waited > Duration{0} && waited <= Duration{10'000}));
}

TEST_CASE("a failing attempt starts the next transport at once, in one pass", "[core][session]") {
  ClientDriver driver;
  driver.subscribe("prices.*");
  for (const Transport next : {Transport::sse, Transport::long_polling, Transport::polling}) {
    driver.end(driver.opened().connection, {.kind = EndKind::unreachable});
    CHECK(driver.opened().transport == next);
  }
  driver.end(driver.opened().connection, {.kind = EndKind::unreachable});
  REQUIRE(driver.is_waiting());
  CHECK(driver.waiting().attempt == 1);
  CHECK(driver.openings.size() == 4);
  CHECK(driver.time_until_opened() >= Duration{100});
  CHECK(driver.opened().transport == Transport::websocket);
}

TEST_CASE("a transport that says no hello in time is hedged, and the first hello wins",
          "[core][session]") {
  ClientDriver driver;
  driver.subscribe("prices.*");
  const auto websocket = driver.opened().connection;
  driver.advance(Duration{2'499});
  CHECK(driver.openings.size() == 1);
  driver.advance(Duration{1});
  REQUIRE(driver.openings.size() == 2);
  const auto sse = driver.opened().connection;
  CHECK(driver.opened().transport == Transport::sse);
  CHECK_FALSE(driver.is_closed(websocket));

  driver.frame(sse, hello());
  CHECK(driver.state() == "live over sse");
  CHECK(driver.is_closed(websocket));
  driver.advance(Duration{10'000});
  CHECK(driver.openings.size() == 2);
  // What the loser still says is nobody's.
  driver.frame(websocket, hello());
  CHECK(driver.state() == "live over sse");
}

TEST_CASE("503, 429 and retry cancel the hedges", "[core][session]") {
  for (const int kind : {503, 429, 0}) {
    ClientDriver driver;
    driver.subscribe("prices.*");
    const auto websocket = driver.opened().connection;
    driver.advance(Duration{2'500});
    const auto sse = driver.opened().connection;
    if (kind != 0) {
      driver.end(sse, {.kind = EndKind::refused,
                       .http_status = static_cast<std::uint16_t>(kind),
                       .retry_after = Duration{7'000}});
    } else {
      driver.frame(sse, R"({"op":"retry","delay":7000,"reason":"busy"})");
    }
    CHECK(driver.is_closed(websocket));
    REQUIRE(driver.is_waiting());
    CHECK(driver.time_until_opened() >= Duration{7'000});
    CHECK(driver.opened().transport == Transport::sse);
  }
}

TEST_CASE("a buffering proxy shows itself by the missing hello", "[core][session]") {
  ClientDriver driver{{.transports = {Transport::sse, Transport::long_polling}}};
  driver.subscribe("prices.*");
  driver.advance(Duration{2'500});
  CHECK(driver.opened().transport == Transport::long_polling);
  driver.answer(driver.opened().connection, {hello(), next("k3f9:100")});
  CHECK(driver.state() == "live over long-polling");
}

TEST_CASE("what this runtime does not have is passed over at once and told", "[core][session]") {
  ClientDriver driver;
  driver.subscribe("prices.*");
  driver.end(driver.opened().connection, {.kind = EndKind::unsupported});
  CHECK(driver.opened().transport == Transport::sse);
  CHECK(driver.opened().at == driver.openings[0].at);
  CHECK(driver.client.state().unavailable == List<Transport>{Transport::websocket});
}

TEST_CASE("a runtime with none of the transports closes the client", "[core][session]") {
  ClientDriver driver{only(Transport::sse)};
  driver.subscribe("prices.*");
  driver.end(driver.opened().connection, {.kind = EndKind::unsupported});
  CHECK(std::get<state::Closed>(driver.client.state().kind).error->code == ErrorCode::unsupported);
}

// centrifuge-js#381: skipping unsupported transports kept the delay of the very first attempt.
TEST_CASE("skipping unsupported transports keeps no attempt free of delay", "[core][session]") {
  ClientDriver driver;
  driver.subscribe("prices.*");
  for (int count = 0; count < 3; ++count) {
    driver.end(driver.opened().connection, {.kind = EndKind::unsupported});
  }
  for (int count = 0; count < 20; ++count) {
    driver.end(driver.opened().connection, {.kind = EndKind::unreachable});
    CHECK(driver.time_until_opened() >= Duration{100});
  }
}

// Losing and returning ---------------------------------------------------------------------

TEST_CASE("a lost connection resumes after the last delivered id", "[core][session]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  driver.advance(Duration{25'000});
  driver.frame(connection, message(141));
  driver.lose(connection);
  REQUIRE(driver.is_waiting());
  CHECK(driver.waiting().attempt == 0);
  CHECK(driver.time_until_opened() <= Duration{1'000});

  const auto again = driver.opened().connection;
  CHECK(parameters(driver.opened().target, "client") == std::vector<std::string>{"c1"});
  driver.frame(again, hello({.id = 150}));
  REQUIRE(driver.sent(again).size() == 1);
  CHECK(driver.sent(again)[0] ==
        R"({"op":"subscribe","ref":2,"patterns":["prices.*"],"cursor":"k3f9:141"})");
}

TEST_CASE("every transport resumes from its cursor", "[core][session]") {
  for (const Transport transport : {Transport::sse, Transport::long_polling, Transport::polling}) {
    ClientDriver driver{only(transport)};
    const auto connection = driver.go_live(transport);
    if (transport == Transport::polling) driver.time_until_opened();
    if (transport != Transport::sse) driver.frame(connection, hello());
    driver.frame(connection, message(141));
    driver.lose(connection);
    driver.time_until_opened();
    CHECK(driver.opened().transport == transport);
    CHECK(parameters(driver.opened().target, "cursor") == std::vector<std::string>{"k3f9:141"});
  }
}

// phoenix#6208, #5741: restarting the server moved every browser to long polling.
TEST_CASE("a lost socket is not a failed transport", "[core][session]") {
  ClientDriver driver;
  driver.lose(driver.go_live(Transport::websocket));
  for (int attempt = 0; attempt < 2; ++attempt) {
    driver.time_until_opened();
    CHECK(driver.opened().transport == Transport::websocket);
    driver.advance(Duration{5'000});  // No hedge after a loss.
    CHECK(driver.opened().transport == Transport::websocket);
    driver.end(driver.opened().connection, {.kind = EndKind::unreachable});
  }
  driver.time_until_opened();
  CHECK(driver.opened().transport == Transport::sse);
  driver.end(driver.opened().connection, {.kind = EndKind::unreachable});
  driver.time_until_opened();
  CHECK(driver.opened().transport == Transport::long_polling);
}

TEST_CASE("after a loss the next transport comes at once only on proof", "[core][session]") {
  ClientDriver driver;
  driver.lose(driver.go_live(Transport::websocket));
  driver.time_until_opened();
  const Instant attempted = driver.now;
  driver.refuse(driver.opened().connection, 426);
  CHECK(driver.opened().transport == Transport::sse);
  CHECK(driver.opened().at == attempted);
  driver.refuse(driver.opened().connection, 502);
  CHECK(driver.is_waiting());
}

// A proxy that lets quick polls through and cuts those that wait: the first poll of each connection
// is answered, and no news ever comes.
TEST_CASE("long polling that is answered only while it does not wait is left for polling",
          "[core][session]") {
  ClientDriver driver{occasional()};
  driver.subscribe("prices.*");
  for (int attempt = 0; attempt < 3; ++attempt) {
    REQUIRE(driver.opened().transport == Transport::long_polling);
    REQUIRE(parameters(driver.opened().target, "wait") == std::vector<std::string>{"0"});
    driver.answer(driver.opened().connection, {hello(), next("k3f9:100")});
    REQUIRE(parameters(driver.opened().target, "wait") == std::vector<std::string>{"25000"});
    driver.lose(driver.opened().connection);
    driver.time_until_opened();
  }
  CHECK(driver.opened().transport == Transport::polling);
}

TEST_CASE("long polling whose waits are answered is kept, however often it is lost",
          "[core][session]") {
  ClientDriver driver{occasional()};
  driver.subscribe("prices.*");
  for (std::uint64_t id = 101; id < 107; ++id) {
    REQUIRE(driver.opened().transport == Transport::long_polling);
    const auto connection = driver.opened().connection;
    driver.answer(connection, {hello(), next("k3f9:100")});
    driver.answer(connection, {hello(), message(id), next("k3f9:" + std::to_string(id))});
    driver.lose(connection);
    driver.time_until_opened();
  }
}

TEST_CASE("when every transport is barred the client waits between rounds", "[core][session]") {
  ClientDriver driver;
  driver.subscribe("prices.*");
  for (int count = 0; count < 4; ++count) driver.refuse(driver.opened().connection, 404);
  REQUIRE(driver.is_waiting());
  CHECK(driver.openings.size() == 4);
  CHECK(driver.time_until_opened() >= Duration{100});
}

// The accept-then-drop of SignalR#4686 and windmill#10716; and centrifuge-js#407, #408 on HTTP.
TEST_CASE("accept then drop backs off, on every transport", "[core][session]") {
  for (const Transport transport :
       {Transport::websocket, Transport::sse, Transport::long_polling, Transport::polling}) {
    ClientDriver driver{only(transport)};
    driver.subscribe("prices.*");
    Duration total{0};
    for (int count = 0; count < 12; ++count) {
      const auto connection = driver.opened().connection;
      driver.frame(connection, hello());
      CHECK(driver.is_live());
      driver.lose(connection);
      total = total + driver.time_until_opened();
    }
    CHECK(driver.openings.size() == 13);
    CHECK(total > Duration{15'000});
  }
}

// centrifuge-js#407: 400 to 760 attempts a second of one client.
TEST_CASE("a refused connect backs off, on every transport", "[core][session]") {
  for (const Transport transport :
       {Transport::websocket, Transport::sse, Transport::long_polling, Transport::polling}) {
    ClientDriver driver{only(transport)};
    driver.subscribe("prices.*");
    const Instant begin = driver.now;
    for (int count = 0; count < 30; ++count) {
      driver.refuse(driver.opened().connection, 500);
      driver.time_until_opened();
    }
    CHECK(driver.now - begin > 3 * minute);
  }
}

// centrifuge-js#408: 189 to 373 attempts within 500 ms of a shutdown.
TEST_CASE("a drain is left for the slot that was told, with its ticket", "[core][session]") {
  ClientDriver driver{only(Transport::sse)};
  const auto connection = driver.go_live(Transport::sse);
  driver.advance(Duration{25'000});
  driver.frame(connection, R"({"op":"retry","delay":3217,"ticket":"slot-9","reason":"drain"})");
  CHECK(driver.is_live());
  driver.frame(connection, message(101));
  driver.end(connection, {.kind = EndKind::finished, .http_status = 200});
  CHECK(driver.state() == "waiting, back in 3.2 s (the server is restarting)");
  CHECK(driver.time_until_opened() == Duration{3'217});
  CHECK(parameters(driver.opened().target, "ticket") == std::vector<std::string>{"slot-9"});

  // Shown once: the next loss is another story.
  driver.frame(driver.opened().connection, hello());
  driver.lose(driver.opened().connection);
  driver.time_until_opened();
  CHECK(parameters(driver.opened().target, "ticket").empty());
}

TEST_CASE("a drain's time is this client's own, also where there is no ticket", "[core][session]") {
  for (const Transport transport : {Transport::websocket, Transport::sse}) {
    ClientDriver driver{only(transport)};
    const auto connection = driver.go_live(transport);
    driver.advance(Duration{25'000});
    driver.frame(connection, R"({"op":"retry","delay":3217,"reason":"drain"})");
    driver.end(connection, {.kind = EndKind::closed, .close_code = 1001});
    CHECK(driver.time_until_opened() == Duration{3'217});
  }
}

TEST_CASE("a ticket whose slot came to nothing is not shown again, and the backoff goes on",
          "[core][session]") {
  ClientDriver driver{only(Transport::sse)};
  driver.subscribe("prices.*");
  driver.frame(driver.opened().connection, R"({"op":"retry","delay":3000,"ticket":"slot-9"})");
  CHECK(driver.time_until_opened() == Duration{3'000});
  driver.lose(driver.opened().connection);
  CHECK(driver.time_until_opened() >= Duration{100});
  CHECK(parameters(driver.opened().target, "ticket").empty());
}

TEST_CASE("tickets for no time at all do not make a client spin", "[core][session]") {
  ClientDriver driver{only(Transport::sse)};
  driver.subscribe("prices.*");
  const Instant begin = driver.now;
  for (int count = 0; count < 12; ++count) {
    driver.frame(driver.opened().connection, R"({"op":"retry","delay":0,"ticket":"slot"})");
    driver.time_until_opened();
  }
  CHECK(driver.now - begin > minute);
}

TEST_CASE("a stream that outstays its retry is closed by the client", "[core][session]") {
  ClientDriver driver{only(Transport::sse)};
  const auto connection = driver.go_live(Transport::sse);
  driver.frame(connection, R"({"op":"retry","delay":60000,"ticket":"slot-9"})");
  driver.advance(Duration{5'000});
  CHECK(driver.is_closed(connection));
  CHECK(driver.is_waiting());
}

TEST_CASE("a floor without a ticket is the same for all, so that the draw stands on top of it",
          "[core][session]") {
  Duration low{1'000'000};
  Duration high{0};
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    ClientDriver driver{only(Transport::sse), seed};
    const auto connection = driver.go_live(Transport::sse, "prices.*", {.window = Duration{4'000}});
    driver.advance(Duration{25'000});
    driver.end(connection,
               {.kind = EndKind::refused, .http_status = 503, .retry_after = Duration{10'000}});
    const Duration waited = driver.time_until_opened();
    low = std::min(low, waited);
    high = std::max(high, waited);
  }
  CHECK(low >= Duration{10'000});
  CHECK(high <= Duration{14'000});
  CHECK(high - low > Duration{3'500});
}

TEST_CASE("attempts count from zero again only after a stable stretch", "[core][session]") {
  ClientDriver driver{only(Transport::websocket)};
  driver.lose(driver.go_live(Transport::websocket));
  CHECK(driver.waiting().attempt == 1);
  driver.time_until_opened();
  driver.greet_websocket(driver.opened().connection);
  driver.advance(Duration{24'999});
  driver.lose(driver.opened().connection);
  CHECK(driver.waiting().attempt == 2);
  driver.time_until_opened();
  driver.greet_websocket(driver.opened().connection);
  driver.advance(Duration{25'000});
  driver.lose(driver.opened().connection);
  CHECK(driver.waiting().attempt == 0);
}

// streamlit#15902, mattermost-webapp#10960: the first attempt decides the everyday restart.
TEST_CASE("clients dropped at one instant come back spread over the window", "[core][session]") {
  int early = 0;
  constexpr int clients = 400;
  for (int seed = 1; seed <= clients; ++seed) {
    ClientDriver driver{only(Transport::sse), static_cast<std::uint64_t>(seed)};
    const auto connection =
        driver.go_live(Transport::sse, "prices.*", {.window = Duration{20'000}});
    driver.advance(Duration{25'000});
    driver.lose(connection);
    if (driver.time_until_opened() < Duration{10'000}) ++early;
  }
  CHECK(early > clients * 4 / 10);
  CHECK(early < clients * 6 / 10);
}

TEST_CASE("values of a lying server are clamped", "[core][session]") {
  const std::string head = R"({"op":"hello","version":1,"epoch":"e","cursor":"e:1","ping":)";
  for (const std::string_view window : {"31536000000", "-5", "99999999999999999999999"}) {
    ClientDriver driver{only(Transport::sse)};
    driver.subscribe("prices.*");
    const auto connection = driver.opened().connection;
    driver.frame(connection, head + "31536000000,\"window\":" + std::string{window} + "}");
    REQUIRE(driver.is_live());
    driver.advance(11 * minute);  // A ping of a year does not keep a dead stream for a year.
    driver.lose(connection);
    CHECK(driver.time_until_opened() <= 10 * minute);
  }
  for (const std::string_view window : {"NaN", "\"soon\"", "{}", "1e999"}) {
    ClientDriver driver{only(Transport::sse)};
    driver.subscribe("prices.*");
    driver.frame(driver.opened().connection,
                 head + "25000,\"window\":" + std::string{window} + "}");
    // Not a hello at all: a failed attempt like any other.
    CHECK(driver.is_waiting());
    CHECK(driver.is_closed(driver.opened().connection));
  }
  ClientDriver driver{only(Transport::sse)};
  driver.subscribe("prices.*");
  driver.frame(driver.opened().connection, head + "0,\"window\":1000}");
  driver.advance(Duration{99});
  CHECK(driver.is_live());
}

// Ends that are final ----------------------------------------------------------------------

TEST_CASE("final codes close the client for good", "[core][session]") {
  ClientDriver by_code;
  by_code.close_by_server(by_code.go_live(Transport::websocket), 4001);
  CHECK(std::get<state::Closed>(by_code.client.state().kind).error->code ==
        ErrorCode::unauthorized);
  CHECK_FALSE(by_code.client.poll_timeout());

  ClientDriver in_band{only(Transport::sse)};
  const auto sse = in_band.go_live(Transport::sse);
  in_band.frame(sse, R"({"op":"error","code":"forbidden","message":"not from there"})");
  in_band.frame(sse, R"({"op":"close","code":4003})");
  CHECK(in_band.state() == "closed (not from there)");
  CHECK(in_band.is_closed(sse));

  for (const std::uint16_t status : {401, 403}) {
    ClientDriver by_status;
    by_status.subscribe("prices.*");
    by_status.refuse(by_status.opened().connection, status);
    CHECK(std::holds_alternative<state::Closed>(by_status.client.state().kind));
    CHECK(by_status.openings.size() == 1);
  }
}

TEST_CASE("an expired token is a return, for a polling client too", "[core][session]") {
  ClientDriver stream;
  stream.close_by_server(stream.go_live(Transport::websocket), 4101);
  CHECK(stream.is_waiting());

  ClientDriver poll{only(Transport::polling)};
  const auto connection = poll.go_live(Transport::polling);
  poll.time_until_opened();
  poll.refuse(connection, 401);
  CHECK(poll.is_waiting());
  poll.time_until_opened();
  poll.refuse(poll.opened().connection, 401);
  CHECK(std::holds_alternative<state::Closed>(poll.client.state().kind));
}

TEST_CASE("a refused subscription ends alone", "[core][session]") {
  ClientDriver driver;
  const auto good = driver.subscribe("prices.*");
  const auto secret = driver.subscribe("secret.>");
  const auto connection = driver.opened().connection;
  driver.frame(connection, hello());
  driver.frame(connection, R"({"op":"error","ref":4,"code":"forbidden","message":"not yours"})");
  REQUIRE(driver.errors.size() == 1);
  CHECK(driver.errors[0].subscription == secret);
  CHECK(driver.errors[0].error.code == ErrorCode::forbidden);
  driver.frame(connection, R"({"op":"subscribed","ref":2,"cursor":"k3f9:100"})");
  driver.frame(connection, message(101));
  CHECK(driver.ids(good) == Ids{101});
  CHECK(driver.is_live());
  // Nothing is said of it any more, not even that it ended.
  CHECK(driver.sent(connection).size() == 2);

  ClientDriver sse{only(Transport::sse)};
  sse.in_one_turn([&] {
    sse.subscribe("prices.*");
    sse.subscribe("secret.>");
  });
  sse.frame(sse.opened().connection, hello());
  sse.frame(sse.opened().connection,
            R"({"op":"error","code":"forbidden","message":"not yours","pattern":"secret.>"})");
  CHECK(sse.errors.size() == 1);
  CHECK(sse.openings.size() == 1);
}

// phoenix#6578: reconnects although disconnected on purpose.
TEST_CASE("an intended close never reconnects", "[core][session]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  driver.close();
  CHECK(driver.state() == "closed");
  CHECK(driver.is_closed(connection));
  driver.lose(connection);
  driver.frame(connection, message(101));
  driver.network(NetworkEvent::online);
  driver.client.handle_timeout(driver.now + minute);
  CHECK_FALSE(driver.client.poll_action(driver.now));
  CHECK_FALSE(driver.client.poll_timeout());
  CHECK(driver.openings.size() == 1);
  CHECK(driver.delivered.empty());
  CHECK(driver.client.subscribe("a", "", driver.refused) == 0);
  CHECK(driver.refused.code == ErrorCode::closed);
  CHECK(driver.client.publish(driver.now, "a", 1, {}, minute, driver.refused) == 0);
  CHECK(driver.refused.code == ErrorCode::closed);
}

TEST_CASE("closing while waiting or connecting ends that too", "[core][session]") {
  ClientDriver connecting;
  connecting.subscribe("prices.*");
  connecting.close();
  CHECK(connecting.is_closed(connecting.opened().connection));
  ClientDriver waiting;
  waiting.lose(waiting.go_live(Transport::websocket));
  waiting.close();
  CHECK_FALSE(waiting.client.poll_timeout());
}

// Liveness ---------------------------------------------------------------------------------

TEST_CASE("a stream silent for 1.4 pings is dead and left by the local rule", "[core][session]") {
  for (const Transport transport : {Transport::websocket, Transport::sse}) {
    ClientDriver driver{only(transport)};
    const auto connection = driver.go_live(transport, "prices.*", {.window = Duration{600'000}});
    driver.advance(Duration{20'000});
    driver.frame(connection, R"({"op":"ping","cursor":"k3f9:100","window":600000})");
    driver.advance(Duration{34'999});
    CHECK(driver.is_live());
    driver.advance(Duration{1});
    CHECK(driver.is_waiting());
    CHECK(driver.is_closed(connection));
    CHECK(driver.time_until_opened() <= Duration{2'000});
  }
}

TEST_CASE("a long poll is dead when neither its wait nor a margin brought an answer",
          "[core][session]") {
  ClientDriver driver{only(Transport::long_polling)};
  const auto connection = driver.go_live(Transport::long_polling);
  CHECK(parameters(driver.opened().target, "wait") == std::vector<std::string>{"25000"});
  driver.advance(Duration{34'999});
  CHECK(driver.is_live());
  driver.advance(Duration{1});
  CHECK(driver.is_waiting());
  CHECK(driver.is_closed(connection));
}

// centrifuge-js#417, #426: overdue timers failed a handshake whose answer was waiting.
TEST_CASE("after a sleep an answer that waits is read before anything is declared dead",
          "[core][session]") {
  ClientDriver driver;
  driver.subscribe("prices.*");
  const auto connection = driver.opened().connection;
  driver.sleep(60 * minute);
  REQUIRE(driver.advance_to_next_timeout());  // The hedge and the hello are long overdue.
  CHECK_FALSE(driver.is_closed(connection));
  driver.frame(connection, hello());
  CHECK(driver.is_live());

  driver.sleep(60 * minute);
  REQUIRE(driver.advance_to_next_timeout());
  CHECK(driver.is_live());
  driver.frame(connection, R"({"op":"ping","cursor":"k3f9:100","window":600000})");
  driver.advance(Duration{10'000});
  CHECK(driver.is_live());
}

TEST_CASE("an answer looked for a moment too late is given a second, once", "[core][session]") {
  for (const Duration late : {Duration{251}, Duration{1'500}}) {
    CAPTURE(late);
    ClientDriver driver{only(Transport::sse)};
    driver.subscribe("prices.*");
    const auto connection = driver.opened().connection;
    driver.advance(Duration{9'000});
    driver.sleep(Duration{1'000} + late);
    driver.client.handle_timeout(driver.now);
    driver.advance(Duration{999});
    REQUIRE_FALSE(driver.is_closed(connection));
    SECTION("and is taken when it comes by then") {
      driver.frame(connection, hello());
      CHECK(driver.is_live());
      driver.advance(Duration{20'000});
      CHECK(driver.is_live());
    }
    SECTION("and no more: not when it is late again, and not like a machine that slept") {
      driver.sleep(Duration{1'000});
      driver.client.handle_timeout(driver.now);
      driver.in_one_turn([] {});
      CHECK(driver.is_closed(connection));
      CHECK(driver.is_waiting());
    }
  }
}

TEST_CASE("an answer that is not much too late has failed", "[core][session]") {
  ClientDriver driver{only(Transport::sse)};
  driver.subscribe("prices.*");
  const auto connection = driver.opened().connection;
  driver.advance(Duration{9'000});
  driver.sleep(Duration{1'250});
  driver.client.handle_timeout(driver.now);
  driver.in_one_turn([] {});
  CHECK(driver.is_closed(connection));
}

TEST_CASE("a timer that is late puts no attempt of ours off", "[core][session]") {
  ClientDriver driver{only(Transport::sse)};
  driver.lose(driver.go_live(Transport::sse));
  REQUIRE(driver.is_waiting());
  const auto due = driver.client.poll_timeout();
  REQUIRE(due);
  driver.sleep(*due - driver.now + Duration{1'900});
  driver.client.handle_timeout(driver.now);
  driver.in_one_turn([] {});
  CHECK(driver.openings.size() == 2);
}

TEST_CASE("a stream that died in a sleep is left by the local rule", "[core][session]") {
  for (const bool told_by_port : {true, false}) {
    ClientDriver driver{only(Transport::sse)};
    const auto connection =
        driver.go_live(Transport::sse, "prices.*", {.window = Duration{600'000}});
    driver.advance(Duration{25'000});
    driver.sleep(60 * minute);
    if (told_by_port) {
      driver.lose(connection);
    } else {
      driver.advance(Duration{1'000});
    }
    REQUIRE(driver.is_waiting());
    CHECK(driver.time_until_opened() <= Duration{2'000});
  }
}

TEST_CASE("a timer that is always late still finds a dead stream", "[core][session]") {
  ClientDriver driver{only(Transport::sse)};
  driver.go_live(Transport::sse);
  for (int count = 0; count < 3; ++count) {
    driver.sleep(minute);  // As a browser does to timers of hidden pages.
    driver.client.handle_timeout(driver.now);
    driver.in_one_turn([] {});
  }
  CHECK(driver.openings.size() >= 1);
  CHECK_FALSE(driver.is_live());
}

// The world around -------------------------------------------------------------------------

TEST_CASE("offline waits for online and tries nothing", "[core][session]") {
  ClientDriver driver;
  const auto connection =
      driver.go_live(Transport::websocket, "prices.*", {.window = Duration{600'000}});
  driver.network(NetworkEvent::offline);
  CHECK(driver.is_closed(connection));
  CHECK(driver.state() == "waiting (the machine is offline)");
  driver.advance(60 * minute);
  CHECK(driver.openings.size() == 1);
  driver.network(NetworkEvent::online);
  CHECK(driver.time_until_opened() <= Duration{2'000});
}

// liveview#4383, phoenix#6804: Chrome 149 closes WebSockets of pages in the back-forward cache.
TEST_CASE("a suspended page closes everything and returns by the local rule", "[core][session]") {
  ClientDriver driver;
  const auto connection =
      driver.go_live(Transport::websocket, "prices.*", {.window = Duration{600'000}});
  driver.network(NetworkEvent::suspended);
  CHECK(driver.is_closed(connection));
  driver.network(NetworkEvent::online);
  driver.sleep(60 * minute);
  CHECK_FALSE(driver.client.poll_timeout());
  driver.network(NetworkEvent::resumed);
  CHECK(driver.time_until_opened() <= Duration{2'000});
}

TEST_CASE("resuming changes nothing unless the page was suspended", "[core][session]") {
  ClientDriver driver{only(Transport::sse)};
  const auto connection = driver.go_live(Transport::sse, "prices.*", {.window = Duration{600'000}});
  driver.advance(Duration{25'000});
  driver.lose(connection);
  const auto planned = driver.client.poll_timeout();
  driver.network(NetworkEvent::resumed);
  CHECK(driver.client.poll_timeout() == planned);
}

TEST_CASE("a page that is shown again cuts a long wait short, but not a slot", "[core][session]") {
  ClientDriver driver{only(Transport::sse)};
  const auto connection = driver.go_live(Transport::sse, "prices.*", {.window = Duration{600'000}});
  driver.advance(Duration{25'000});
  driver.lose(connection);
  driver.network(NetworkEvent::hidden);
  driver.network(NetworkEvent::shown);
  CHECK(driver.time_until_opened() <= Duration{2'000});

  driver.frame(driver.opened().connection, R"({"op":"retry","delay":9000,"ticket":"slot"})");
  driver.network(NetworkEvent::shown);
  CHECK(driver.time_until_opened() == Duration{9'000});
}

TEST_CASE("a subscription made offline connects when the network is back", "[core][session]") {
  ClientDriver driver;
  driver.network(NetworkEvent::offline);
  driver.subscribe("prices.*");
  CHECK(driver.openings.empty());
  CHECK(driver.is_waiting());
  driver.network(NetworkEvent::online);
  driver.time_until_opened();
  CHECK(driver.opened().transport == Transport::websocket);
}

// One turn, callbacks and idleness ---------------------------------------------------------

TEST_CASE("closing and subscribing again in one turn costs no frame", "[core][session]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  const std::size_t sent = driver.texts.size();
  driver.in_one_turn([&] {
    driver.unsubscribe(1);
    driver.subscribe("prices.*");
  });
  CHECK(driver.texts.size() == sent);
  driver.frame(connection, message(101));
  CHECK(driver.delivered.size() == 1);
}

TEST_CASE("a subscription that never left its turn is never heard of", "[core][session]") {
  ClientDriver driver;
  driver.in_one_turn([&] { driver.unsubscribe(driver.subscribe("prices.*")); });
  CHECK(driver.openings.empty());
  CHECK(driver.state() == "idle");
}

// centrifuge-dart#142: a re-subscribe in the handler was given the message again.
TEST_CASE("the cursor moves before the callback runs", "[core][session]") {
  ClientDriver driver;
  const auto connection = driver.go_live(Transport::websocket);
  std::vector<std::string> seen;
  driver.on_message = [&](const ClientDriver::Delivered& delivery) {
    seen.push_back(driver.client.cursor(delivery.subscription));
  };
  driver.frame(connection, message(101));
  CHECK(seen == std::vector<std::string>{"k3f9:101"});
}

// centrifuge-js#391: calls from inside a handler got the client stuck in `connecting`.
TEST_CASE("callbacks may subscribe, unsubscribe and close", "[core][session]") {
  ClientDriver driver;
  const auto first = driver.subscribe("prices.*");
  const auto second = driver.subscribe("prices.*");
  const auto connection = driver.opened().connection;
  driver.greet_websocket(connection);
  driver.on_message = [&](const ClientDriver::Delivered& delivery) {
    if (delivery.id == 101) driver.client.unsubscribe(second);
    if (delivery.id == 102)
      REQUIRE(driver.client.subscribe("prices.*", "latest", driver.refused) != 0);
    if (delivery.id == 103) driver.client.close();
  };
  driver.frame(connection, message(101));
  CHECK(driver.ids(first) == Ids{101});
  CHECK(driver.ids(second).empty());  // Not even out of the same frame.
  driver.frame(connection, message(102));
  CHECK(driver.delivered.size() == 2);
  driver.frame(connection, message(103));
  driver.frame(connection, message(104));
  CHECK(driver.ids(first) == Ids{101, 102, 103});
  CHECK(driver.state() == "closed");
}

TEST_CASE("a listener that closes on the first state closes cleanly", "[core][session]") {
  ClientDriver driver;
  driver.on_state = [&] { driver.client.close(); };
  driver.subscribe("prices.*");
  CHECK(driver.state() == "closed");
  CHECK_FALSE(driver.client.poll_timeout());
}

TEST_CASE("with nothing left to do a stream is closed but a WebSocket is kept", "[core][session]") {
  ClientDriver websocket;
  const auto kept = websocket.go_live(Transport::websocket);
  websocket.unsubscribe(1);
  CHECK(websocket.sent(kept).back() == R"({"op":"unsubscribe","ref":2})");
  CHECK(websocket.is_live());
  websocket.lose(kept);
  CHECK(websocket.state() == "idle");

  ClientDriver sse{only(Transport::sse)};
  const auto closed = sse.go_live(Transport::sse);
  sse.unsubscribe(1);
  CHECK(sse.is_closed(closed));
  CHECK(sse.state() == "idle");
  CHECK_FALSE(sse.client.poll_timeout());
  sse.subscribe("chat.>");
  CHECK(sse.state() == "connecting over sse");
}

TEST_CASE("going idle and back does not get around the backoff", "[core][session]") {
  ClientDriver driver{only(Transport::sse)};
  driver.subscribe("prices.*");
  for (int count = 0; count < 5; ++count) {
    driver.refuse(driver.opened().connection, 500);
    driver.unsubscribe(static_cast<SubscriptionId>(count + 1));
    CHECK(driver.state() == "idle");
    const std::size_t before = driver.openings.size();
    driver.subscribe("prices.*");
    CHECK(driver.openings.size() == before);
    driver.time_until_opened();
  }
}

}  // namespace
}  // namespace freshet::core
