#include "transport/sse.h"

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "http/subscribe_request.h"
#include "transport/open_request.h"
#include "transport/refusal.h"
#include "transport/stream.h"
#include "wire/control.h"
#include "wire/sse.h"

namespace freshet::server {
namespace {

// A bare EventSource otherwise comes back three seconds after any loss, with everybody else.
constexpr Duration bare_retry_min{1'000};

class SseStream final : public Stream {
 public:
  SseStream(LiveLoop& live, OpenRequest request, bool bare, bool chunked)
      : Stream(live, Transport::sse, std::move(request)), chunked_(chunked), bare_(bare) {}

  void handle_parked(park::Connection& connection) override {
    if (bare_) connection.send(retry_field(bare_retry_min + live().spread_in_window()));
    open(connection);
  }

  Sent send(EncodedMessage& message) override {
    return queue_message(chunked_ ? message.sse_chunk() : message.sse());
  }

  void send_control(EncodedMessage& frame, const wire::ServerFrame& what) override {
    const auto* retry = std::get_if<wire::Retry>(&what);
    if (bare_ && retry) queue_control(retry_field(retry->delay));
    queue_control(chunked_ ? frame.sse_chunk() : frame.sse());
  }

 protected:
  Blob farewell(std::uint16_t code, std::string_view reason) override {
    const std::string event = wire::encode_sse_control(
        wire::encode(wire::ServerFrame{wire::Close{.code = code, .reason = std::string(reason)}}));
    return park::make_blob(chunked_ ? encode_chunk(std::string_view(event)).append(last_chunk)
                                    : event);
  }

 private:
  // When a bare EventSource is to return, which reads no frames.
  Blob retry_field(Duration retry) const {
    std::string field = wire::encode_sse_retry(static_cast<std::uint64_t>(retry.count()));
    return park::make_blob(chunked_ ? encode_chunk(std::string_view(field)) : std::move(field));
  }

  bool chunked_;
  bool bare_;
};

}  // namespace

void handle_sse(LiveLoop& live, const Request& request, Response& response) {
  auto parsed = parse_subscribe_query(request, live.context().limits);
  if (parsed && parsed->starts.empty() && parsed->sdk.empty()) parsed = no_pattern_error();
  if (!parsed) {
    live.context().counts.count_malformed(parsed.error());
    return refuse_sse(request, response, parsed.error());
  }
  const bool bare = parsed->sdk.empty();
  if (const auto refusal = live.refusal_of(
          {.client = parsed->client, .ticket = parsed->ticket, .keeps_ticket = !bare}, true)) {
    return refuse_sse_busy(request, response, *refusal);
  }
  response.content_type = "text/event-stream";
  response.headers.emplace_back("Cache-Control", "no-store");
  // nginx otherwise holds small events back until its buffer is full.
  response.headers.emplace_back("X-Accel-Buffering", "no");
  response.park_stream(std::make_unique<SseStream>(live, open_request(live, *std::move(parsed)),
                                                   bare, !request.is_http_1_0()));
}

}  // namespace freshet::server
