// What the session knows of one connection, and what all transports have in common: who we are in
// a request, and what an end means. The folder's other files are the four transports: what each
// asks for and when.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/event.h"
#include "core/subscription_table.h"
#include "core/time.h"
#include "freshet/containers.h"
#include "freshet/transport.h"
#include "wire/control.h"

namespace freshet::core {

// One entry as this connection asked for it.
struct Ask {
  Entry* entry = nullptr;
  wire::Start start;
  bool accepted = false;  // Its messages count from `subscribed` (or hello) on.
  bool live = false;      // Its replay has caught up.
};

enum class Purpose : std::uint8_t {
  attempt,  // To have a connection at all.
  change,   // To take over with the present set of subscriptions.
  heal,     // To take over on a better transport.
};

// A connection from its opening to its end.
struct Connection {
  ConnectionId id = 0;
  Transport transport = Transport::websocket;
  Purpose purpose = Purpose::attempt;
  bool greeted = false;    // Hello has come.
  bool caught_up = false;  // A poll was answered to the end of the log, so that the next may wait.
  wire::Epoch epoch;       // From hello.
  Duration ping{25'000};
  Instant heard;         // When a frame last came, or it was opened.
  List<Ask> asks;        // In the order of the request.
  bool surplus = false;  // It carries entries that nobody wants any more.
  Text complaint;        // What the server said was wrong before it closed.
  // Told to go, when to come back and with what.
  bool dismissed = false;
  Duration floor{0};
  bool floor_is_own = false;  // Others were told another time.
  Text ticket;

  // Of the request in flight of a polling connection.
  bool requested = false;
  Instant requested_at;
  bool brought_message = false;
  Duration wait{0};
  bool answered = false;  // Its last line has come,
  bool more = false;      // and said that there is more,
  Duration interval{0};   // and how long to wait before the next.

  Ask* find(std::uint64_t ref);
};

constexpr bool is_polling(Transport transport) {
  return transport == Transport::polling || transport == Transport::long_polling;
}

// Told to the server with every stream and poll.
struct Identity {
  Text client;  // From hello; empty before the first.
  Text ticket;  // To be shown on the return; empty without one.
  std::string_view sdk;
};

void append_identity(Text& target, const Identity& identity);
// `pattern` for each ask, and `cursor` once when all are equal, else pairwise.
void append_asks(Text& target, const List<Ask>& asks);
// Whether all begin at the same place.
bool all_start_equal(const List<Ask>& asks);

// All entries, from where each stands.
List<Ask> ask_for_all(const SubscriptionTable& table);
// Whether every entry of the table, and none else, was asked for.
bool asks_for_all(const Connection& connection, const SubscriptionTable& table);
bool all_live(const Connection& connection);

// What the end of a connection means for the client.
struct Verdict {
  enum class Kind {
    failed,       // Try again by policy.
    busy,         // An answer: the server asks for patience.
    barred,       // This transport alone does not work here: 404, 426.
    unsupported,  // This runtime does not have it.
    final,        // The client must not come back by itself.
  };
  Kind kind = Kind::failed;
  std::optional<Duration> floor;  // Not before then.
  bool floor_is_own = false;      // And then exactly: others were told another time.
  Text ticket;
  Error error;  // For people; the client's last word when final.
};

Verdict judge(const Connection& connection, const ConnectionEnd& end);

}  // namespace freshet::core
