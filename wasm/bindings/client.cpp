// The exports that drive the core's client; src/core.ts is their one caller. Each takes the time as
// its first argument when the core wants it: whole milliseconds of a clock that never steps.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bindings/bindings.h"
#include "core/client.h"
#include "wire/control.h"
#include "wire/frame.h"

namespace freshet::bindings {
namespace {

using core::Instant;

std::unique_ptr<core::Client> client;
Output output;
std::string output_text;
std::string buffer_text;
// The lines of POSTs under way, so that their answers find their publishes.
std::map<core::RequestId, std::vector<core::PublishId>> posts;

// A double from outside as milliseconds: a negative one is 0, one past 30 years is 30 years, so
// that the conversion cannot trap.
Duration duration(double milliseconds) {
  return Duration{static_cast<Duration::rep>(std::clamp(milliseconds, 0.0, 1e12))};
}

Instant instant(double now) { return {duration(now)}; }

// What is undefined in JavaScript keeps its default.
void set(Duration& option, double value) {
  if (!std::isnan(value)) option = duration(value);
}
void set(std::size_t& option, double value) {
  if (!std::isnan(value)) option = static_cast<std::size_t>(std::clamp(value, 0.0, 4e9));
}

// A list of transports as decimal digits, the first the lowest: 1 websocket … 4 polling.
std::vector<Transport> transports_from(std::uint32_t digits) {
  std::vector<Transport> transports;
  for (; digits > 0; digits /= 10) {
    transports.push_back(static_cast<Transport>(digits % 10 - 1));
  }
  return transports;
}

// The id, or 0 and the error as the output's text.
std::uint32_t id_or_error(const Result<std::uint32_t>& result) {
  if (result) return *result;
  put_text(to_json(result.error()));
  return 0;
}

// How something ended: `code` is the HTTP status or the close code, as the kind says; a negative
// `retry_after` is none; the buffer holds the ticket, then the reason.
ConnectionEnd connection_end(std::uint32_t kind, std::uint32_t code, double retry_after,
                             std::uint32_t ticket_bytes, std::uint32_t reason_bytes) {
  ConnectionEnd end{.kind = static_cast<EndKind>(kind)};
  (end.kind == EndKind::closed ? end.close_code : end.http_status) =
      static_cast<std::uint16_t>(code);
  if (retry_after >= 0) end.retry_after = duration(retry_after);
  end.ticket = input(0, ticket_bytes);
  end.reason = input(ticket_bytes, reason_bytes);
  return end;
}

}  // namespace

void put_text(std::string text) {
  output_text = std::move(text);
  output.text = output_text.data();
  output.text_bytes = static_cast<std::uint32_t>(output_text.size());
}

std::string_view input(std::size_t offset, std::size_t bytes) {
  return std::string_view{buffer_text}.substr(offset, bytes);
}

}  // namespace freshet::bindings

using namespace freshet;
using namespace freshet::bindings;

extern "C" {

// The input buffer, at least this large.
char* input_buffer(std::uint32_t bytes) {
  if (buffer_text.size() < bytes) buffer_text.resize(bytes);
  return buffer_text.data();
}

// Makes the instance's client; called once, first. Returns where the output stands.
const Output* create(double seed, std::uint32_t transports, std::uint32_t reconnect,
                     double initial_spread, double hedge_after, double connect_timeout,
                     double reprobe_after, double long_poll_wait, double poll_interval,
                     double publish_queue_max, double publish_queue_bytes_max) {
  core::ClientConfig config;
  config.transports = transports_from(transports);
  config.reconnect = static_cast<Reconnect>(reconnect);
  config.sdk = "wasm/" FRESHET_VERSION;
  set(config.initial_spread, initial_spread);
  set(config.hedge_after, hedge_after);
  set(config.connect_timeout, connect_timeout);
  set(config.reprobe_after, reprobe_after);
  set(config.long_poll_wait, long_poll_wait);
  set(config.poll_interval, poll_interval);
  set(config.publish_queue_max, publish_queue_max);
  set(config.publish_queue_bytes_max, publish_queue_bytes_max);
  client = std::make_unique<core::Client>(std::move(config), static_cast<std::uint64_t>(seed));
  return &output;
}

// The buffer holds the pattern, then the cursor. 0 = refused; the output's text says why.
std::uint32_t subscribe(double now, std::uint32_t pattern_bytes, std::uint32_t cursor_bytes) {
  return id_or_error(
      client->subscribe(instant(now), input(0, pattern_bytes), input(pattern_bytes, cursor_bytes)));
}

void unsubscribe(double now, std::uint32_t subscription) {
  client->unsubscribe(instant(now), subscription);
}

// The output's text is the subscription's newest cursor.
void subscription_cursor(std::uint32_t subscription) { put_text(client->cursor(subscription)); }

// The buffer holds the topic, then the key. 0 = refused; the output's text says why.
std::uint32_t publish(double now, std::uint32_t topic_bytes, std::uint32_t key_bytes,
                      double data_bytes, double timeout) {
  Duration within{30'000};
  set(within, timeout);
  std::size_t bytes = 0;
  set(bytes, data_bytes);
  return id_or_error(client->publish(instant(now), input(0, topic_bytes), bytes,
                                     input(topic_bytes, key_bytes), within));
}

void cancel_publish(double now, std::uint32_t publish) {
  client->cancel_publish(instant(now), publish);
}

// REQUIRES: a list that is not empty.
void set_transports(double now, std::uint32_t transports) {
  (void)client->set_transports(instant(now), transports_from(transports));
}

void close_client(double now) { client->close(instant(now)); }

// The buffer holds a frame's head, each code unit outside ASCII as one byte, or a whole control
// frame. Returns where `data` begins, or 0 when there is nothing to deliver.
std::uint32_t frame(double now, std::uint32_t connection, std::uint32_t bytes) {
  const std::string_view text = input(0, bytes);
  const core::Delivery delivery = client->handle_frame(instant(now), connection, text);
  if (delivery.subscriptions.empty()) return 0;
  output.id = static_cast<double>(delivery.head.id);
  output.time = static_cast<double>(delivery.head.time);
  output.topic_offset = static_cast<std::uint32_t>(delivery.head.topic.data() - text.data());
  output.topic_bytes = static_cast<std::uint32_t>(delivery.head.topic.size());
  output.subscriptions = delivery.subscriptions.data();
  output.subscription_count = static_cast<std::uint32_t>(delivery.subscriptions.size());
  return static_cast<std::uint32_t>(delivery.head.data_offset);
}

void connection_ended(double now, std::uint32_t connection, std::uint32_t kind, std::uint32_t code,
                      double retry_after, std::uint32_t ticket_bytes, std::uint32_t reason_bytes) {
  client->handle_end(instant(now), connection,
                     connection_end(kind, code, retry_after, ticket_bytes, reason_bytes));
}

// The buffer holds the answer to a POST of publishes: one ack or error frame a line.
void publishes_answered(double now, std::uint32_t request, std::uint32_t bytes) {
  std::vector<core::PublishAnswer> answers;
  std::string_view rest = input(0, bytes);
  const std::vector<core::PublishId>& lines = posts[request];
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    const auto parsed = wire::parse_server_frame(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (!parsed) continue;
    if (const auto* ack = std::get_if<wire::Ack>(&*parsed); ack && ack->ref < lines.size()) {
      answers.push_back({lines[ack->ref], ack->id});
    } else if (const auto* error = std::get_if<wire::ErrorFrame>(&*parsed);
               error && error->ref && *error->ref < lines.size()) {
      answers.push_back({lines[*error->ref], Error{error_code_from(error->code), error->message}});
    }
  }
  client->handle_publish_answers(instant(now), request, answers);
  posts.erase(request);
}

void publishes_failed(double now, std::uint32_t request, std::uint32_t kind, std::uint32_t code,
                      double retry_after, std::uint32_t ticket_bytes, std::uint32_t reason_bytes) {
  client->handle_publish_failed(
      instant(now), request, connection_end(kind, code, retry_after, ticket_bytes, reason_bytes));
  posts.erase(request);
}

void network_changed(double now, std::uint32_t event) {
  client->handle_network(instant(now), static_cast<core::NetworkEvent>(event));
}

void time_out(double now) { client->handle_timeout(instant(now)); }

// When time_out wants to be called next; negative: not at all.
double next_timeout() {
  const auto at = client->poll_timeout();
  return at ? static_cast<double>(at->since_zero.count()) : -1;
}

// Whether there was an action; the output's text is it, as to_json writes it.
bool next_action() {
  auto action = client->poll_action();
  if (!action) return false;
  if (const auto* post = std::get_if<core::PostPublishes>(&*action)) {
    for (const auto& line : post->lines) posts[post->request].push_back(line.publish);
  } else if (const auto* cancel = std::get_if<core::CancelPost>(&*action)) {
    posts.erase(cancel->request);
  }
  put_text(to_json(*action, client->state()));
  return true;
}

}  // extern "C"
