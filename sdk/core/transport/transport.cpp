// What the four transports share; see transport.h.
#include "core/transport/transport.h"

#include <algorithm>
#include <array>

#include "wire/endpoints.h"
#include "wire/json.h"

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

Text sentence_for(const ConnectionEnd& end) {
  if (!end.reason.empty()) return end.reason;
  Text out{sentences[static_cast<std::size_t>(end.kind)]};
  if (end.kind == EndKind::closed) wire::append_number(out, end.close_code);
  if (end.kind == EndKind::refused) wire::append_number(out, end.http_status);
  return out;
}

Verdict::Kind kind_of_code(std::uint16_t code) {
  if (wire::is_final_close_code(code)) return Verdict::Kind::final;
  return code == wire::close_code::busy ? Verdict::Kind::busy : Verdict::Kind::failed;
}

Verdict::Kind kind_of_status(Transport transport, std::uint16_t status) {
  switch (status) {
    case 401:
    case 403:
      return Verdict::Kind::final;
    // Streams are refused in-band, so that a 400 there is a proxy's.
    case 400:
      return is_polling(transport) ? Verdict::Kind::final : Verdict::Kind::failed;
    case 404:
    case 426:
      return Verdict::Kind::barred;
    case 429:
    case 503:
      return Verdict::Kind::busy;
    default:
      return Verdict::Kind::failed;
  }
}

ErrorCode code_of(const ConnectionEnd& end) {
  if (end.kind == EndKind::refused) {
    if (end.http_status == 401) return ErrorCode::unauthorized;
    if (end.http_status == 403) return ErrorCode::forbidden;
    return end.http_status == 400 ? ErrorCode::malformed : ErrorCode::unreachable;
  }
  if (end.kind != EndKind::closed) return ErrorCode::unreachable;
  switch (end.close_code) {
    case wire::close_code::unauthorized:
      return ErrorCode::unauthorized;
    case wire::close_code::forbidden:
      return ErrorCode::forbidden;
    case wire::close_code::malformed:
      return ErrorCode::malformed;
    default:
      return ErrorCode::closed;
  }
}

}  // namespace

Ask* Connection::find(std::uint64_t ref) {
  for (Ask& ask : asks) {
    if (ask.entry->ref == ref) return &ask;
  }
  return nullptr;
}

void append_identity(Text& target, const Identity& identity) {
  if (!identity.client.empty()) wire::append_parameter(target, "client", identity.client);
  if (!identity.ticket.empty()) wire::append_parameter(target, "ticket", identity.ticket);
  wire::append_parameter(target, "sdk", identity.sdk);
}

void append_asks(Text& target, const List<Ask>& asks) {
  const bool equal = all_start_equal(asks);
  for (const Ask& ask : asks) {
    wire::append_parameter(target, "pattern", ask.entry->pattern);
    // One that is absent says "latest".
    const bool last = &ask == &asks.back();
    if (!equal || (last && !ask.start.is_latest())) {
      wire::append_parameter(target, "cursor", wire::to_string(ask.start));
    }
  }
}

bool all_start_equal(const List<Ask>& asks) {
  return std::all_of(asks.begin(), asks.end(),
                     [&](const Ask& ask) { return ask.start == asks.front().start; });
}

List<Ask> ask_for_all(const SubscriptionTable& table) {
  List<Ask> asks;
  for (const auto& entry : table.entries()) asks.push_back({entry.get(), entry->start});
  return asks;
}

bool asks_for_all(const Connection& connection, const SubscriptionTable& table) {
  return connection.asks.size() == table.entries().size() &&
         std::all_of(table.entries().begin(), table.entries().end(), [&](const auto& entry) {
           return std::any_of(connection.asks.begin(), connection.asks.end(),
                              [&](const Ask& ask) { return ask.entry == entry.get(); });
         });
}

bool all_live(const Connection& connection) {
  return std::all_of(connection.asks.begin(), connection.asks.end(),
                     [](const Ask& ask) { return ask.live; });
}

Verdict judge(const Connection& connection, const ConnectionEnd& end) {
  Verdict verdict;
  verdict.error = {code_of(end), sentence_for(end)};
  if (!connection.complaint.empty()) verdict.error.message = connection.complaint;
  verdict.floor = end.retry_after;
  verdict.floor_is_own = !end.ticket.empty();
  verdict.ticket = end.ticket;
  if (end.kind == EndKind::closed) verdict.kind = kind_of_code(end.close_code);
  if (end.kind == EndKind::refused)
    verdict.kind = kind_of_status(connection.transport, end.http_status);
  if (end.kind == EndKind::unsupported) verdict.kind = Verdict::Kind::unsupported;
  if (connection.dismissed) {
    if (verdict.kind != Verdict::Kind::final) verdict.kind = Verdict::Kind::busy;
    verdict.floor = connection.floor;
    verdict.floor_is_own = connection.floor_is_own;
    verdict.ticket = connection.ticket;
  }
  if (verdict.floor) verdict.floor = std::clamp(*verdict.floor, Duration{0}, floor_max);
  return verdict;
}

}  // namespace freshet::core
