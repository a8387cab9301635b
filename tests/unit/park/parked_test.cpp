// Parked connections over real loopback sockets: upgrades, late answers, streams, slow consumers.
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <string>
#include <vector>

#include "park/connection.h"
#include "unit/park/counted_form.h"
#include "unit/park/loopback.h"

namespace freshet::park {
namespace {

const std::string upgrade_head = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
const std::string stream_head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

// "/upgrade", "/stream" and "/wait" (a long poll) park with `events`; all else is answered.
Script parking(std::shared_ptr<ParkedEvents> events) {
  return [events](Connection&, const Heard& heard) -> Reply {
    if (heard.path == "/upgrade") {
      return {.bytes = upgrade_head, .parked = scripted_parked(events), .mode = ParkMode::upgraded};
    }
    if (heard.path == "/stream") {
      return {.bytes = stream_head, .parked = scripted_parked(events)};
    }
    if (heard.path == "/wait") return {.bytes = {}, .parked = scripted_parked(events)};
    return {.bytes = ok(heard.path)};
  };
}

struct ParkedServer {
  explicit ParkedServer(LoopsOptions options = one_loop())
      : events(std::make_shared<ParkedEvents>()), server(parking(events), options) {}

  LoopbackClient connect() { return server.connect(); }
  void on_loop(std::function<void(Loop&)> task) { server.run(std::move(task)); }

  std::shared_ptr<ParkedEvents> events;
  LoopbackServer server;
};

TEST_CASE("trap 1: bytes that come with the upgrade reach the parked object", "[park][parked]") {
  ParkedServer server;
  auto client = server.connect();
  client.send(get("/upgrade") + "early frame");
  REQUIRE(server.events->bytes.take() == "early frame");
  client.send("later");
  REQUIRE(server.events->bytes.take() == "later");
  REQUIRE(client.read(upgrade_head.size()) == upgrade_head);
}

TEST_CASE("trap 1: a request pipelined behind a parked one is answered after it",
          "[park][parked]") {
  ParkedServer server;
  auto client = server.connect();
  const bool in_one_packet = GENERATE(true, false);
  client.send(in_one_packet ? get("/wait") + get("/next") + get("/last") : get("/wait"));
  Connection* connection = server.events->parked.take();
  if (!in_one_packet) client.send(get("/next") + get("/last"));
  server.on_loop([&](Loop& loop) {
    REQUIRE(loop.counters().requests_total == 1);
    connection->send(ok("late"));
    connection->finish_parked(true);
  });
  REQUIRE(client.read_answer() == ok("late"));
  REQUIRE(client.read_answer() == ok("/next"));
  REQUIRE(client.read_answer() == ok("/last"));
  REQUIRE(server.events->destroyed.take());
  REQUIRE(server.events->closed.empty());
}

TEST_CASE("trap 2: parking comes before anything else that the loop does", "[park][parked]") {
  // A publish is posted while the request is handled; the poll that parks must still see it come.
  auto events = std::make_shared<ParkedEvents>();
  bool published = false, parked_before = false;
  events->on_parked = [&](Connection&) { parked_before = !published; };
  LoopbackServer server(
      [&](Connection& connection, const Heard&) -> Reply {
        Loop& loop = connection.loop();
        Connection* parked = &connection;
        loop.post([&, parked] {
          published = true;
          parked->send(ok("published"));
          parked->finish_parked(true);
        });
        return {.bytes = {}, .parked = scripted_parked(events)};
      },
      one_loop());
  auto client = server.connect();
  client.send(get("/wait"));
  REQUIRE(client.read_answer() == ok("published"));
  server.run([&](Loop&) { REQUIRE(parked_before); });
}

TEST_CASE("a long poll can be answered while it parks", "[park][parked]") {
  ParkedServer server;
  server.events->on_parked = [](Connection& connection) {
    connection.send(ok("at once"));
    connection.finish_parked(true);
  };
  auto client = server.connect();
  client.send(get("/wait") + get("/wait") + get("/next"));
  REQUIRE(client.read_answer() == ok("at once"));
  REQUIRE(client.read_answer() == ok("at once"));
  REQUIRE(client.read_answer() == ok("/next"));
}

TEST_CASE("a parked answer without keep-alive closes after its last byte", "[park][parked]") {
  ParkedServer server;
  auto client = server.connect();
  client.send(get("/wait") + get("/never"));
  Connection* connection = server.events->parked.take();
  server.on_loop([&](Loop&) {
    connection->send(ok(std::string(5 << 20, 'x'), false));
    connection->finish_parked(false);
  });
  REQUIRE(client.read_to_end() == ok(std::string(5 << 20, 'x'), false));
  server.on_loop([](Loop& loop) { REQUIRE(loop.counters().requests_total == 1); });
}

TEST_CASE("trap 8: a peer that half-closes while parked is told of and still answered",
          "[park][parked]") {
  ParkedServer server;
  auto client = server.connect();
  const bool at_once = GENERATE(true, false);
  client.send(get("/wait"));
  if (at_once) client.half_close();
  Connection* connection = server.events->parked.take();
  if (!at_once) client.half_close();
  REQUIRE(server.events->half_closed.take());
  server.on_loop([&](Loop&) {
    REQUIRE(connection->peer_half_closed());
    connection->send(ok("late"));
    connection->finish_parked(true);
  });
  REQUIRE(client.read_to_end() == ok("late"));
  REQUIRE(server.events->half_closed.empty());
}

TEST_CASE("an upgraded connection is told of the half-close after its last bytes",
          "[park][parked]") {
  ParkedServer server;
  std::string order;
  server.events->on_bytes = [&](Connection&, std::string_view bytes) { order += bytes; };
  server.events->on_half_closed = [&](Connection& connection) {
    order += '|';
    connection.close_after_flush(make_blob("bye"));
  };
  auto client = server.connect();
  client.send(get("/upgrade") + "last bytes");
  client.half_close();
  REQUIRE(client.read_to_end() == upgrade_head + "bye");
  REQUIRE(server.events->closed.take() == CloseReason::local);
  REQUIRE(order == "last bytes|");
}

TEST_CASE("what a turn queues for a connection leaves in one send", "[park][parked]") {
  ParkedServer server;
  auto client = server.connect();
  client.send(get("/stream"));
  Connection* connection = server.events->parked.take();
  client.read(stream_head.size());
  std::string expected;
  std::uint64_t before = 0;
  server.on_loop([&](Loop& loop) {
    before = loop.counters().sends_total;
    for (int i = 0; i < 100; ++i) {
      const auto text = std::to_string(i) + "\n";
      expected += text;
      REQUIRE(connection->send(text) == SendResult::queued);
    }
    loop.at_turn_end([connection] { connection->send(std::string("end\n")); });
  });
  expected += "end\n";
  REQUIRE(client.read(expected.size()) == expected);
  server.on_loop([&](Loop& loop) { REQUIRE(loop.counters().sends_total == before + 1); });
}

TEST_CASE("a blob sent to many connections is one string", "[park][parked]") {
  ParkedServer server;
  std::vector<LoopbackClient> clients;
  std::vector<Connection*> connections;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(server.connect());
    clients.back().send(get("/stream"));
    connections.push_back(server.events->parked.take());
  }
  const Blob blob = make_blob("message");
  server.on_loop([&](Loop&) {
    for (auto* connection : connections) connection->send(blob);
    REQUIRE(blob.use_count() == 51);
  });
  for (auto& client : clients) {
    REQUIRE(client.read(stream_head.size() + 7) == stream_head + "message");
  }
  server.on_loop([&](Loop&) { REQUIRE(blob.use_count() == 1); });
}

TEST_CASE("a broadcast to many connections leaves no memory with the loop", "[park][parked]") {
  ParkedServer server;
  std::vector<LoopbackClient> clients;
  std::vector<Connection*> connections;
  for (int i = 0; i < 400; ++i) {
    clients.push_back(server.connect());
    clients.back().send(get("/stream"));
    connections.push_back(server.events->parked.take());
    clients.back().read(stream_head.size());
  }
  server.on_loop([&](Loop&) {
    const Blob blob = make_blob("event");
    for (Connection* connection : connections) connection->send(blob);
  });
  for (LoopbackClient& client : clients) REQUIRE(client.read(5) == "event");
  server.on_loop([](Loop& loop) { CHECK(loop.flush_room() <= 256); });
}

TEST_CASE("a slow consumer is refused at the outbox limit and can be told why", "[park][parked]") {
  auto options = one_loop();
  options.loop.outbox_bytes_max = 1'000'000;
  ParkedServer server(options);
  LoopbackClient client(server.server.loops.port(), "127.0.0.1", 4096);
  client.send(get("/stream"));
  Connection* connection = server.events->parked.take();
  const Blob message = make_blob(std::string(100'000, 'x'));
  int queued = 0;
  // Turn by turn, until the kernel's buffers and the outbox are full.
  for (bool full = false; !full;) {
    server.on_loop([&](Loop&) {
      const auto result = connection->send(message);
      full = result == SendResult::refused;
      if (!full) ++queued;
      REQUIRE(connection->outbox_bytes() <= 1'000'000);
    });
  }
  server.on_loop([&](Loop& loop) {
    REQUIRE(loop.counters().outbox_bytes == static_cast<std::int64_t>(connection->outbox_bytes()));
    REQUIRE(connection->drop_unsent() > 0);
    connection->close_after_flush(make_blob("4100"));
    REQUIRE(connection->send(message) == SendResult::closed);
  });
  const auto read = client.read_to_end();
  REQUIRE(read.ends_with("x4100"));
  // Whole messages only.
  REQUIRE((read.size() - stream_head.size() - 4) % 100'000 == 0);
  REQUIRE(server.events->closed.take() == CloseReason::local);
  server.on_loop([](Loop& loop) { REQUIRE(loop.counters().outbox_bytes == 0); });
}

TEST_CASE("what is sent in one turn leaves joined where the protocol has a form for it",
          "[park][parked]") {
  ParkedServer server;
  const CountedForm form;
  server.events->join_form = &form;
  auto client = server.connect();
  client.send(get("/upgrade"));
  Connection* connection = server.events->parked.take();
  client.read(upgrade_head.size());
  server.on_loop([&](Loop&) {
    for (const char* text : {"len=3:one", "len=3:two", "pong", "len=5:three"}) {
      connection->send(std::string(text));
    }
  });
  const std::string expected = "len=7:one\ntwoponglen=5:three";
  REQUIRE(client.read(expected.size()) == expected);
  server.on_loop([&](Loop& loop) { REQUIRE(loop.counters().outbox_bytes == 0); });
  server.on_loop([&](Loop&) {
    connection->send(std::string("len=4:last"));
    connection->close_after_flush(make_blob("len=3:bye"));
  });
  REQUIRE(client.read_to_end() == "len=8:last\nbye");
}

TEST_CASE("joined bytes that a slow reader takes in pieces come whole and in order",
          "[park][parked]") {
  ParkedServer server;
  const CountedForm form;
  server.events->join_form = &form;
  LoopbackClient client(server.server.loops.port(), "127.0.0.1", 4096);
  client.send(get("/upgrade"));
  Connection* connection = server.events->parked.take();
  client.read(upgrade_head.size());
  // Until the kernel takes no more, and then as much again.
  std::string bodies;
  std::size_t number = 0;
  std::size_t wanted = 0;
  bool enough = false;
  while (!enough && (wanted == 0 || number < wanted)) {
    server.on_loop([&](Loop& loop) {
      enough = wanted != 0 && connection->outbox_bytes() > 2'000'000;
      if (wanted == 0 && connection->outbox_bytes() > 100'000) wanted = 2 * number;
      for (int i = 0; i < 50; ++i) {
        const std::string body = std::to_string(number) + std::string(number % 700, 'x');
        ++number;
        bodies += body + '\n';
        REQUIRE(connection->send(form.head_of(body.size()) + body) == SendResult::queued);
      }
      REQUIRE(loop.counters().outbox_bytes ==
              static_cast<std::int64_t>(connection->outbox_bytes()));
    });
  }
  std::size_t pieces = 0;
  std::string received;
  while (received.size() < bodies.size()) {
    const std::string head = client.read_until(":");
    received += client.read(std::stoul(head.substr(4))) + '\n';
    ++pieces;
  }
  REQUIRE(received == bodies);
  REQUIRE(pieces < number);
  server.on_loop([](Loop& loop) { REQUIRE(loop.counters().outbox_bytes == 0); });
}

TEST_CASE("an empty outbox takes one blob of any size", "[park][parked]") {
  auto options = one_loop();
  options.loop.outbox_bytes_max = 1'000;
  ParkedServer server(options);
  auto client = server.connect();
  client.send(get("/stream"));
  Connection* connection = server.events->parked.take();
  client.read(stream_head.size());
  server.on_loop([&](Loop&) {
    REQUIRE(connection->send(std::string(10'000, 'x')) == SendResult::queued);
    REQUIRE(connection->send(std::string("y")) == SendResult::refused);
  });
  REQUIRE(client.read(10'000) == std::string(10'000, 'x'));
}

TEST_CASE("a replay goes on at the low mark and never fills the outbox", "[park][parked]") {
  ParkedServer server;
  constexpr std::size_t chunk = 16'384;
  constexpr std::size_t chunks = 2'000;
  std::size_t sent = 0;
  std::size_t outbox_bytes_max = 0;
  const auto more = [&](Connection& connection) {
    while (sent < chunks && connection.outbox_bytes() <= 64 * 1024) {
      connection.send(std::string(chunk, static_cast<char>('a' + sent % 26)));
      ++sent;
      outbox_bytes_max = std::max(outbox_bytes_max, connection.outbox_bytes());
    }
    if (sent == chunks) connection.close_after_flush();
  };
  server.events->on_parked = more;
  server.events->on_low_mark = more;
  auto client = server.connect();
  client.send(get("/stream"));
  const auto read = client.read_to_end();
  REQUIRE(read.size() == stream_head.size() + chunk * chunks);
  for (std::size_t i = 0; i < chunks; ++i) {
    REQUIRE(read[stream_head.size() + i * chunk] == static_cast<char>('a' + i % 26));
  }
  // Asked on the loop, whose it is.
  server.on_loop([&](Loop&) { REQUIRE(outbox_bytes_max <= 64 * 1024 + chunk); });
}

TEST_CASE("a parked connection is told why it is over", "[park][parked]") {
  ParkedServer server;
  auto client = server.connect();
  const std::string path = GENERATE("/stream", "/wait", "/upgrade");
  client.send(get(path));
  Connection* connection = server.events->parked.take();
  SECTION("abort") {
    server.on_loop([&](Loop&) {
      connection->abort();
      REQUIRE(server.events->closed.empty());  // Never from inside the call.
      REQUIRE(connection->send(std::string("x")) == SendResult::closed);
      connection->abort();
    });
    REQUIRE(server.events->closed.take() == CloseReason::local);
    client.read_to_end();
  }
  SECTION("reset by the peer") {
    client.reset();
    REQUIRE(server.events->closed.take() == CloseReason::peer);
  }
  SECTION("stop") {
    server.server.loops.stop();
    REQUIRE(server.events->closed.take() == CloseReason::stop);
    client.read_to_end();
  }
  REQUIRE(server.events->destroyed.take());
  REQUIRE(server.events->closed.empty());
}

TEST_CASE("a parked reader that takes nothing of what waits is cut off", "[park][parked]") {
  auto options = one_loop();
  options.loop.write_stall_max = Duration{100};
  options.loop.outbox_bytes_max = 64 << 20;
  ParkedServer server(options);
  LoopbackClient client(server.server.loops.port(), "127.0.0.1", 4096);
  client.send(get(GENERATE("/stream", "/wait", "/upgrade")));
  Connection* connection = server.events->parked.take();
  server.on_loop([&](Loop&) { connection->send(std::string(32 << 20, 'x')); });
  REQUIRE(server.events->closed.take() == CloseReason::local);
  REQUIRE(server.server.sum(&LoopCounters::write_stalls_total) == 1);
  server.on_loop([](Loop& loop) { REQUIRE(loop.counters().outbox_bytes == 0); });
}

TEST_CASE("a parked connection for which nothing waits has no deadline", "[park][parked]") {
  auto options = one_loop();
  options.loop.request_time_max = Duration{30};
  options.loop.keep_alive_max = Duration{30};
  options.loop.write_stall_max = Duration{30};
  ParkedServer server(options);
  auto client = server.connect();
  client.send(get("/wait"));
  Connection* connection = server.events->parked.take();
  Mailbox<bool> later;
  server.on_loop([&](Loop& loop) { loop.after(Duration{150}, [&] { later.put(true); }); });
  later.take();
  server.on_loop([&](Loop&) {
    connection->send(ok("late"));
    connection->finish_parked(true);
  });
  REQUIRE(client.read_answer() == ok("late"));
}

TEST_CASE("input behind a long poll is held back beyond its limit, not lost", "[park][parked]") {
  auto options = one_loop();
  options.loop.pipelined_bytes_max = 1'000;
  ParkedServer server(options);
  auto client = server.connect();
  client.send(get("/wait"));
  Connection* connection = server.events->parked.take();
  const std::string body(500'000, 'b');
  client.send(post("/next", body) + get("/last"));
  // A whole turn passes between two tasks, so the second comes behind the input.
  server.on_loop([](Loop&) {});
  server.on_loop([&](Loop&) {
    connection->send(ok("late"));
    connection->finish_parked(true);
  });
  REQUIRE(client.read_answer() == ok("late"));
  REQUIRE(client.read_answer() == ok("/next"));
  REQUIRE(client.read_answer() == ok("/last"));
  REQUIRE(server.server.sum(&LoopCounters::pipelined_full_total) == 1);
}

TEST_CASE("a parked object may act on other connections while it is told of the end",
          "[park][parked]") {
  // Two upgraded connections that end each other, as a chat room's members may.
  auto events = std::make_shared<ParkedEvents>();
  std::vector<Connection*> both;
  events->on_parked = [&](Connection& connection) { both.push_back(&connection); };
  events->on_bytes = [&](Connection&, std::string_view) {
    for (auto* connection : both) connection->abort();
  };
  LoopbackServer server(parking(events), one_loop());
  auto first = server.connect();
  first.send(get("/upgrade"));
  events->parked.take();
  auto second = server.connect();
  second.send(get("/upgrade"));
  events->parked.take();
  first.send("now");
  REQUIRE(events->closed.take() == CloseReason::local);
  REQUIRE(events->closed.take() == CloseReason::local);
  first.read_to_end();
  second.read_to_end();
  server.run([](Loop& loop) {
    REQUIRE(loop.connection_count() == 0);
    REQUIRE(loop.counters().parked == 0);
  });
}

}  // namespace
}  // namespace freshet::park
