// A client in virtual time, with the port and the server played by the test: everything the core
// asks for is recorded, and time moves only by advance().
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/client.h"
#include "wire/control.h"

namespace freshet::core {

// What a hello says; the rest of it is ordinary.
struct Greeting {
  std::string epoch = "k3f9";
  std::uint64_t id = 100;
  bool recovered = true;
  Duration ping{25'000};
  Duration window{1'000};
  std::vector<std::string> cursors = {};
};

// What the core asked for, as the tests look at it.
struct SendText {
  ConnectionId connection = 0;
  std::string text;
};
struct SendPublish {
  ConnectionId connection = 0;
  PublishId publish = 0;
  std::string text;
};
struct PostPublishes {
  struct Line {
    PublishId publish = 0;
    std::string text;
  };
  RequestId request = 0;
  std::string target;
  std::vector<Line> lines;
};
struct CancelPost {
  RequestId request = 0;
};
struct CloseConnection {
  ConnectionId connection = 0;
  std::uint16_t code = 0;
};
struct TellGap {
  SubscriptionId subscription = 0;
  wire::Gap gap;
};
struct TellSubscriptionError {
  SubscriptionId subscription = 0;
  Error error;
};
struct TellPublished {
  PublishId publish = 0;
  Result<std::uint64_t> id = Error{};
};
// What the server says of one line of a POST.
struct PublishAnswer {
  PublishId publish = 0;
  Result<std::uint64_t> id = Error{};
};

std::string hello(const Greeting& greeting = {});
std::string message(std::uint64_t id, std::string_view topic = "prices.AAPL");
std::string live(std::string_view cursor);
std::string next(std::string_view cursor, bool more = false, Duration interval = Duration{4'000});
// The values of one parameter of a target, in order. Colons and commas are not encoded there.
std::vector<std::string> parameters(std::string_view target, std::string_view name);

class ClientDriver {
 public:
  struct Opened {
    ConnectionId connection = 0;
    Transport transport = Transport::websocket;
    std::string target;
    std::string body;
    Instant at;
  };
  struct Delivered {
    SubscriptionId subscription;
    std::uint64_t id;
    friend bool operator==(const Delivered&, const Delivered&) = default;
  };

  explicit ClientDriver(ClientConfig config = {}, std::uint64_t seed = 7);

  // The application. Actions are taken out unless `turn` is held open.
  SubscriptionId subscribe(std::string_view pattern, std::string_view cursor = "latest");
  void unsubscribe(SubscriptionId subscription);
  PublishId publish(std::string_view topic = "chat.lobby", std::size_t bytes = 10,
                    Duration timeout = Duration{30'000});
  void close();
  // Calls made inside run in one turn: actions are taken out behind them.
  void in_one_turn(const std::function<void()>& calls);

  // The server and the network.
  void frame(ConnectionId connection, std::string_view text);
  void end(ConnectionId connection, ConnectionEnd end);
  void lose(ConnectionId connection) { end(connection, {.kind = EndKind::lost}); }
  void refuse(ConnectionId connection, std::uint16_t status) {
    end(connection, {.kind = EndKind::refused, .http_status = status});
  }
  void close_by_server(ConnectionId connection, std::uint16_t code) {
    end(connection, {.kind = EndKind::closed, .close_code = code});
  }
  void network(NetworkEvent event);
  // Frames of a poll answer and its end.
  void answer(ConnectionId connection, const std::vector<std::string>& lines);
  void answer_publishes(const std::vector<PublishAnswer>& answers);
  void fail_publishes(ConnectionEnd end);

  // One subscription, live on this transport, first in the list; returns the connection.
  ConnectionId go_live(Transport transport, std::string_view pattern = "prices.*",
                       const Greeting& greeting = {});
  // Says hello on a WebSocket, and answers each subscribe with subscribed and live.
  void greet_websocket(ConnectionId connection, const Greeting& greeting = {});

  // Lets time pass, firing each timer when it is due; or all at once at the end, as after a sleep.
  void advance(Duration duration);
  void sleep(Duration duration);
  // To the next timer; false if there is none.
  bool advance_to_next_timeout();
  // The time until the next connection is opened; gives up after a day.
  Duration time_until_opened();

  const Opened& opened() const;  // The last one.
  bool is_closed(ConnectionId connection) const;
  std::string state() const { return to_string(client.state()); }
  bool is_live() const { return client.status().kind == Status::Kind::live; }
  bool is_waiting() const { return client.status().kind == Status::Kind::waiting; }
  state::Waiting waiting() const { return std::get<state::Waiting>(client.state().kind); }
  // Ids delivered to one subscription, in order.
  std::vector<std::uint64_t> ids(SubscriptionId subscription) const;
  // Text messages sent on a connection.
  std::vector<std::string> sent(ConnectionId connection) const;
  // The outcome of a publish; nullptr while there is none.
  const Result<std::uint64_t>* outcome(PublishId publish) const;

  Error refused;  // Why the client's last call was.
  Client client;
  Instant now{Duration{1'000'000}};
  std::vector<Opened> openings;
  std::vector<CloseConnection> closings;
  std::vector<SendText> texts;
  std::vector<SendPublish> publishes;
  std::vector<PostPublishes> posts;
  std::vector<CancelPost> cancelled_posts;
  std::vector<TellGap> gaps;
  std::vector<SubscriptionId> lives;
  std::vector<TellSubscriptionError> errors;
  std::vector<TellPublished> outcomes;
  std::vector<Delivered> delivered;
  std::vector<std::string> states;
  // Run for each delivery, as an application's callback would be.
  std::function<void(const Delivered&)> on_message;
  std::function<void()> on_state;

 private:
  void take_actions();
  void perform(const Action& action);

  std::vector<PostPublishes::Line> lines_;  // Of the next POST.
  bool turn_held_ = false;
};

}  // namespace freshet::core
