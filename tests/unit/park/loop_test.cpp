// The loops over real loopback sockets: plain answers, pipelining, limits, accept and stop.
// Parked connections are in parked_test.cpp.
#include "park/loop.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <fstream>
#include <latch>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "unit/park/loopback.h"

namespace freshet::park {
namespace {

// Answers the path and body; "/close" ends the connection, "/large" has 32 MiB.
Reply echo(Connection&, const Heard& heard) {
  if (heard.path == "/large") return {.bytes = ok(std::string(32 << 20, 'x'))};
  const bool keep_alive = heard.keep_alive && heard.path != "/close";
  return {.bytes = ok(heard.path + " " + heard.body, keep_alive), .keep_alive = keep_alive};
}

std::size_t thread_count() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    if (word == "Threads:") {
      status >> word;
      return std::stoul(word);
    }
  }
  return 0;
}

TEST_CASE("a connection serves one request after the other", "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  auto client = server.connect();
  for (int i = 0; i < 3; ++i) {
    client.send(post("/a", std::to_string(i)));
    REQUIRE(client.read_answer() == ok("/a " + std::to_string(i)));
  }
  client.send(get("/close"));
  REQUIRE(client.read_to_end() == ok("/close ", false));
  REQUIRE(server.sum(&LoopCounters::requests_total) == 4);
  REQUIRE(server.sum(&LoopCounters::accepted_total) == 1);
}

TEST_CASE("pipelined requests are answered in order, whole or byte by byte", "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  const auto piece = GENERATE(as<std::size_t>{}, 1, 5, 100'000);
  std::string requests, answers;
  for (int i = 0; i < 20; ++i) {
    requests += i % 2 == 0 ? post("/p", std::to_string(i)) : get("/g" + std::to_string(i));
    answers += i % 2 == 0 ? ok("/p " + std::to_string(i)) : ok("/g" + std::to_string(i) + " ");
  }
  auto client = server.connect();
  for (std::size_t at = 0; at < requests.size(); at += piece) {
    client.send(requests.substr(at, piece));
  }
  REQUIRE(client.read(answers.size()) == answers);
  REQUIRE(client.quiet());
}

TEST_CASE("a client that pipelines without reading is not answered beyond the low mark",
          "[park][loop]") {
  LoopbackServer server(
      [](Connection&, const Heard&) { return Reply{.bytes = ok(std::string(200'000, 'x'))}; },
      one_loop());
  LoopbackClient client(server.loops.port(), "127.0.0.1", 4096);
  std::string requests;
  for (int i = 0; i < 100; ++i) requests += get("/");
  client.send(requests);
  client.read(1);  // The server is at it.
  server.run([](Loop& loop) {
    REQUIRE(loop.counters().outbox_bytes <= 400'000);
    REQUIRE(loop.counters().requests_total < 100);
  });
  const auto answer = ok(std::string(200'000, 'x'));
  const std::size_t left = 100 * answer.size() - 1;
  REQUIRE(client.read(left).size() == left);
  REQUIRE(client.quiet());
}

TEST_CASE("trap 4: Expect: 100-continue is answered by the framer", "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  auto client = server.connect();
  client.send("POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n");
  REQUIRE(client.read_until("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("hello");
  REQUIRE(client.read_answer() == ok("/up hello"));
}

TEST_CASE("trap 8: a peer that half-closes after its requests still gets its answers",
          "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  auto client = server.connect();
  client.send(get("/1") + get("/2"));
  client.half_close();
  REQUIRE(client.read_to_end() == ok("/1 ") + ok("/2 "));
}

TEST_CASE("a half-closed peer gets a large answer to its end", "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  auto client = server.connect();
  client.send(get("/large") + get("/after"));
  client.half_close();
  REQUIRE(client.read_to_end() == ok(std::string(32 << 20, 'x')) + ok("/after "));
}

TEST_CASE("a refused request is answered, and nothing behind it is read", "[park][loop]") {
  struct Row {
    std::string request;
    int status;
  };
  const auto row = GENERATE(values<Row>({
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
       400},
      {"GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", 431},
      {"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1048577\r\n\r\n", 413},
      {"GET / HTTP/3.0\r\nHost: a\r\n\r\n", 505},
  }));
  LoopbackServer server(echo, one_loop());
  auto client = server.connect();
  client.send(get("/before") + row.request + get("/smuggled"));
  const auto answers = client.read_to_end();
  const auto before = ok("/before ");
  REQUIRE(answers.starts_with(before + "HTTP/1.1 " + std::to_string(row.status)));
  REQUIRE(answers.find("smuggled") == std::string::npos);
  REQUIRE(server.sum(&LoopCounters::requests_total) == 1);
  REQUIRE(server.sum(&LoopCounters::refusals_total) == 1);
}

TEST_CASE("a client that still sends its too large body can read the refusal", "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  auto client = server.connect();
  client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 20000000\r\n\r\n");
  client.send(std::string(20'000'000, 'x'));
  REQUIRE(client.read_to_end().starts_with("HTTP/1.1 413"));
}

TEST_CASE("slow senders are dropped at the deadline and delay nobody", "[park][loop]") {
  auto options = one_loop();
  options.loop.request_time_max = Duration{300};
  LoopbackServer server(echo, options);
  std::vector<LoopbackClient> slow;
  for (int i = 0; i < 200; ++i) {
    slow.push_back(server.connect());
    slow.back().send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhal");
  }
  auto probe = server.connect();
  probe.send(get("/probe"));
  REQUIRE(probe.read_answer() == ok("/probe "));
  for (auto& client : slow) REQUIRE(client.read_to_end().starts_with("HTTP/1.1 408"));
  REQUIRE(server.sum(&LoopCounters::request_timeouts_total) == 200);
}

TEST_CASE("a request's time is its own, however long the connection lives", "[park][loop]") {
  auto options = one_loop();
  options.loop.request_time_max = Duration{400};
  LoopbackServer server(echo, options);
  auto client = server.connect();
  // Each piece ends one request and begins the next, so one is always under way.
  const auto start = std::chrono::steady_clock::now();
  client.send("GET /0 HT");
  int count = 0;
  while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds{900}) {
    client.send("TP/1.1\r\nHost: a\r\n\r\nGET /" + std::to_string(++count) + " HT");
    REQUIRE(client.read_answer() == ok("/" + std::to_string(count - 1) + " "));
  }
  REQUIRE(client.read_to_end().starts_with("HTTP/1.1 408"));
}

TEST_CASE("a connection that asks nothing is closed without a word", "[park][loop]") {
  auto options = one_loop();
  options.loop.request_time_max = Duration{50};
  LoopbackServer server(echo, options);
  auto client = server.connect();
  REQUIRE(client.read_to_end().empty());
  REQUIRE(server.sum(&LoopCounters::idle_timeouts_total) == 1);
}

TEST_CASE("an idle connection is closed after keep_alive_max", "[park][loop]") {
  auto options = one_loop();
  options.loop.keep_alive_max = Duration{50};
  LoopbackServer server(echo, options);
  auto client = server.connect();
  client.send(get("/1"));
  REQUIRE(client.read_to_end() == ok("/1 "));
  REQUIRE(server.sum(&LoopCounters::idle_timeouts_total) == 1);
}

TEST_CASE("a reader that takes nothing is dropped after write_stall_max", "[park][loop]") {
  auto options = one_loop();
  options.loop.write_stall_max = Duration{100};
  LoopbackServer server(echo, options);
  LoopbackClient client(server.loops.port(), "127.0.0.1", 4096);
  client.send(get("/large"));
  Mailbox<bool> gone;
  // The loop itself says when: asked each turn, it answers when the connection is freed.
  std::function<void()> look = [&] {
    Loop& loop = server.loops.loop(0);
    if (loop.counters().write_stalls_total == 1 && loop.connection_count() == 0) {
      gone.put(true);
    } else {
      loop.after(Duration{5}, look);
    }
  };
  server.run([&](Loop&) { look(); });
  REQUIRE(gone.take());
  REQUIRE(server.sum(&LoopCounters::outbox_bytes) == 0);
}

TEST_CASE("a peer that is awaited to end its connection is cut off after linger_max",
          "[park][loop]") {
  LoopsOptions options = one_loop();
  options.loop.linger_max = Duration{30};
  const auto events = std::make_shared<ParkedEvents>();
  events->on_parked = [](Connection& connection) {
    connection.send(std::string("bye"));
    connection.await_close();
  };
  LoopbackServer server(
      [&](Connection&, const Heard&) {
        return Reply{.bytes = {}, .parked = scripted_parked(events), .mode = ParkMode::upgraded};
      },
      options);
  LoopbackClient client = server.connect();
  client.send(get("/"));
  REQUIRE(client.read_to_end() == "bye");
  REQUIRE(events->closed.take() == CloseReason::local);
  REQUIRE(server.sum(&LoopCounters::linger_timeouts_total) == 1);
}

TEST_CASE("an answer that hangs up is read whole, and its connection is over", "[park][loop]") {
  LoopbackServer server([&](Connection&, const Heard&) {
    return Reply{.bytes = ok("bye", false), .keep_alive = false, .hang_up = true};
  });
  LoopbackClient client = server.connect();
  client.send(get("/"));
  REQUIRE(client.read_to_end() == ok("bye", false));
  server.run([](Loop& loop) { REQUIRE(loop.connection_count() == 0); });
}

TEST_CASE("a peer that does not close after the last answer is cut off after linger_max",
          "[park][loop]") {
  auto options = one_loop();
  options.loop.linger_max = Duration{30};
  LoopbackServer server(echo, options);
  auto client = server.connect();
  client.send(get("/close"));
  REQUIRE(client.read_to_end() == ok("/close ", false));
  Mailbox<bool> gone;
  std::function<void()> look = [&] {
    Loop& loop = server.loops.loop(0);
    loop.connection_count() == 0 ? gone.put(true) : (void)loop.after(Duration{5}, look);
  };
  server.run([&](Loop&) { look(); });
  REQUIRE(gone.take());
  REQUIRE(server.sum(&LoopCounters::linger_timeouts_total) == 1);
}

TEST_CASE("trap 14: a large answer to a slow reader delays nobody", "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  LoopbackClient slow(server.loops.port(), "127.0.0.1", 4096);
  slow.send(get("/large"));
  slow.read(1);
  auto other = server.connect();
  for (int i = 0; i < 10; ++i) {
    other.send(get("/quick"));
    REQUIRE(other.read_answer() == ok("/quick "));
  }
  REQUIRE(slow.read_answer().size() == ok(std::string(32 << 20, 'x')).size() - 1);
}

TEST_CASE("trap 7: hundreds connect while the loop is busy", "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  std::latch release(1);
  server.loops.loop(0).post([&] { release.wait(); });
  std::vector<LoopbackClient> clients;
  for (int i = 0; i < 500; ++i) clients.push_back(server.connect());
  release.count_down();
  for (auto& client : clients) client.send(get("/"));
  for (auto& client : clients) REQUIRE(client.read_answer() == ok("/ "));
}

TEST_CASE("trap 12: each loop has its own listener and gets its share", "[park][loop]") {
  auto options = one_loop();
  options.loop_count = 2;
  LoopbackServer server(echo, options);
  std::vector<LoopbackClient> clients;
  for (int i = 0; i < 200; ++i) {
    clients.push_back(server.connect());
    clients.back().send(get("/"));
  }
  for (auto& client : clients) REQUIRE(client.read_answer() == ok("/ "));
  // Hashed by the kernel: 200 fair coins give fewer than 50 heads once in 10^12 runs.
  REQUIRE(server.loops.loop(0).counters().accepted_total >= 50);
  REQUIRE(server.loops.loop(1).counters().accepted_total >= 50);
}

TEST_CASE("trap 13: connections cost no thread", "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  const auto threads = thread_count();
  std::vector<LoopbackClient> clients;
  for (int i = 0; i < 500; ++i) {
    clients.push_back(server.connect());
    clients.back().send(get("/"));
  }
  for (auto& client : clients) client.read_answer();
  REQUIRE(thread_count() == threads);
}

TEST_CASE("IPv6 and IPv4 are served, also from one dual-stack listener", "[park][loop]") {
  struct Row {
    std::string host, address, peer;
  };
  const auto row = GENERATE(values<Row>({{"127.0.0.1", "127.0.0.1", "127.0.0.1"},
                                         {"::1", "::1", "::1"},
                                         {"::", "127.0.0.1", "127.0.0.1"},
                                         {"::", "::1", "::1"},
                                         {"localhost", "127.0.0.1", "127.0.0.1"}}));
  auto options = one_loop();
  options.listen.host = row.host;
  LoopbackServer server([](Connection& connection,
                           const Heard&) { return Reply{.bytes = ok(connection.peer().ip())}; },
                        options);
  LoopbackClient client(server.loops.port(), row.address);
  client.send(get("/"));
  REQUIRE(client.read_answer() == ok(row.peer));
}

TEST_CASE("a port in use is an error that says so, also against a second server of ours",
          "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  LoopsOptions options = one_loop();
  options.listen.port = server.loops.port();
  Loops second;
  const auto error = second.start(options, [](Loop&) { return nullptr; });
  REQUIRE(error.starts_with("port " + std::to_string(server.loops.port()) + " is in use"));
  REQUIRE(second.port() == 0);
  REQUIRE(second.size() == 0);
}

TEST_CASE("an address that is none is an error that says so", "[park][loop]") {
  LoopsOptions options = one_loop();
  Loops loops;
  options.listen.host = "no such host";
  REQUIRE(loops.start(options, [](Loop&) { return nullptr; })
              .starts_with("'no such host' is not an address to listen on"));
  options.listen.host = "192.0.2.1";  // RFC 5737: nobody's.
  REQUIRE(loops.start(options, [](Loop&) { return nullptr; }) ==
          "this machine has no address 192.0.2.1");
}

TEST_CASE("a handler that cannot be made stops the start", "[park][loop]") {
  Loops loops;
  const auto error = loops.start(one_loop(), [](Loop&) -> std::unique_ptr<RequestHandler> {
    throw std::runtime_error("no log");
  });
  REQUIRE(error == "no log");
}

// While it lives nobody in this process gets a descriptor, but in the place of one that was closed.
class NoneFree {
 public:
  NoneFree() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    rlimit none = before_;
    for (int fd = 0; fd < 4096; ++fd) {
      if (::fcntl(fd, F_GETFD) != -1) none.rlim_cur = static_cast<rlim_t>(fd) + 1;
    }
    ::setrlimit(RLIMIT_NOFILE, &none);
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) fillers_.push_back(fd);
  }
  NoneFree(const NoneFree&) = delete;
  NoneFree& operator=(const NoneFree&) = delete;
  ~NoneFree() {
    for (const int fd : fillers_) ::close(fd);
    ::setrlimit(RLIMIT_NOFILE, &before_);
  }

 private:
  rlimit before_{};
  std::vector<int> fillers_;
};

// Returns when no loop turns any more, until `released`.
void hold_loops(LoopbackServer& server, std::latch& released) {
  Mailbox<bool> held;
  for (std::size_t i = 0; i < server.loops.size(); ++i) {
    server.loops.loop(i).post([&] {
      held.put(true);
      released.wait();
    });
  }
  for (std::size_t i = 0; i < server.loops.size(); ++i) held.take();
}

TEST_CASE("without file descriptors accepting pauses, says so, and resumes", "[park][loop]") {
  auto options = one_loop();
  Mailbox<bool> paused;
  Mailbox<bool> resumed;
  options.loop.on_accept_paused = [&] { paused.put(true); };
  options.loop.on_accept_resumed = [&] { resumed.put(true); };
  const auto events = std::make_shared<ParkedEvents>();
  LoopbackServer server(
      [&](Connection& connection, const Heard& heard) -> Reply {
        if (heard.path == "/park") return {.bytes = {}, .parked = scripted_parked(events)};
        return echo(connection, heard);
      },
      options);
  // None is idle: one has a request under way, the other is parked.
  auto first = server.connect();
  first.send(get("/1"));
  first.read_answer();
  first.send("GET /2 HTTP/1.1\r\n");
  auto parked = server.connect();
  parked.send(get("/park"));
  Connection* const held = events->parked.take();

  std::latch limited(1);
  hold_loops(server, limited);
  auto waiting = server.connect();  // The kernel has completed it; accept is still to come.
  bool in_vain = false;
  {
    const NoneFree none_free;
    limited.count_down();
    paused.take();
    in_vain = resumed.empty();
  }
  REQUIRE(in_vain);
  first.send("Host: a\r\n\r\n");  // Those that are open are served meanwhile.
  REQUIRE(first.read_answer() == ok("/2 "));
  server.run([&](Loop&) { held->finish_parked(true, make_blob(ok("parked"))); });
  REQUIRE(parked.read_answer() == ok("parked"));
  first.close();
  waiting.send(get("/3"));
  REQUIRE(waiting.read_answer() == ok("/3 "));
  REQUIRE(resumed.take());
  // However often it was tried meanwhile, one shortage is told once.
  REQUIRE(server.sum(&LoopCounters::accept_pauses_total) == 1);
  REQUIRE(server.sum(&LoopCounters::idle_closed_total) == 0);
  REQUIRE(paused.empty());
}

TEST_CASE("without file descriptors the longest idle connections make room, on whichever loop",
          "[park][loop]") {
  auto options = one_loop();
  options.loop_count = GENERATE(1U, 3U);
  Mailbox<bool> paused;
  options.loop.on_accept_paused = [&] { paused.put(true); };
  LoopbackServer server(echo, options);
  std::vector<LoopbackClient> idle;
  for (int i = 0; i < 12; ++i) {
    idle.push_back(server.connect());
    idle.back().send(get("/idle"));
    idle.back().read_answer();
  }
  // The next request of the one that has waited longest comes together with the newcomers.
  std::latch limited(1);
  hold_loops(server, limited);
  std::vector<LoopbackClient> newcomers;
  for (int i = 0; i < 6; ++i) newcomers.push_back(server.connect());
  idle[0].send(get("/again"));
  {
    const NoneFree none_free;
    limited.count_down();
    for (LoopbackClient& newcomer : newcomers) {
      newcomer.send(get("/new"));
      REQUIRE(newcomer.read_answer() == ok("/new "));
    }
  }
  REQUIRE(idle[0].read_answer() == ok("/again "));
  // One that another loop was asked for may come when there is room again.
  const auto closed = server.sum(&LoopCounters::idle_closed_total);
  REQUIRE(closed >= 6);
  REQUIRE(closed < 6 + options.loop_count);
  REQUIRE(server.sum(&LoopCounters::accept_pauses_total) == 0);
  REQUIRE(paused.empty());
  if (options.loop_count > 1) return;
  for (std::size_t i = 1; i <= 6; ++i) REQUIRE(idle[i].read_to_end().empty());
  for (std::size_t i = 7; i < idle.size(); ++i) {
    idle[i].send(get("/still"));
    REQUIRE(idle[i].read_answer() == ok("/still "));
  }
}

TEST_CASE("tasks posted from many threads all run, in the order of each", "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  Loop& loop = server.loops.loop(0);
  std::vector<std::vector<int>> seen(4);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < seen.size(); ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 1'000; ++i) {
        loop.post([&, t, i] { seen[t].push_back(i); });
      }
    });
  }
  for (auto& thread : threads) thread.join();
  server.run([&](Loop& same) { REQUIRE(same.in_loop_thread()); });
  REQUIRE_FALSE(loop.in_loop_thread());
  for (const auto& order : seen) {
    REQUIRE(order.size() == 1'000);
    REQUIRE(std::is_sorted(order.begin(), order.end()));
  }
}

TEST_CASE("timers run on the loop, and not once cancelled", "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  Mailbox<std::string> ran;
  server.run([&](Loop& loop) {
    loop.after(Duration{20}, [&] { ran.put("later"); });
    loop.after(Duration{1}, [&] { ran.put("sooner"); });
    const auto never = loop.after(Duration{5}, [&] { ran.put("never"); });
    REQUIRE(loop.cancel(never));
  });
  REQUIRE(ran.take() == "sooner");
  REQUIRE(ran.take() == "later");
  REQUIRE(ran.empty());
}

TEST_CASE("a task for the turn's end runs in this turn; one it adds runs in the next",
          "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  Mailbox<std::uint64_t> turns;
  server.run([&](Loop& loop) {
    turns.put(loop.counters().turns_total);
    loop.at_turn_end([&] {
      turns.put(loop.counters().turns_total);
      loop.at_turn_end([&] { turns.put(loop.counters().turns_total); });
    });
  });
  const auto first = turns.take();
  REQUIRE(turns.take() == first);
  REQUIRE(turns.take() == first + 1);
}

TEST_CASE("stopping closes every connection, whatever it is doing", "[park][loop]") {
  auto server = std::make_unique<LoopbackServer>(echo, one_loop());
  auto idle = server->connect();
  idle.send(get("/"));
  idle.read_answer();
  auto sending = server->connect();
  sending.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhal");
  LoopbackClient reading(server->loops.port(), "127.0.0.1", 4096);
  reading.send(get("/large"));
  reading.read(1);
  const auto port = server->loops.port();
  server.reset();
  REQUIRE(idle.read_to_end().empty());
  REQUIRE(sending.read_to_end().empty());
  reading.read_to_end();
  REQUIRE_THROWS(LoopbackClient(port));
}

TEST_CASE("after stop_accepting the open connections go on", "[park][loop]") {
  LoopbackServer server(echo, one_loop());
  auto client = server.connect();
  client.send(get("/1"));
  client.read_answer();
  server.run([](Loop& loop) { loop.stop_accepting(); });
  client.send(get("/2"));
  REQUIRE(client.read_answer() == ok("/2 "));
  REQUIRE_THROWS(LoopbackClient(server.loops.port()));
}

}  // namespace
}  // namespace freshet::park
