// What the session knows of one connection, and what all transports have in common: who we are in
// a request, and what an end means. The folder's other files are the four transports: what each
// asks for and when.
#pragma once

#include <cstddef>
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
  std::size_t place = 0;  // In the request; others may be given up before it is answered.
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
  Duration ping{0};        // From hello.
  Instant heard;           // When a frame last came, or it was opened.
  List<Ask> asks;          // In the order of the request.
  bool surplus = false;    // It carries entries that nobody wants any more.
  Text complaint;          // What the server said was wrong before it closed, or how it ended.
  bool dismissed = false;  // Told to go.
  Duration floor{0};       // Not to come back before then; negative: nothing was said.
  bool floor_is_own = false;  // But exactly then: others were told another time.
  Text ticket;                // To be shown there.

  // Of the request in flight of a polling connection.
  bool requested = false;
  Instant requested_at;
  bool brought_message = false;
  Duration wait{0};
  bool answered = false;  // Its last line has come,
  bool more = false;      // and said that there is more,
  Duration interval{0};   // and how long to wait before the next.

  // nullptr when it was not asked for.
  Ask* find(std::uint64_t ref);
};

constexpr bool is_polling(Transport transport) { return transport >= Transport::long_polling; }

// Told to the server with every stream and poll.
struct Identity {
  Text client;  // From hello; empty before the first.
  Text ticket;  // To be shown on the return; empty without one.
  std::string_view sdk;
};

void append_identity(Text& members, const Identity& identity);
// `pattern` for each ask, and `cursor` once when all are equal, else pairwise.
void append_asks(Text& members, const List<Ask>& asks);

// Has the connection ask for all entries, from where each stands.
void ask_for_all(Connection& connection, const SubscriptionTable& table);
// Whether every entry of the table was asked for. None else is, and none twice.
bool asks_for_all(const Connection& connection, const SubscriptionTable& table);
bool all_live(const Connection& connection);

// What the end of a connection means for the client.
enum class Verdict {
  failed,       // Try again by policy.
  busy,         // An answer: the server asks for patience.
  barred,       // This transport alone does not work here: 404, 426.
  unsupported,  // This runtime does not have it.
  final,        // The client must not come back by itself.
};

// Notes in the connection what its end says of the return and, for people, of the cause.
Verdict judge(Connection& connection, const End& end);

// The server's or the platform's words for it, or ours, behind what is in `out`.
void append_sentence(Text& out, const End& end);

// The client's last word when a verdict is final.
ErrorCode final_code(std::uint16_t code);

}  // namespace freshet::core
