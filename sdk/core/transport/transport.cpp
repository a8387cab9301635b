// What the four transports share; see transport.h.
#include "core/transport/transport.h"

#include <algorithm>
#include <array>

#include "wire/endpoints.h"
#include "wire/json.h"
#include "wire/request.h"

namespace freshet::core {
namespace {

// A day of maintenance is announced elsewhere; more than an hour is a mistake or a lie.
constexpr Duration floor_max{60 * 60'000};

// In the order of EndKind; behind two of them their code stands.
constexpr std::array<std::string_view, 7> sentences = {
    "the server ended the stream",
    "the server closed the connection with code ",
    "the server answered with status ",
    "the server cannot be reached",
    "the connection broke",
    "the server broke the protocol",
    "this runtime does not have this transport",
};
static_assert(sentences.size() == static_cast<std::size_t>(EndKind::unsupported) + 1);

// Close codes and HTTP statuses have nothing in common.
Verdict verdict_on(Transport transport, std::uint16_t code) {
  switch (code) {
    case 401:
    case 403:
      return Verdict::final;
    // Streams are refused in-band, so that a 400 there is a proxy's.
    case 400:
      return is_polling(transport) ? Verdict::final : Verdict::failed;
    case 404:
    case 426:
      return Verdict::barred;
    case 429:
    case 503:
    case wire::close_code::busy:
      return Verdict::busy;
    default:
      return wire::is_final_close_code(code) ? Verdict::final : Verdict::failed;
  }
}

}  // namespace

void append_sentence(Text& out, const End& end) {
  if (!end.reason.empty()) {
    out += end.reason;
    return;
  }
  out += sentences[static_cast<std::size_t>(end.kind)];
  if (end.code != 0) wire::append_number(out, end.code);
}

Ask* Connection::find(std::uint64_t ref) {
  for (Ask& ask : asks) {
    if (ask.entry->ref == ref) return &ask;
  }
  return nullptr;
}

void append_identity(Text& members, const Identity& identity) {
  wire::append_text_member(members, "client", identity.client);
  wire::append_text_member(members, "ticket", identity.ticket);
  wire::append_text_member(members, "sdk", identity.sdk);
}

void append_asks(Text& members, const List<Ask>& asks) {
  bool equal = true;
  for (const Ask& ask : asks) {
    wire::append_item_member(members, "pattern", ask.entry->pattern);
    equal = equal && ask.start == asks.front().start;
  }
  std::size_t cursors = asks.size();
  // One that is absent says "latest".
  if (equal && cursors > 0) cursors = asks.front().start.is_latest() ? 0 : 1;
  for (std::size_t index = 0; index < cursors; ++index) {
    wire::append_item_member(members, "cursor", wire::to_string(asks[index].start));
  }
}

void ask_for_all(Connection& connection, const SubscriptionTable& table) {
  connection.asks.clear();
  for (const auto& entry : table.entries()) {
    connection.asks.push_back({entry.get(), entry->start, connection.asks.size()});
  }
}

bool asks_for_all(const Connection& connection, const SubscriptionTable& table) {
  return connection.asks.size() == table.entries().size();
}

bool all_live(const Connection& connection) {
  return std::all_of(connection.asks.begin(), connection.asks.end(),
                     [](const Ask& ask) { return ask.live; });
}

Verdict judge(Connection& connection, const End& end) {
  if (connection.complaint.empty()) append_sentence(connection.complaint, end);
  Verdict verdict = end.kind == EndKind::unsupported ? Verdict::unsupported
                                                     : verdict_on(connection.transport, end.code);
  if (connection.dismissed) {
    if (verdict != Verdict::final) verdict = Verdict::busy;
  } else {
    connection.floor = end.retry_after;
    connection.floor_is_own = !end.ticket.empty();
    connection.ticket = end.ticket;
  }
  connection.floor = std::min(connection.floor, floor_max);
  return verdict;
}

ErrorCode final_code(std::uint16_t code) {
  switch (code) {
    case 401:
    case wire::close_code::unauthorized:
      return ErrorCode::unauthorized;
    case 403:
    case wire::close_code::forbidden:
      return ErrorCode::forbidden;
    case 400:
    case wire::close_code::malformed:
      return ErrorCode::malformed;
    default:
      return ErrorCode::closed;
  }
}

}  // namespace freshet::core
