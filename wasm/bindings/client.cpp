// What crosses between JavaScript and the core: one client per module instance, C functions in
// (exports.txt), numbers and text out of structs that src/core.ts, their one caller, reads where
// they stand. Texts come in through a buffer; ids, which are below 2^53, cross as doubles.
#include "core/client.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <string_view>

#include "freshet/containers.h"
#include "freshet/result.h"

using namespace freshet;

namespace {

using core::Instant;

// What the last call has to say; it holds until the next one.
struct Output {
  const std::uint32_t* subscriptions = nullptr;  // Those that get a message.
  Error error;
  Text cursor;
};
Output output;

// Never destroyed: the instance goes as a whole. At a fixed address, so that no code carries a
// pointer to it or to its parts, and made when compiling, so that none makes it.
union Forever {
  constexpr Forever() : client() { client.config().sdk = "wasm/" FRESHET_VERSION; }
  ~Forever() {}

  core::Client client;
};
constinit Forever forever;
core::Client* client() { return &forever.client; }
Text buffer;

// src/core.ts reads these structs by their offsets.
static_assert(offsetof(Output, subscriptions) == 0 && offsetof(Output, error) == 4 &&
              offsetof(Error, code) == 0 && offsetof(Error, message) == 4 &&
              offsetof(Output, cursor) == 16);
static_assert(offsetof(core::Action, id) == 4 && offsetof(core::Action, transport) == 8 &&
              offsetof(core::Action, publish) == 12 && offsetof(core::Action, close_code) == 16 &&
              offsetof(core::Action, code) == 20 && offsetof(core::Action, message_id) == 24 &&
              offsetof(core::Action, text) == 32 && offsetof(core::Action, members) == 40 &&
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

Instant now() { return {Duration{static_cast<Duration::rep>(imported_now())}}; }

// Decimal digits, the first transport the lowest: 1 websocket … 4 polling.
void read_transports(std::uint32_t digits, core::TransportOrder& transports) {
  for (; digits > 0; digits /= 10) transports.add(static_cast<Transport>(digits % 10 - 1));
}

// The text of the input buffer from `offset` on.
std::string_view input(std::size_t offset, std::size_t bytes) {
  return {buffer.data() + offset, bytes};
}

}  // namespace

core::Context& core::Part::context() { return forever.client.context(); }

extern "C" {

// The input buffer, at least this large.
char* input_buffer(std::uint32_t bytes) {
  if (buffer.size() < bytes) buffer.resize(bytes);
  return buffer.data();
}

// Sets an option before create(): those of core::ClientConfig from initial_spread on, in its order.
void configure(std::uint32_t option, double value) {
  // Durations and counts alike are 64 bits wide.
  reinterpret_cast<std::int64_t*>(&client()->config().initial_spread)[option] = whole(value);
}

// Begins; called once, before all that follows. Returns where the output stands.
const Output* create(double seed, std::uint32_t transports, std::uint32_t reconnect) {
  core::ClientConfig& config = client()->config();
  config.transports = {};
  read_transports(transports, config.transports);
  config.reconnect = static_cast<Reconnect>(reconnect);
  client()->begin(static_cast<std::uint64_t>(seed));
  return &output;
}

// The buffer holds the pattern, then the cursor. 0 = refused; the output says why.
std::uint32_t subscribe(std::uint32_t pattern_bytes, std::uint32_t cursor_bytes) {
  return client()->subscribe(input(0, pattern_bytes), input(pattern_bytes, cursor_bytes),
                             output.error);
}

void unsubscribe(std::uint32_t subscription) { client()->unsubscribe(subscription); }

// The output's cursor is the subscription's newest.
void subscription_cursor(std::uint32_t subscription) {
  output.cursor = client()->cursor(subscription);
}

// The buffer holds the topic, then the key. 0 = refused; the output says why.
std::uint32_t publish(std::uint32_t topic_bytes, std::uint32_t key_bytes, std::uint32_t data_bytes,
                      double timeout) {
  return client()->publish(now(), input(0, topic_bytes), data_bytes, input(topic_bytes, key_bytes),
                           Duration{static_cast<Duration::rep>(timeout)}, output.error);
}

void cancel_publish(std::uint32_t publish) { client()->cancel_publish(publish); }

// REQUIRES: a list that is not empty.
void set_transports(std::uint32_t transports) {
  core::TransportOrder order;
  read_transports(transports, order);
  client()->set_transports(now(), order);
}

void close_client() { client()->close(); }

// The buffer holds the topic of a message, or nothing when its head is not in its form. Returns to
// how many subscriptions it is to be delivered; the output says which.
std::uint32_t message(std::uint32_t connection, double id, std::uint32_t topic_bytes) {
  const wire::MessageHead head{.id = static_cast<std::uint64_t>(id),
                               .topic = input(0, topic_bytes)};
  const core::Delivery delivery =
      client()->handle_message(now(), connection, topic_bytes > 0 ? &head : nullptr);
  output.subscriptions = delivery.subscriptions.data();
  return static_cast<std::uint32_t>(delivery.subscriptions.size());
}

// The buffer holds a control frame as from wire::flatten(). `id` is a connection, or below zero a
// POST of publishes, whose answer has such a line.
void control(std::int32_t id, std::uint32_t bytes) {
  const std::string_view flat = input(0, bytes);
  if (id < 0) {
    client()->handle_publish_answer(static_cast<core::RequestId>(-id), flat);
  } else {
    client()->handle_control(now(), static_cast<core::ConnectionId>(id), flat);
  }
}

// How a connection or POST ended: `code` is the HTTP status or the close code, as the kind says; a
// negative `retry_after` is none; the buffer holds the ticket, then the reason.
void ended(std::int32_t id, std::uint32_t kind, std::uint32_t code, double retry_after,
           std::uint32_t ticket_bytes, std::uint32_t reason_bytes) {
  const core::End end{.kind = static_cast<core::EndKind>(kind),
                      .code = static_cast<std::uint16_t>(code),
                      .retry_after = Duration{static_cast<std::int64_t>(retry_after)},
                      .ticket = input(0, ticket_bytes),
                      .reason = input(ticket_bytes, reason_bytes)};
  if (id < 0) {
    client()->handle_post_end(now(), static_cast<core::RequestId>(-id), end);
  } else {
    client()->handle_end(now(), static_cast<core::ConnectionId>(id), end);
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
const core::Action* next_action() { return client()->poll_action(now()); }

const core::Status* status() { return &client()->status(); }

}  // extern "C"
