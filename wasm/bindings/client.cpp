// The exports that drive the core's client; src/core.ts is their one caller.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "bindings/bindings.h"
#include "core/client.h"

namespace freshet::bindings {

Output output;

namespace {

using core::Instant;

constinit core::ClientConfig config{.sdk = "wasm/" FRESHET_VERSION};
// Never destroyed: the instance goes as a whole. At a fixed address, so that no code carries a
// pointer to it or to its parts.
alignas(core::Client) std::byte client_memory[sizeof(core::Client)];
core::Client* client() { return reinterpret_cast<core::Client*>(client_memory); }
std::unique_ptr<core::Action> action;
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
              offsetof(core::Status, transport) == 3 && offsetof(core::Status, code) == 4 &&
              offsetof(core::Status, attempt) == 8 && offsetof(core::Status, retry_in) == 16 &&
              offsetof(core::Status, reason) == 24);
static_assert(offsetof(core::ClientConfig, publish_queue_bytes_max) ==
              offsetof(core::ClientConfig, initial_spread) + 7 * sizeof(std::int64_t));

// Whole milliseconds of a clock that never steps.
extern "C" [[clang::import_module("env"), clang::import_name("now")]] double imported_now();

// A number from outside: a negative one is 0.
std::int64_t whole(double number) {
  return std::max(static_cast<std::int64_t>(number), std::int64_t{0});
}

Instant now() { return {Duration{whole(imported_now())}}; }

// Decimal digits, the first transport the lowest: 1 websocket … 4 polling.
core::TransportOrder transports_from(std::uint32_t digits) {
  core::TransportOrder transports;
  for (; digits > 0; digits /= 10) transports.add(static_cast<Transport>(digits % 10 - 1));
  return transports;
}

// The id, or 0 and the error in the output.
std::uint32_t id_or_error(const Result<std::uint32_t>& result) {
  if (result) return *result;
  output.code = result.error().code;
  output.text = result.error().message;
  return 0;
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

// Sets an option before create(): those of core::ClientConfig from initial_spread on, in its order.
void configure(std::uint32_t option, double value) {
  // Durations and counts alike are 64 bits wide.
  reinterpret_cast<std::int64_t*>(&config.initial_spread)[option] = whole(value);
}

// Makes the instance's client; called once, before all that follows. Returns where the output
// stands.
const Output* create(double seed, std::uint32_t transports, std::uint32_t reconnect) {
  config.transports = transports_from(transports);
  config.reconnect = static_cast<Reconnect>(reconnect);
  new (client_memory) core::Client(config, static_cast<std::uint64_t>(seed));
  return &output;
}

// The buffer holds the pattern, then the cursor. 0 = refused; the output says why.
std::uint32_t subscribe(std::uint32_t pattern_bytes, std::uint32_t cursor_bytes) {
  return id_or_error(
      client()->subscribe(now(), input(0, pattern_bytes), input(pattern_bytes, cursor_bytes)));
}

void unsubscribe(std::uint32_t subscription) { client()->unsubscribe(now(), subscription); }

// The output's text is the subscription's newest cursor.
void subscription_cursor(std::uint32_t subscription) {
  output.text = client()->cursor(subscription);
}

// The buffer holds the topic, then the key. 0 = refused; the output says why.
std::uint32_t publish(std::uint32_t topic_bytes, std::uint32_t key_bytes, std::uint32_t data_bytes,
                      double timeout) {
  return id_or_error(client()->publish(now(), input(0, topic_bytes), data_bytes,
                                       input(topic_bytes, key_bytes), Duration{whole(timeout)}));
}

void cancel_publish(std::uint32_t publish) { client()->cancel_publish(now(), publish); }

// REQUIRES: a list that is not empty.
void set_transports(std::uint32_t transports) {
  (void)client()->set_transports(now(), transports_from(transports));
}

void close_client() { client()->close(now()); }

// The buffer holds a message's head, each code unit outside ASCII as one byte. Returns where `data`
// begins, or 0 when there is nothing to deliver.
std::uint32_t message(std::uint32_t connection, std::uint32_t bytes) {
  const core::Delivery delivery = client()->handle_message(now(), connection, input(0, bytes));
  if (delivery.subscriptions.empty()) return 0;
  output.id = static_cast<double>(delivery.head.id);
  output.time = static_cast<double>(delivery.head.time);
  output.topic = delivery.head.topic;
  output.subscriptions = delivery.subscriptions.data();
  output.subscription_count = static_cast<std::uint32_t>(delivery.subscriptions.size());
  return static_cast<std::uint32_t>(delivery.head.data_offset);
}

// The buffer holds a control frame as from wire::flatten().
void control(std::uint32_t connection, std::uint32_t bytes) {
  client()->handle_control(now(), connection, input(0, bytes));
}

// The buffer holds one line of the answer to a POST of publishes, as from wire::flatten().
void publish_answered(std::uint32_t post, std::uint32_t bytes) {
  client()->handle_publish_answer(now(), post, input(0, bytes));
}

// How a POST or connection ended: `code` is the HTTP status or the close code, as the kind says; a
// negative `retry_after` is none; the buffer holds the ticket, then the reason.
void ended(std::uint32_t post, std::uint32_t connection, std::uint32_t kind, std::uint32_t code,
           double retry_after, std::uint32_t ticket_bytes, std::uint32_t reason_bytes) {
  ConnectionEnd end{.kind = static_cast<EndKind>(kind),
                    .http_status = static_cast<std::uint16_t>(code),
                    .close_code = static_cast<std::uint16_t>(code)};
  if (retry_after >= 0) end.retry_after = Duration{whole(retry_after)};
  end.ticket = input(0, ticket_bytes);
  end.reason = input(ticket_bytes, reason_bytes);
  if (post != 0) {
    client()->handle_post_end(now(), post, end);
  } else {
    client()->handle_end(now(), connection, end);
  }
}

void network_changed(std::uint32_t event) {
  client()->handle_network(now(), static_cast<core::NetworkEvent>(event));
}

void time_out() { client()->handle_timeout(now()); }

// When time_out wants to be called next; negative: not at all.
double next_timeout() {
  const auto at = client()->poll_timeout();
  return at ? static_cast<double>(at->since_zero.count()) : -1;
}

// The next thing to be done; nullptr when all is. Holds until the next call.
const core::Action* next_action() {
  action = client()->poll_action();
  return action.get();
}

const core::Status* status() { return &client()->status(); }

// The spelling of an error's code.
const std::string_view* code_name(std::uint32_t code) {
  return &error_code_spelling(static_cast<ErrorCode>(code));
}

}  // extern "C"
