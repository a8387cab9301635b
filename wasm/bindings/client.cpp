// The exports that drive the core's client; src/core.ts is their one caller. Each takes the time as
// its first argument when the core wants it: whole milliseconds of a clock that never steps.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <utility>

#include "bindings/bindings.h"
#include "core/client.h"

namespace freshet::bindings {

Output output;

namespace {

using core::Instant;

std::unique_ptr<core::Client> client;
core::Action action;
Text buffer;

// src/core.ts reads these structs by their offsets.
static_assert(offsetof(Output, topic) == 16 && offsetof(Output, subscriptions) == 24 &&
              offsetof(Output, text) == 32 && offsetof(Output, code) == 40);
static_assert(offsetof(core::Action, id) == 4 && offsetof(core::Action, transport) == 8 &&
              offsetof(core::Action, publish) == 12 && offsetof(core::Action, close_code) == 16 &&
              offsetof(core::Action, code) == 20 && offsetof(core::Action, message_id) == 24 &&
              offsetof(core::Action, text) == 32 && offsetof(core::Action, body) == 40 &&
              offsetof(core::Action, after) == 48 && offsetof(core::Action, until) == 56);
static_assert(offsetof(core::Status, unavailable) == 1 && offsetof(core::Status, failed) == 2 &&
              offsetof(core::Status, transport) == 4 && offsetof(core::Status, code) == 8 &&
              offsetof(core::Status, attempt) == 12 && offsetof(core::Status, retry_in) == 16 &&
              offsetof(core::Status, reason) == 24);

// A double from outside as milliseconds: a negative one is 0, one past 30 years is 30 years, so
// that the conversion cannot trap.
Duration duration(double milliseconds) {
  return Duration{static_cast<Duration::rep>(std::clamp(milliseconds, 0.0, 1e12))};
}

Instant instant(double now) { return {duration(now)}; }

std::size_t count(double value) { return static_cast<std::size_t>(std::clamp(value, 0.0, 4e9)); }

// What is undefined in JavaScript keeps its default.
void set(Duration& option, double value) {
  if (!std::isnan(value)) option = duration(value);
}

// A list of transports as decimal digits, the first the lowest: 1 websocket … 4 polling.
List<Transport> transports_from(std::uint32_t digits) {
  List<Transport> transports;
  for (; digits > 0; digits /= 10) {
    transports.push_back(static_cast<Transport>(digits % 10 - 1));
  }
  return transports;
}

// The id, or 0 and the error in the output.
std::uint32_t id_or_error(const Result<std::uint32_t>& result) {
  if (result) return *result;
  output.code = result.error().code;
  output.text = result.error().message;
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

std::string_view input(std::size_t offset, std::size_t bytes) {
  return std::string_view{buffer}.substr(offset, bytes);
}

}  // namespace freshet::bindings

using namespace freshet;
using namespace freshet::bindings;

extern "C" {

// The input buffer, at least this large.
char* input_buffer(std::uint32_t bytes) {
  if (buffer.size() < bytes) buffer.resize(bytes);
  return buffer.data();
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
  Duration* const durations[] = {&config.initial_spread,  &config.hedge_after,
                                 &config.connect_timeout, &config.reprobe_after,
                                 &config.long_poll_wait,  &config.poll_interval};
  const double given[] = {initial_spread, hedge_after,    connect_timeout,
                          reprobe_after,  long_poll_wait, poll_interval};
  for (std::size_t index = 0; index < std::size(given); ++index) {
    set(*durations[index], given[index]);
  }
  if (!std::isnan(publish_queue_max)) config.publish_queue_max = count(publish_queue_max);
  if (!std::isnan(publish_queue_bytes_max)) {
    config.publish_queue_bytes_max = count(publish_queue_bytes_max);
  }
  client = std::make_unique<core::Client>(std::move(config), static_cast<std::uint64_t>(seed));
  return &output;
}

// The buffer holds the pattern, then the cursor. 0 = refused; the output says why.
std::uint32_t subscribe(double now, std::uint32_t pattern_bytes, std::uint32_t cursor_bytes) {
  return id_or_error(
      client->subscribe(instant(now), input(0, pattern_bytes), input(pattern_bytes, cursor_bytes)));
}

void unsubscribe(double now, std::uint32_t subscription) {
  client->unsubscribe(instant(now), subscription);
}

// The output's text is the subscription's newest cursor.
void subscription_cursor(std::uint32_t subscription) { output.text = client->cursor(subscription); }

// The buffer holds the topic, then the key. 0 = refused; the output says why.
std::uint32_t publish(double now, std::uint32_t topic_bytes, std::uint32_t key_bytes,
                      double data_bytes, double timeout) {
  Duration within{30'000};
  set(within, timeout);
  return id_or_error(client->publish(instant(now), input(0, topic_bytes), count(data_bytes),
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
  output.topic = delivery.head.topic;
  output.subscriptions = delivery.subscriptions.data();
  output.subscription_count = static_cast<std::uint32_t>(delivery.subscriptions.size());
  return static_cast<std::uint32_t>(delivery.head.data_offset);
}

void connection_ended(double now, std::uint32_t connection, std::uint32_t kind, std::uint32_t code,
                      double retry_after, std::uint32_t ticket_bytes, std::uint32_t reason_bytes) {
  client->handle_end(instant(now), connection,
                     connection_end(kind, code, retry_after, ticket_bytes, reason_bytes));
}

// The buffer holds one line of the answer to a POST of publishes.
void publish_answered(double now, std::uint32_t post, std::uint32_t bytes) {
  client->handle_publish_answer(instant(now), post, input(0, bytes));
}

void post_ended(double now, std::uint32_t post, std::uint32_t kind, std::uint32_t code,
                double retry_after, std::uint32_t ticket_bytes, std::uint32_t reason_bytes) {
  client->handle_post_end(instant(now), post,
                          connection_end(kind, code, retry_after, ticket_bytes, reason_bytes));
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

// The next thing to be done; nullptr when all is. Holds until the next call.
const core::Action* next_action() {
  auto next = client->poll_action();
  if (!next) return nullptr;
  action = *std::move(next);
  return &action;
}

const core::Status* status() { return &client->status(); }

// The spelling of an error's code.
const std::string_view* code_name(std::uint32_t code) {
  return &error_code_spelling(static_cast<ErrorCode>(code));
}

}  // extern "C"
