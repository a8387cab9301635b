#include "transport/polling.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "http/publish.h"
#include "transport/long_polling.h"
#include "transport/open_request.h"
#include "transport/refusal.h"
#include "wire/control.h"

namespace freshet::server {
namespace {

bool starts_at_head(const SubscribeRequest& request) {
  return std::any_of(request.starts.begin(), request.starts.end(),
                     [](const auto& start) { return start.start.is_latest(); });
}

}  // namespace

void handle_poll(LiveLoop& live, const Request& request, Response& response) {
  response.headers.emplace_back("Cache-Control", "no-store");
  const Limits& limits = live.context().limits;
  auto parsed = request.method() == "POST" ? parse_subscribe_body(request.body(), limits)
                                           : parse_subscribe_query(request, limits);
  if (parsed && parsed->starts.empty() && parsed->sdk.empty()) parsed = no_pattern_error();
  if (!parsed) {
    live.context().counts.count_malformed(parsed.error());
    return set_error(response, parsed.error());
  }
  // Without a cursor there is nothing to wait behind: the answer gives one at once, so that nothing
  // is missed between this poll and the next.
  const bool wait = parsed->wait > Duration{0} && !starts_at_head(*parsed);
  if (parsed->wait_cut) live.context().counts.limits.of(LimitName::long_poll).add();
  // Its answer would wait beside too much already.
  if (live.context().overload.is_exhausted()) {
    live.context().counts.refused_full.add();
    return refuse_poll_busy(request, response, {.delay = live.spread_in_window(), .ticket = {}});
  }
  // A bare client without an id is known by its address. An SDK is given an id by this answer: many
  // may come from one address, and none of them is the other.
  const bool by_address = parsed->client.empty() && parsed->sdk.empty();
  const std::string known_as = by_address ? request.peer().ip() : parsed->client;
  if (const auto refusal =
          live.refusal_of({.client = known_as, .ticket = parsed->ticket, .poll = true}, wait)) {
    return refuse_poll_busy(request, response, *refusal);
  }
  parsed->client = live.client_id(std::move(parsed->client));
  live.context().admission.poll_seen(by_address ? known_as : parsed->client, live.now());
  LateAnswer late = response.late_answer();
  if (wait) {
    response.park_answer(std::make_unique<LongPoll>(live, *std::move(parsed), std::move(late)));
  } else {
    live.context().counts.of(Transport::polling).opened.add();
    response.park_answer(std::make_unique<Poll>(live, *std::move(parsed), std::move(late)));
  }
}

Poll::Poll(LiveLoop& live, SubscribeRequest request, LateAnswer late)
    : live_(live), limit_(request.limit), wait_(request.wait), late_(std::move(late)) {
  opening_ = open_request(live, std::move(request));
  opening_.pings = false;
}

void Poll::handle_parked(park::Connection& connection) {
  connection_ = &connection;
  const bool nothing_to_read = opening_.starts.empty();
  live_.open(*this, std::exchange(opening_, {}));
  if (nothing_to_read) answer_soon();
}

void Poll::handle_peer_half_closed() {
  leaving_ = true;
  if (!connection_ || !caught_up_) return;
  answer_soon();
  live_.pump_soon();
}

void Poll::handle_closed(park::CloseReason) {
  connection_ = nullptr;
  live_.hub().detach(*this);
}

Sent Poll::send(EncodedMessage& message) {
  lines_.append(*message.frame()).push_back('\n');
  cursor_.id = message.id();
  ++messages_;
  answer_soon();
  if (messages_ < limit_ && lines_.size() < live_.context().limits.poll_bytes_max) {
    return Sent::more;
  }
  more_ = true;
  const LimitName reached = messages_ < limit_ ? LimitName::poll_bytes : LimitName::poll_messages;
  live_.context().counts.limits.of(reached).add();
  return Sent::pause;
}

void Poll::send_control(EncodedMessage& frame, const wire::ServerFrame& what) {
  if (std::holds_alternative<wire::LiveMark>(what)) {
    caught_up_ = true;
    return leaving_ ? answer_soon() : caught_up(messages_ > 0 || gap_);
  }
  if (const auto* hello = std::get_if<wire::Hello>(&what)) cursor_ = hello->cursor;
  if (std::holds_alternative<wire::Gap>(what)) gap_ = true;
  lines_.append(*frame.frame()).push_back('\n');
}

void Poll::caught_up(bool) { answer_soon(); }

// The batch ends while a replay is still under way: the poll answers with what it has only when it
// was cut or has caught up.
void Poll::batch_end() {
  if (replaying() && !more_) return;
  if (!more_ && !leaving_ && !may_answer()) return;
  if (!more_) cursor_ = live_.hub().cursor(*this);
  answer();
}

void Poll::close(std::uint16_t, std::string_view) { answer(); }

void Poll::answer() {
  if (!connection_) return;
  park::Connection& connection = *std::exchange(connection_, nullptr);
  live_.hub().detach(*this);
  lines_.append(
      wire::encode(wire::ServerFrame{wire::Next{.cursor = cursor_,
                                                .window = live_.hub().window(),
                                                .interval = live_.context().limits.poll_interval,
                                                .more = more_}}));
  lines_.push_back('\n');
  Answer answer;
  answer.content_type = "application/x-ndjson";
  answer.headers.emplace_back("Cache-Control", "no-store");
  answer.body = std::move(lines_);
  late_.finish(connection, std::move(answer));
}

}  // namespace freshet::server
