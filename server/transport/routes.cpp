#include "transport/routes.h"

#include <charconv>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "http/problem.h"
#include "http/publish.h"
#include "transport/polling.h"
#include "transport/sse.h"
#include "transport/websocket.h"
#include "wire/endpoints.h"
#include "wire/topic.h"

namespace freshet::server {
namespace {

std::optional<std::uint64_t> parse_whole(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct HistoryRequest {
  std::size_t limit = 0;
  std::uint64_t before = 0;  // 0 = from the head.
};

Result<HistoryRequest> parse_history(const Request& request, ServerContext& context) {
  if (const auto valid = wire::check_topic(request.parameter("topic")); !valid) {
    return valid.error();
  }
  const std::size_t limit_max = context.limits.history_messages_max;
  HistoryRequest history{.limit = std::min<std::size_t>(100, limit_max), .before = 0};
  if (const auto text = request.query("limit")) {
    const auto limit = parse_whole(*text);
    if (!limit || *limit < 1 || *limit > limit_max) {
      if (limit && *limit > limit_max) context.counts.limits.of(LimitName::history_messages).add();
      return Error{ErrorCode::invalid_argument,
                   "'limit' must be a whole number from 1 to " + std::to_string(limit_max)};
    }
    history.limit = *limit;
  }
  if (const auto text = request.query("before")) {
    // An id, or a cursor of this epoch: one of another has no messages here.
    const auto cursor = wire::parse_cursor(*text);
    const auto id = cursor ? std::optional{cursor->id} : parse_whole(*text);
    if (!id || *id == 0) {
      return Error{ErrorCode::invalid_argument, "'before' must be the id of a message"};
    }
    history.before = cursor && cursor->epoch != context.log.epoch() ? 1 : *id;
  }
  return history;
}

// {"messages":[…],"more":true,"cursor":"k3f9:1031"}: subscribing from the cursor continues without
// a hole; `more` when the oldest of those asked for had no room.
std::string history_body(std::span<const MessageRef> messages, const wire::Cursor& cursor,
                         ServerContext& context) {
  // What came after the cursor was taken will be replayed from it.
  while (!messages.empty() && messages.back()->id > cursor.id) {
    messages = messages.first(messages.size() - 1);
  }
  std::size_t bytes = 0;
  std::size_t first = messages.size();
  while (first > 0) {
    bytes += messages[first - 1]->frame.size();
    if (bytes > context.limits.history_bytes_max && first < messages.size()) break;
    --first;
  }
  std::string body = "{\"messages\":[";
  for (const MessageRef& message : messages.subspan(first)) {
    if (body.back() != '[') body += ',';
    body += message->frame;
  }
  body += ']';
  if (first > 0) {
    context.counts.limits.of(LimitName::history_bytes).add();
    body += ",\"more\":true";
  }
  return body + ",\"cursor\":\"" + wire::to_string(cursor) + "\"}";
}

void handle_history(LiveLoop& live, const Request& request, Response& response) {
  ServerContext& context = live.context();
  const auto history = parse_history(request, context);
  if (!history) return set_error(response, history.error());
  const wire::Cursor cursor{context.log.epoch(), context.log.head()};
  struct Pending {
    Response* response;
    std::shared_ptr<DeferredAnswer> deferred;
  };
  const auto pending = std::make_shared<Pending>(Pending{&response, nullptr});
  context.log.history(request.parameter("topic"), history->before, history->limit,
                      [pending, cursor, &context](const std::vector<MessageRef>& messages) {
                        Answer answer;
                        answer.content_type = "application/json";
                        answer.headers.emplace_back("Cache-Control", "no-store");
                        answer.body = history_body(messages, cursor, context);
                        if (pending->deferred) return pending->deferred->answer(std::move(answer));
                        static_cast<Answer&>(*pending->response) = std::move(answer);
                        pending->response = nullptr;
                      });
  if (pending->response) pending->deferred = response.defer();
}

// The limit for which the framer refuses a request; timeouts are counted by the loop.
std::optional<LimitName> limit_of(const park::Refusal& refusal) {
  switch (refusal.status) {
    case 413:
      return LimitName::message_bytes;
    case 414:
      return LimitName::request_line_bytes;
    case 431:
      return refusal.reason.find("too many") == std::string_view::npos ? LimitName::header_bytes
                                                                       : LimitName::header_count;
    default:
      return std::nullopt;
  }
}

void handle_ready(LiveLoop& live, Response& response) {
  if (live.draining()) {
    set_problem(response,
                {.status = 503, .code = "busy", .detail = "the server is stopping", .members = {}});
    return;
  }
  response.content_type = "text/plain";
  response.body = "ready\n";
}

// Whoever may end a server must show a key: without one configured, nobody can be told from others.
void handle_drain(LiveLoop& live, const Request& request, Response& response) {
  ServerContext& context = live.context();
  const auto identity = context.guard.identify(request.header("Authorization"));
  if (!identity) return set_error(response, identity.error());
  if (!context.guard.wants_key()) {
    return set_error(
        response, {ErrorCode::forbidden, "draining over HTTP needs a server with --publish-key"});
  }
  if (!identity->may_publish) {
    return set_error(response, {ErrorCode::unauthorized,
                                "draining needs the server's key: send 'Authorization: Bearer "
                                "KEY'"});
  }
  context.on_drain();
  response.status = 202;
  response.content_type = "application/json";
  response.body = "{\"draining\":true,\"clients\":" + std::to_string(context.counts.open()) + "}\n";
}

void write_admission(MetricsText& text, const SharedAdmission& admission) {
  const AdmissionCounts counts = admission.counts();
  const auto count = [&text](std::uint64_t value,
                             std::initializer_list<MetricsText::Label> labels = {}) {
    text.sample(static_cast<std::int64_t>(value), labels);
  };
  text.family("freshet_clients", "gauge", "Streams, and clients that polled lately.");
  count(admission.clients());
  text.family("freshet_admitted_total", "counter", "Newcomers let in.");
  count(counts.admitted);
  text.family("freshet_passed_total", "counter",
              "Further streams and polls of clients that were in.");
  count(counts.passed);
  text.family("freshet_tickets_total", "counter", "Tickets given, and what became of those shown.");
  count(counts.tickets_issued, {{"outcome", "issued"}});
  count(counts.tickets_honoured, {{"outcome", "honoured"}});
  count(counts.tickets_early, {{"outcome", "early"}});
  count(counts.tickets_late, {{"outcome", "late"}});
  count(counts.tickets_crowded, {{"outcome", "crowded"}});
  count(counts.tickets_invalid, {{"outcome", "invalid"}});
}

EngineOptions with_context(EngineOptions options, ServerContext& context) {
  options.draining = &context.draining;
  options.gzip_counts = &context.counts.gzip;
  options.limit_counts = &context.counts.limits;
  return options;
}

}  // namespace

void add_routes(HttpEngine& engine, LiveLoop& live) {
  const auto with = [&live](auto handler) {
    return [&live, handler](const Request& request, Response& response) {
      handler(live, request, response);
    };
  };
  engine.get(std::string(wire::websocket_path), with(handle_websocket));
  engine.get(std::string(wire::sse_path), with(handle_sse));
  engine.get(std::string(wire::poll_path), with(handle_poll));
  engine.post(std::string(wire::poll_path), with(handle_poll));
  if (live.context().echo) engine.get(std::string(wire::echo_path), with(handle_echo));
  const std::string topics(wire::topics_path);
  engine.get(topics + ":topic/messages", with(handle_history));
  engine.post(topics + ":topic", [&live](const Request& request, Response& response) {
    live.context().http_publisher().handle_one(request, live.context().guard, live.now(), response);
  });
  engine.post(std::string(wire::publish_path), [&live](const Request& request, Response& response) {
    live.context().http_publisher().handle_many(request, live.context().guard, live.now(),
                                                response);
  });
  if (live.context().on_drain) {
    engine.post(std::string(wire::drain_path), with(handle_drain));
  }
  engine.get("/healthz", [](const Request&, Response& response) {
    response.content_type = "text/plain";
    response.body = "ok\n";
  });
  engine.get("/readyz",
             [&live](const Request&, Response& response) { handle_ready(live, response); });
  engine.get("/metrics", [&live](const Request&, Response& response) {
    response.content_type = metrics_content_type;
    response.body = metrics_text(live.context());
  });
}

LoopHandler::LoopHandler(park::Loop& loop, ServerContext& context, EngineOptions options,
                         Handler fallback)
    : live_(loop, context), engine_(with_context(std::move(options), context)) {
  add_routes(engine_, live_);
  if (fallback) engine_.fallback(std::move(fallback));
}

park::Reply LoopHandler::handle_request(park::Connection& connection,
                                        const park::RequestBytes& request) {
  return engine_.handle_request(connection, request);
}

std::string LoopHandler::handle_refusal(park::Connection& connection,
                                        const park::Refusal& refusal) {
  if (const auto limit = limit_of(refusal)) live_.context().counts.limits.of(*limit).add();
  return engine_.handle_refusal(connection, refusal);
}

std::string metrics_text(const ServerContext& context) {
  const ServerCounts& counts = context.counts;
  MetricsText text;
  text.family("freshet_subscribers", "gauge", "Open streams and parked long polls, by transport.");
  for (const Transport transport :
       {Transport::websocket, Transport::sse, Transport::long_polling}) {
    text.sample(counts.of(transport).open.value(), {{"transport", to_string(transport)}});
  }
  text.family("freshet_opened_total", "counter", "Streams and polls begun, by transport.");
  for (const Transport transport :
       {Transport::websocket, Transport::sse, Transport::long_polling, Transport::polling}) {
    text.sample(counts.of(transport).opened.value(), {{"transport", to_string(transport)}});
  }
  text.family("freshet_publishes_total", "counter",
              "Publishes by the way they came and their outcome.");
  const auto publishes = [&](std::string_view by, const PublishCounts& of) {
    text.sample(of.published.value(), {{"by", by}, {"outcome", "published"}});
    text.sample(of.repeated.value(), {{"by", by}, {"outcome", "repeated"}});
    text.sample(of.refused.value(), {{"by", by}, {"outcome", "refused"}});
  };
  publishes("http", counts.publishes_http);
  publishes("websocket", counts.publishes_websocket);
  const auto one = [&](std::string_view name, std::string_view type, std::string_view help,
                       std::int64_t value) {
    text.family(name, type, help);
    text.sample(value);
  };
  one("freshet_deliveries_total", "counter", "Messages handed to subscribers.",
      counts.deliveries.value());
  one("freshet_replayed_total", "counter", "Of these, read again from the log.",
      counts.replayed.value());
  one("freshet_gaps_total", "counter", "Gaps told to subscribers.", counts.gaps.value());
  one("freshet_slow_consumers_total", "counter", "Streams closed with 4100.",
      counts.slow_consumers.value());
  one("freshet_fell_behind_total", "counter",
      "Times a stream was too slow and read on from the log, by a rule that lets it lose messages.",
      counts.fell_behind.value());
  one("freshet_websocket_faults_total", "counter",
      "WebSockets ended because their peer broke the protocol.", counts.websocket_faults.value());
  text.family("freshet_refused_total", "counter", "Requests for streams and polls refused.");
  text.sample(counts.refused_rate.value(), {{"reason", "rate"}});
  text.sample(counts.refused_full.value(), {{"reason", "full"}});
  text.sample(counts.refused_draining.value(), {{"reason", "draining"}});
  text.sample(counts.refused_malformed.value(), {{"reason", "malformed"}});
  write_admission(text, context.admission);
  text.family("freshet_deflated_messages_total", "counter",
              "WebSocket messages compressed, once in each loop for all that receive them.");
  text.sample(counts.deflated_messages.value());
  text.family("freshet_deflated_bytes_total", "counter", "Of these, bytes before and after.");
  text.sample(counts.deflated_bytes_in.value(), {{"side", "before"}});
  text.sample(counts.deflated_bytes_out.value(), {{"side", "after"}});
  one("freshet_deflated_deliveries_total", "counter", "Deliveries of compressed messages.",
      counts.deflated_deliveries.value());
  one("freshet_inflated_messages_total", "counter", "Messages that clients sent compressed.",
      counts.inflated_messages.value());
  one("freshet_gzip_answers_total", "counter", "HTTP answers compressed.",
      counts.gzip.answers.value());
  text.family("freshet_gzip_bytes_total", "counter", "Of their bodies, bytes before and after.");
  text.sample(counts.gzip.bytes_in.value(), {{"side", "before"}});
  text.sample(counts.gzip.bytes_out.value(), {{"side", "after"}});
  counts.limits.write(text);
  one("freshet_connections", "gauge", "Open sockets of clients.", counts.connections.value());
  one("freshet_outbox_bytes", "gauge", "What waits to be sent, over all connections.",
      context.overload.bytes());
  one("freshet_accept_pauses_total", "counter",
      "Times a loop stopped accepting because it was out of file descriptors.",
      counts.accept_pauses.value());
  one("freshet_idle_closed_total", "counter",
      "Idle connections closed to accept newcomers when file descriptors had run out.",
      counts.idle_closed.value());
  one("freshet_log_head", "gauge", "The newest id of the log.",
      static_cast<std::int64_t>(context.log.head()));
  one("freshet_window_milliseconds", "gauge",
      "Over how long lost clients are asked to spread their return.",
      context.admission.window().count());
  one("freshet_draining", "gauge", "1 while the server is stopping.",
      context.draining.load() ? 1 : 0);
  return text.text();
}

}  // namespace freshet::server
