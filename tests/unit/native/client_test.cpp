// The public client on the native platform against a scripted server: callbacks, threads, ends.
#include "freshet/client.h"

#include <atomic>
#include <catch2/catch_test_macros.hpp>
#include <catch2/generators/catch_generators.hpp>
#include <deque>
#include <memory>
#include <thread>
#include <utility>

#include "freshet/json.h"
#include "freshet/native.h"
#include "unit/native/recorder.h"
#include "wire/websocket_frame.h"

namespace freshet::test {
namespace {

constexpr std::string_view hello =
    R"({"op":"hello","version":1,"epoch":"e","cursor":"e:5","recovered":true,"ping":25000,"window":100,"client":"c1"})";

std::string message(int id, std::string_view topic, std::string_view data) {
  return R"({"id":)" + std::to_string(id) + R"(,"topic":")" + std::string(topic) +
         R"(","time":1790000000123,"data":)" + std::string(data) + "}";
}

std::string sse_head() { return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"; }

std::string sse(std::string_view event, std::string_view frame) {
  return (event.empty() ? std::string() : "event: " + std::string(event) + "\n") +
         "data: " + std::string(frame) + "\n\n";
}

std::string answer(std::string_view body, std::string_view type = "application/x-ndjson") {
  return "HTTP/1.1 200 OK\r\nContent-Type: " + std::string(type) +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

// What a subscription was told, as lines: "prices.A 6 {…}", "gap …", "live", "error …".
class Notes {
 public:
  std::function<void(const Message&)> on_message() {
    return [this](const Message& m) {
      add(std::string(m.topic) + ' ' + std::to_string(m.id) + ' ' + std::string(m.data));
    };
  }
  SubscribeOptions options(std::string cursor = "latest") {
    return {
        .cursor = std::move(cursor),
        .on_gap = [this](const Gap& g) { add("gap " + g.after + ' ' + g.until + ' ' + g.reason); },
        .on_live = [this] { add("live"); },
        .on_error = [this](const Error& e) { add("error " + std::string(to_string(e.code))); }};
  }
  void add(std::string line) {
    lines_.change([&](auto& lines) { lines.push_back(std::move(line)); });
  }
  std::vector<std::string> wait(std::size_t count) {
    return lines_.wait([&](const auto& lines) { return lines.size() >= count; });
  }

 private:
  Watched<std::vector<std::string>> lines_;
};

ClientOptions only(Transport transport) {
  return {.transports = {transport}, .reconnect = Reconnect::none};
}

std::string ref_of(std::string_view frame) {
  constexpr std::string_view name = R"("ref":)";
  const std::size_t begin = frame.find(name) + name.size();
  return std::string(frame.substr(begin, frame.find(',', begin) - begin));
}

// Takes a client's WebSocket to where its one subscription (ref in the frame) is answered.
Peer live_websocket(FakeServer& server) {
  Peer peer = server.accept();
  peer.accept_websocket();
  peer.write_text(hello);
  const std::string ref = ref_of(peer.read_frame().payload);
  peer.write_text(R"({"op":"subscribed","ref":)" + ref + R"(,"cursor":"e:5","recovered":true})");
  peer.write_text(R"({"op":"live","ref":)" + ref + R"(,"cursor":"e:5"})");
  return peer;
}

}  // namespace

TEST_CASE("a subscription over a WebSocket delivers messages, and its end is told the server",
          "[native][client]") {
  FakeServer server;
  Notes notes;
  Client client{server.url() + "/base/", only(Transport::websocket)};
  auto prices = client.subscribe("prices.*", notes.on_message(), notes.options());
  REQUIRE(prices);
  Peer peer = server.accept();
  const auto request = peer.accept_websocket();
  CHECK(request.line().starts_with("GET /base/v1/ws?"));
  CHECK(request.line().find("sdk=cpp") != std::string::npos);
  CHECK(request.header("Authorization").empty());
  peer.write_text(hello);
  const auto subscribe = peer.read_frame();
  CHECK(subscribe.payload.find(R"("patterns":["prices.*"])") != std::string::npos);
  const std::string ref = ref_of(subscribe.payload);
  peer.write_text(R"({"op":"subscribed","ref":)" + ref + R"(,"cursor":"e:5","recovered":true})");
  peer.write_text(R"({"op":"live","ref":)" + ref + R"(,"cursor":"e:5"})");
  peer.write_text(message(6, "prices.A", R"({"bid":1.5})"));
  CHECK(notes.wait(2) == std::vector<std::string>{"live", R"(prices.A 6 {"bid":1.5})"});
  CHECK(prices->cursor() == "e:6");
  prices->close();
  CHECK(peer.read_frame().payload.find(R"("op":"unsubscribe")") != std::string::npos);
}

TEST_CASE("a WebSocket message may hold several frames, a line each", "[native][client]") {
  FakeServer server;
  Notes notes;
  Client client{server.url(), only(Transport::websocket)};
  auto all = client.subscribe(">", notes.on_message(), notes.options());
  Peer peer = server.accept();
  CHECK(peer.accept_websocket().line().find("lines=1") != std::string::npos);
  peer.write_text(hello);
  const std::string ref = ref_of(peer.read_frame().payload);
  peer.write_text(R"({"op":"subscribed","ref":)" + ref + R"(,"cursor":"e:5","recovered":true})" +
                  '\n' + R"({"op":"live","ref":)" + ref + R"(,"cursor":"e:5"})" + '\n' +
                  R"({"op":"gap","pattern":">","after":"e:5","until":"e:9","reason":"slow"})" +
                  '\n' + message(10, "a", "1") + '\n' + message(11, "a", R"("b\n")"));
  CHECK(notes.wait(4) ==
        std::vector<std::string>{"live", "gap e:5 e:9 slow", "a 10 1", R"(a 11 "b\n")"});
  peer.write_text(message(12, "a", "2"));
  CHECK(notes.wait(5).back() == "a 12 2");
}

TEST_CASE("frames behind the one whose listener closes the client are not told",
          "[native][client]") {
  FakeServer server;
  Notes notes;
  Client client{server.url(), only(Transport::websocket)};
  Watched<int> heard;
  auto all = client.subscribe(">", [&](const Message&) {
    heard.change([](int& count) { ++count; });
    client.close();
  });
  Peer peer = live_websocket(server);
  peer.write_text(message(6, "a", "1") + '\n' + message(7, "a", "2") + '\n' + message(8, "a", "3"));
  while (peer.read_frame().opcode != 8) {
  }
  CHECK(heard.wait([](int count) { return count > 0; }) == 1);
}

// centrifuge-js#391: calls from inside a handler got the client stuck; phoenix#6578: it came back.
TEST_CASE("a client closed by its state listener tells nothing more, and stays closed",
          "[native][client]") {
  using Kinds = std::vector<std::string>;
  const Kinds all{"idle", "connecting", "live", "waiting"};
  const std::size_t last = GENERATE(1, 2, 3);
  FakeServer server;
  Watched<Kinds> told;
  Client client{server.url(), only(Transport::sse)};
  client.on_state([&](const State& state) {
    std::string kind = to_string(state);
    kind.resize(std::min(kind.find_first_of(" ,"), kind.size()));
    told.change([&](Kinds& kinds) { kinds.push_back(kind); });
    if (kind == all[last]) client.close();
  });
  auto ours = client.subscribe("ours", [](const Message&) {});
  if (last > 1) {
    Peer peer = server.accept();
    CHECK(peer.read_request().line().find("pattern=ours") != std::string::npos);
    peer.write(sse_head() + sse("control", hello));
    told.wait([](const Kinds& kinds) { return kinds.size() > 2; });
  }
  const auto enough = [last](const Kinds& kinds) { return kinds.size() > last; };
  const Kinds expected(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(last) + 1);
  CHECK(told.wait(enough) == expected);
  INFO("another that connects only now shows that there was time to come back");
  Client other{server.url(), only(Transport::sse)};
  auto others = other.subscribe("others", [](const Message&) {});
  CHECK(server.accept().read_request().line().find("pattern=others") != std::string::npos);
  CHECK(told.wait(enough) == expected);
}

// centrifuge-js#393: a failed POST was noticed only by the timeout of its call.
TEST_CASE("a POST that fails is repeated with its key long before the publish times out",
          "[native][client]") {
  FakeServer server;
  Client client{server.url(), only(Transport::sse)};
  auto all = client.subscribe("a", [](const Message&) {});
  Peer stream = server.accept();
  stream.read_request();
  auto ack = client.publish_json("a", "1", {.timeout = std::chrono::minutes{10}});
  stream.write(sse_head() + sse("control", hello));
  std::string first;
  {
    Peer peer = server.accept();
    first = peer.read_request().body;
    peer.write(
        "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  }
  Peer peer = server.accept();
  CHECK(peer.read_request().body == first);
  peer.write(answer("{\"op\":\"ack\",\"ref\":0,\"id\":7}\n"));
  CHECK(ack.get()->id == 7);
}

TEST_CASE("a gap is told before what survived it", "[native][client]") {
  FakeServer server;
  Notes notes;
  Client client{server.url(), only(Transport::websocket)};
  auto all = client.subscribe(">", notes.on_message(), notes.options());
  Peer peer = live_websocket(server);
  peer.write_text(R"({"op":"gap","pattern":">","after":"e:5","until":"e:9","reason":"slow"})");
  peer.write_text(message(10, "a", "1"));
  CHECK(notes.wait(3) == std::vector<std::string>{"live", "gap e:5 e:9 slow", "a 10 1"});
}

TEST_CASE("a subscription over Server-Sent Events resumes at its cursor after a cut",
          "[native][client]") {
  FakeServer server;
  Notes notes;
  Client client{server.url(), only(Transport::sse)};
  auto all = client.subscribe("a.>", notes.on_message());
  {
    Peer peer = server.accept();
    const auto request = peer.read_request();
    CHECK(request.line().starts_with("GET /v1/sse?pattern=a."));
    CHECK(request.header("Accept") == "text/event-stream");
    peer.write(sse_head() + sse("control", hello) + sse("", message(6, "a.b", "[1]")));
    notes.wait(1);
  }
  Peer peer = server.accept();
  CHECK(peer.read_request().line().find("cursor=e:6") != std::string::npos);
  peer.write(sse_head() + sse("control", hello) + sse("", message(6, "a.b", "[1]")) +
             sse("", message(7, "a.b", "[2]")));
  CHECK(notes.wait(2) == std::vector<std::string>{"a.b 6 [1]", "a.b 7 [2]"});
}

TEST_CASE("an answer that is no event stream does not count as one", "[native][client]") {
  FakeServer server;
  Watched<std::vector<std::string>> reasons;
  Client client{server.url(), {.transports = {Transport::sse}}};
  client.on_state([&](const State& state) {
    if (const auto* waiting = std::get_if<state::Waiting>(&state.kind)) {
      reasons.change([&](auto& all) { all.push_back(waiting->reason); });
    }
  });
  auto all = client.subscribe("a", [](const Message&) {});
  Peer peer = server.accept();
  peer.read_request();
  peer.write(answer("<html>log in first</html>", "text/html"));
  const auto told = reasons.wait([](const auto& r) { return !r.empty(); });
  REQUIRE(!told.empty());
  CHECK(told[0].find("text/html") != std::string::npos);
}

TEST_CASE("long polls follow each other on one connection", "[native][client]") {
  FakeServer server;
  Notes notes;
  Client client{server.url(), only(Transport::long_polling)};
  auto all = client.subscribe("a", notes.on_message());
  Peer peer = server.accept();
  CHECK(peer.read_request().line().starts_with("GET /v1/poll?pattern=a&"));
  peer.write(answer(std::string(hello) + "\n" +
                    R"({"op":"next","cursor":"e:5","window":100,"interval":1000,"more":false})"
                    "\n"));
  for (int id = 6; id < 9; ++id) {
    const auto line = peer.read_request().line();
    CHECK(line.find("cursor=e:" + std::to_string(id - 1)) != std::string::npos);
    const auto id_text = std::to_string(id);
    peer.write(answer(std::string(hello) + "\n" + message(id, "a", id_text) + "\n" +
                      R"({"op":"next","cursor":"e:)" + id_text +
                      R"(","window":100,"interval":1000,"more":false})" + "\n"));
  }
  CHECK(notes.wait(3) == std::vector<std::string>{"a 6 6", "a 7 7", "a 8 8"});
}

TEST_CASE("a poll comes at its slot on the connection on which it was refused",
          "[native][client]") {
  const Transport transport = GENERATE(Transport::long_polling, Transport::polling);
  FakeServer server;
  Client client(server.url(), {.transports = {transport}, .reconnect = Reconnect::none});
  Notes notes;
  const auto subscription = client.subscribe("prices.*", notes.on_message(), notes.options());
  Peer peer = server.accept();
  peer.read_request();
  peer.write(
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
      "Freshet-Retry-After-Ms: 1\r\nFreshet-Ticket: slot-9\r\n\r\n");
  CHECK(peer.read_request().line().find("ticket=slot-9") != std::string::npos);
  // Without a slot there it is tried on a path of its own: a server that drains may go on answering
  // on this one, where a new one leads to another.
  peer.write(
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
      "Freshet-Retry-After-Ms: 1\r\n\r\n");
  Peer other = server.accept();
  CHECK(other.read_request().line().starts_with("GET /v1/poll"));
}

TEST_CASE("a slot that is not waited for keeps no later poll on its connection",
          "[native][client]") {
  FakeServer server;
  Client client(server.url(), {.transports = {Transport::long_polling, Transport::sse},
                               .reconnect = Reconnect::none,
                               .reprobe_after = Duration{10}});
  Notes notes;
  const auto subscription = client.subscribe("prices.*", notes.on_message(), notes.options());
  Peer barred = server.accept();
  barred.read_request();
  barred.write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
  Peer events = server.accept();
  CHECK(events.read_request().line().starts_with("GET /v1/sse"));
  events.write(sse_head() + sse("control", hello));
  // Live, it looks whether the better transport works by now; nobody comes at the slot it is told.
  Peer probe = server.accept();
  CHECK(probe.read_request().line().starts_with("GET /v1/poll"));
  probe.write(
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n"
      "Freshet-Retry-After-Ms: 1\r\nFreshet-Ticket: slot-9\r\n\r\n");
  Peer next = server.accept();
  const std::string line = next.read_request().line();
  CHECK(line.starts_with("GET /v1/poll"));
  CHECK(line.find("ticket=") == std::string::npos);
}

TEST_CASE("a publish over a WebSocket carries its payload and comes to its id",
          "[native][client]") {
  FakeServer server;
  Client client{server.url(), only(Transport::websocket)};
  auto ack = client.publish("chat.lobby", nlohmann::json{{"text", "hi"}}, {.key = "k1"});
  Peer peer = server.accept();
  peer.accept_websocket();
  peer.write_text(hello);
  const auto frame = peer.read_frame().payload;
  CHECK(frame.find(R"("topic":"chat.lobby","key":"k1","data":{"text":"hi"}})") !=
        std::string::npos);
  const auto ref = nlohmann::json::parse(frame)["ref"].dump();
  peer.write_text(R"({"op":"ack","ref":)" + ref + R"(,"id":12})");
  REQUIRE(ack.wait_for(patience) == std::future_status::ready);
  const auto outcome = ack.get();
  REQUIRE(outcome);
  CHECK(outcome->id == 12);
}

TEST_CASE("publishes beside an event stream are posted, each line answered for itself",
          "[native][client]") {
  FakeServer server;
  Client client{server.url(), only(Transport::sse)};
  auto all = client.subscribe("a", [](const Message&) {});
  Peer stream = server.accept();
  stream.read_request();
  auto good = client.publish_json("a", "{\n\"x\": 1\r\n}");
  auto bad = client.publish_json("a", "2");
  stream.write(sse_head() + sse("control", hello));
  Peer peer = server.accept();
  const auto request = peer.read_request();
  CHECK(request.line() == "POST /v1/publish?epoch=e HTTP/1.1");
  std::vector<nlohmann::json> lines;
  std::string_view rest = request.body;
  for (auto end = rest.find('\n'); end != std::string_view::npos; end = rest.find('\n')) {
    lines.push_back(nlohmann::json::parse(rest.substr(0, end)));
    rest.remove_prefix(end + 1);
  }
  REQUIRE(lines.size() == 2);
  CHECK(lines[0]["data"] == nlohmann::json{{"x", 1}});
  CHECK(lines[1]["data"] == 2);
  peer.write(answer(R"({"op":"ack","ref":0,"id":7})"
                    "\n"
                    R"({"op":"error","ref":1,"code":"too_large","message":"no"})"
                    "\n"));
  REQUIRE(good.wait_for(patience) == std::future_status::ready);
  REQUIRE(bad.wait_for(patience) == std::future_status::ready);
  CHECK(good.get()->id == 7);
  CHECK(bad.get().error().code == ErrorCode::too_large);
}

TEST_CASE("what cannot be is refused at once", "[native][client]") {
  FakeServer server;
  Client client{server.url()};
  const auto nothing = [](const Message&) {};
  CHECK(client.subscribe("a..b", nothing).error().code == ErrorCode::invalid_pattern);
  CHECK(client.subscribe("a", nothing, {.cursor = "soon"}).error().code ==
        ErrorCode::invalid_cursor);
  CHECK(client.subscribe("a", nullptr).error().code == ErrorCode::invalid_argument);
  CHECK(client.publish_json("a", "1}\n{\"topic\":\"b\",\"data\":2").get().error().code ==
        ErrorCode::invalid_json);
  CHECK(client.publish_json("a", "\"\xFF\"").get().error().code == ErrorCode::invalid_json);
  CHECK(client.publish("a", std::string("\xFF")).get().error().code == ErrorCode::invalid_json);
  CHECK(client.publish_json("a b", "1").get().error().code == ErrorCode::invalid_topic);
  CHECK(client.set_transports({}).error().code == ErrorCode::invalid_argument);
  CHECK_FALSE(server.has_caller());
}

TEST_CASE("a bad address is told by every call, and by a closed state", "[native][client]") {
  Watched<std::vector<std::string>> states;
  Client client{"ftp://x"};
  CHECK(client.subscribe("a", [](const Message&) {}).error().code == ErrorCode::invalid_url);
  CHECK(client.publish_json("a", "1").get().error().code == ErrorCode::invalid_url);
  CHECK(std::holds_alternative<state::Closed>(client.state().kind));
  client.on_state([&](const State& state) {
    states.change([&](auto& all) { all.push_back(to_string(state)); });
  });
  CHECK(states.wait([](const auto& all) { return !all.empty(); }).size() == 1);
}

TEST_CASE("the token is asked for before each connection", "[native][client]") {
  FakeServer server;
  int asked = 0;
  auto options = only(Transport::sse);
  options.token = [&] { return "t" + std::to_string(++asked); };
  Client client{server.url(), std::move(options)};
  auto all = client.subscribe("a", [](const Message&) {});
  for (const char* expected : {"Bearer t1", "Bearer t2"}) {
    Peer peer = server.accept();
    CHECK(peer.read_request().header("Authorization") == expected);
  }
}

TEST_CASE("a token with a line end in it adds no header", "[native][client]") {
  FakeServer server;
  auto options = only(Transport::sse);
  options.token = [] { return "t\r\nX-Evil: 1"; };
  Client client{server.url(), std::move(options)};
  auto all = client.subscribe("a", [](const Message&) {});
  const auto request = server.accept().read_request();
  CHECK(request.header("X-Evil").empty());
  CHECK(request.header("Authorization").empty());
}

TEST_CASE("typed data is read, and what is none goes to on_error", "[native][client]") {
  FakeServer server;
  Notes notes;
  Client client{server.url(), only(Transport::websocket)};
  auto numbers = client.subscribe<int>(
      "a", [&](const MessageOf<int>& m) { notes.add(std::to_string(m.data)); },
      {.on_error = [&](const Error& e) { notes.add(std::string(to_string(e.code))); }});
  REQUIRE(numbers);
  Peer peer = live_websocket(server);
  peer.write_text(message(6, "a", R"("six")"));
  peer.write_text(message(7, "a", "7"));
  CHECK(notes.wait(2) == std::vector<std::string>{"invalid_json", "7"});
}

TEST_CASE("a refused subscription ends with its error, others go on", "[native][client]") {
  FakeServer server;
  Notes notes;
  Client client{server.url(), only(Transport::websocket)};
  auto secret = client.subscribe("secret", notes.on_message(), notes.options());
  Peer peer = server.accept();
  peer.accept_websocket();
  peer.write_text(hello);
  const auto ref = nlohmann::json::parse(peer.read_frame().payload)["ref"].dump();
  peer.write_text(R"({"op":"error","ref":)" + ref + R"(,"code":"forbidden","message":"no"})");
  CHECK(notes.wait(1) == std::vector<std::string>{"error forbidden"});
  secret->close();
}

TEST_CASE("a subscription closed by another's callback gets nothing more of the same message",
          "[native][client]") {
  FakeServer server;
  Client client{server.url(), only(Transport::websocket)};
  Notes notes;
  Result<Subscription> first = Error{};
  Result<Subscription> second = Error{};
  // Two that are identical share one entry on the wire, so one frame is for both.
  first = client.subscribe("a", [&](const Message&) {
    notes.add("first");
    second->close();
  });
  second = client.subscribe("a", [&](const Message&) {
    notes.add("second");
    first->close();
  });
  Peer peer = live_websocket(server);
  peer.write_text(message(6, "a", "1"));
  peer.write_text(message(7, "a", "1"));
  const auto lines = notes.wait(2);
  REQUIRE(lines.size() == 2);
  CHECK(lines[0] == lines[1]);
  client.close();
}

TEST_CASE("a client destroyed inside its own callback calls back no more", "[native][client]") {
  FakeServer server;
  Notes notes;
  auto client = std::make_unique<Client>(server.url(), only(Transport::websocket));
  Result<Subscription> all = client->subscribe("a", [&](const Message& m) {
    client.reset();
    notes.add(std::string(m.data));
  });
  Peer peer = live_websocket(server);
  peer.write(wire::encode_frame(wire::Opcode::text, message(6, "a", "1")) +
             wire::encode_frame(wire::Opcode::text, message(7, "a", "2")));
  while (peer.read_frame().opcode != 8) continue;
  peer.write(wire::encode_frame(wire::Opcode::close, wire::close_payload(1000, "")));
  CHECK(peer.read_end());
  CHECK(notes.wait(1) == std::vector<std::string>{"1"});
  CHECK(all->cursor().empty());
}

TEST_CASE("a client destroyed while it asks for its token takes its platform along",
          "[native][client]") {
  FakeServer server;
  Notes notes;
  std::unique_ptr<Client> client;
  auto options = only(GENERATE(Transport::websocket, Transport::sse, Transport::polling));
  options.token = [&] {
    client.reset();
    notes.add("gone");
    return std::string("t");
  };
  client = std::make_unique<Client>(server.url(), options, make_native_platform());
  auto all = client->subscribe("a", notes.on_message());
  CHECK(notes.wait(1) == std::vector<std::string>{"gone"});
  CHECK(all->cursor().empty());
}

TEST_CASE("a client's destructor waits for the callback that is running", "[native][client]") {
  FakeServer server;
  std::promise<void> inside;
  std::promise<void> go_on;
  std::atomic<bool> finished = false;
  {
    Client client{server.url(), only(Transport::websocket)};
    auto all = client.subscribe("a", [&](const Message&) {
      inside.set_value();
      go_on.get_future().wait();
      finished = true;
    });
    Peer peer = live_websocket(server);
    peer.write_text(message(6, "a", "1"));
    inside.get_future().wait();
    std::thread waker([&] { go_on.set_value(); });
    waker.detach();
  }
  CHECK(finished);
}

TEST_CASE("a publish that waits when the client is closed fails with closed", "[native][client]") {
  FakeServer server;
  std::future<Result<Ack>> ack;
  {
    Client client{server.url(), only(Transport::websocket)};
    ack = client.publish_json("a", "1");
  }
  REQUIRE(ack.wait_for(patience) == std::future_status::ready);
  CHECK(ack.get().error().code == ErrorCode::closed);
}

TEST_CASE("callbacks run through the executor, in order", "[native][client]") {
  FakeServer server;
  Watched<std::deque<std::function<void()>>> queue;
  auto options = only(Transport::websocket);
  options.executor = [&](std::function<void()> task) {
    queue.change([&](auto& tasks) { tasks.push_back(std::move(task)); });
  };
  std::vector<std::string> seen;  // By this thread only.
  const auto run = [&](std::size_t wanted) {
    while (seen.size() < wanted) {
      REQUIRE(!queue.wait([](const auto& tasks) { return !tasks.empty(); }).empty());
      std::function<void()> task;
      queue.change([&](auto& tasks) {
        task = std::move(tasks.front());
        tasks.pop_front();
      });
      task();
    }
  };
  {
    Client client{server.url(), std::move(options)};
    auto all = client.subscribe(
        "a",
        [&](const Message& m) { seen.emplace_back(std::string(m.topic) + std::string(m.data)); },
        {.on_live = [&] { seen.emplace_back("live"); }});
    Peer peer = live_websocket(server);
    for (int id = 6; id < 9; ++id) peer.write_text(message(id, "a", std::to_string(id)));
    run(4);
    CHECK(seen == std::vector<std::string>{"live", "a6", "a7", "a8"});
    peer.write_text(message(9, "a", "9"));
    queue.wait([](const auto& tasks) { return !tasks.empty(); });
  }
  // What was queued before the client was destroyed runs to nothing.
  queue.change([](auto& tasks) {
    for (auto& task : tasks) task();
  });
  CHECK(seen.size() == 4);
}

TEST_CASE("calls from many threads at once are all carried out", "[native][client]") {
  FakeServer server;
  Client client{server.url(), only(Transport::websocket)};
  auto kept = client.subscribe("kept", [](const Message&) {});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&client, i] {
      for (int round = 0; round < 50; ++round) {
        auto s = client.subscribe("t" + std::to_string(i), [](const Message&) {});
        auto moved = *std::move(s);
        moved.cursor();
        client.state();
        client.publish_json("a", "1", {.timeout = Duration{60'000}});
        client.on_state([](const State&) {});
      }
    });
  }
  Peer peer = server.accept();
  peer.accept_websocket();
  peer.write_text(hello);
  for (auto& thread : threads) thread.join();
  // It is still the same connection, and it works.
  auto last = client.subscribe("last", [](const Message&) {});
  while (peer.read_frame().payload.find(R"("patterns":["last"])") == std::string::npos) continue;
}

TEST_CASE("one thread serves many clients", "[native][client]") {
  FakeServer server;
  auto platform = make_native_platform();
  Notes notes;
  std::vector<std::unique_ptr<Client>> clients;
  std::vector<Subscription> subscriptions;
  std::vector<Peer> peers;
  for (int i = 0; i < 50; ++i) {
    clients.push_back(std::make_unique<Client>(server.url(), only(Transport::websocket), platform));
    subscriptions.push_back(*clients.back()->subscribe("a", notes.on_message()));
    peers.push_back(live_websocket(server));
  }
  for (Peer& peer : peers) peer.write_text(message(6, "a", "1"));
  CHECK(notes.wait(50).size() == 50);
}

}  // namespace freshet::test
